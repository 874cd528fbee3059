"""The sandbox's addresses: both platforms' APIs, and the page to play on."""

from pathlib import Path

from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.static import serve

from sandbox import control, im_api, media, odd, page, phone, play

_im = {
    "im_open_login_svc/account_import": im_api.account_import,
    "im_open_login_svc/account_delete": im_api.account_delete,
    "openim/sendmsg": im_api.sendmsg,
    "openim/query_online_status": im_api.query_online_status,
    "profile/portrait_set": im_api.portrait_set,
}
_play = {
    "customer": phone.customer,
    "event": phone.event,
    "follow": phone.follow,
    "seat": play.seat,
    "typing": play.typing,
    "recall": play.recall,
    "read": play.read,
    "presence": play.presence,
    "scan": phone.scan,
    "accept": phone.accept,
    "menu": phone.menu,
    "odd": odd.odd,
    "state": play.state,
    "file": media.upload,
    "fault": control.fault,
    "calm": control.calm,
    "token": control.token,
    "clock": control.clock,
    "window": control.window,
    "forget": control.forget,
    "account": control.account,
    "rate": control.rate,
    "console": control.console,
}

urlpatterns = [
    path("wechat/", include("sandbox.wechat.paths")),
    *(path(f"im/v4/{name}", csrf_exempt(view)) for name, view in _im.items()),
    *(path(f"play/{name}", csrf_exempt(view)) for name, view in _play.items()),
    path("play/file/<str:media_id>", media.serve),
    path("static/look/<path:path>", serve, {"document_root": Path(__file__).parent.parent / "bridge/static/look"}),
    path("static/<path:path>", serve, {"document_root": Path(__file__).parent / "static"}),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", page.page, name="play"),
]
