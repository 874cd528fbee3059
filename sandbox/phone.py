"""What the sandbox's page (and tests) can do as a customer: write, tap, scan, follow, accept a notice."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from sandbox import pushing, settings
from sandbox.control import data_of
from sandbox.wechat import state as wechat
from sandbox.wechat.codes import scanned
from sandbox.wechat.events import fields, next_number
from sandbox.wechat.menus import seen_by
from sandbox.world import ENTER_COUNT, FOLLOW_COUNT, FOLLOW_SECONDS, WINDOW_SECONDS, world

MEDIA_KINDS = ("image", "voice", "video", "shortvideo")
# Which events open WeChat's window, and for how many messages within a minute.
EVENT_COUNTS = {
    "subscribe": FOLLOW_COUNT,
    "SCAN": FOLLOW_COUNT,
    "CLICK": FOLLOW_COUNT,
    "scancode_push": FOLLOW_COUNT,
    "scancode_waitmsg": FOLLOW_COUNT,
    "user_enter_tempsession": ENTER_COUNT,
}


_CONSENT = {
    False: ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent"),
    True: ("subscribe_msg_change_event", "SubscribeMsgChangeEvent"),
}


def _message(kind: str, text: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a customer's message beyond those all have; `file` is the id of an uploaded file."""
    media_id = data.get("file") or f"media{next_number()}"
    match kind:
        case "image":
            return {"MsgType": kind, "PicUrl": text, "MediaId": media_id}
        case "voice":
            return {"MsgType": kind, "MediaId": media_id, "Format": "amr", "Recognition": text}
        case "video" | "shortvideo":
            return {"MsgType": kind, "MediaId": media_id, "ThumbMediaId": "thumb"}
        case "location":
            return {"MsgType": kind, "Location_X": 31.2304, "Location_Y": 121.4737, "Scale": 16, "Label": text}
        case "link":
            return {"MsgType": kind, "Title": text, "Description": "", "Url": "https://example.com/"}
        case "file":
            return {"MsgType": kind, "Title": text, "FileKey": "key", "FileMd5": "0" * 32, "FileTotalLen": 1000}
        case "miniprogrampage":
            return {"MsgType": kind, "Title": text, "AppId": "wxmini", "PagePath": "pages/index", "ThumbUrl": ""}
    menu = {"bizmsgmenuid": data["menu_id"]} if data.get("menu_id") else {}
    return {"MsgType": "text", "Content": text, **menu}


@require_POST
def customer(request: HttpRequest) -> JsonResponse:
    """A customer writes: {account, openid, text, kind, file, menu_id, copies}."""
    data = data_of(request)
    slug, openid, text = data["account"], data["openid"], str(data.get("text", ""))
    kind = data.get("kind", "text")
    here = world()
    url = f"/play/file/{data['file']}" if data.get("file") else ""
    if kind == "image" and data.get("file"):
        text = request.build_absolute_uri(url)
    wechat.follow(slug, openid)
    with here.lock:
        here.window(slug, openid).opened(here.now(), WINDOW_SECONDS, settings.WINDOW_COUNT)
        entry = here.add(
            "phone", account=slug, openid=openid, mine=True, kind=kind, text=text, state="sending", url=url
        )
    number = data.get("msg_id") or next_number()
    pushed = fields(openid, **_message(kind, text, data), MsgId=number)
    pushing.wechat_push(slug, pushed, entry, int(data.get("copies", 1)))
    return JsonResponse({"number": entry.number})


@require_POST
def event(request: HttpRequest) -> JsonResponse:
    """A customer does something that is no message: {account, openid, event, key}; event is WeChat's, such as CLICK."""
    data = data_of(request)
    slug, openid, name, key = data["account"], data["openid"], str(data["event"]), str(data.get("key", ""))
    if count := EVENT_COUNTS.get(name):
        with world().lock:
            world().window(slug, openid).opened(world().now(), FOLLOW_SECONDS, count)
    named = {"SessionFrom": key} if name == "user_enter_tempsession" else {"EventKey": key}
    pushing.wechat_push(slug, fields(openid, MsgType="event", Event=name, **named))
    return JsonResponse({})


@require_POST
def follow(request: HttpRequest) -> JsonResponse:
    """A customer follows or leaves the account: {account, openid, follows}."""
    data = data_of(request)
    slug, openid, follows = data["account"], data["openid"], bool(data.get("follows", True))
    if follows:
        wechat.follow(slug, openid)
        _short_window(slug, openid)
    else:
        wechat.leave(slug, openid)
    name = "subscribe" if follows else "unsubscribe"
    pushing.wechat_push(slug, fields(openid, MsgType="event", Event=name, EventKey=""))
    return JsonResponse({})


def _short_window(slug: str, openid: str) -> None:
    """Let the account write three messages within a minute, as after a follow or a scan."""
    with world().lock:
        world().window(slug, openid).opened(world().now(), FOLLOW_SECONDS, FOLLOW_COUNT)


@require_POST
def scan(request: HttpRequest) -> JsonResponse:
    """A customer scans a QR code with a scene: {account, openid, code}, its ticket or its address. A stranger follows."""
    data = data_of(request)
    slug, openid = data["account"], data["openid"]
    found = scanned(slug, str(data["code"]))
    if found is None:
        return JsonResponse({"error": "the code is over or unknown"}, status=404)
    ticket, scene = found
    follower = wechat.of(slug).followers.get(openid)
    follows = follower is not None and follower.follows
    wechat.follow(slug, openid, how="ADD_SCENE_QR_CODE", scene=scene)
    _short_window(slug, openid)
    name, key = ("SCAN", scene) if follows else ("subscribe", f"qrscene_{scene}")
    pushing.wechat_push(slug, fields(openid, MsgType="event", Event=name, EventKey=key, Ticket=ticket))
    return JsonResponse({})


@require_POST
def accept(request: HttpRequest) -> JsonResponse:
    """A customer accepts or refuses subscription notices: {account, openid, template_id, accepts}; all without an id.

    With `change` it is done in their settings, where one can only refuse: nothing that was accepted holds any more.
    """
    data = data_of(request)
    slug, openid = data["account"], data["openid"]
    accepts, changes = bool(data.get("accepts", True)), bool(data.get("change"))
    here = wechat.of(slug)
    all_ = [key for key, one in here.templates.items() if one["kind"] == "subscription"]
    chosen = [str(data["template_id"])] if "template_id" in data else all_
    with world().lock:
        for one in chosen:
            here.accepted[openid, one] = 0 if changes else here.accepted.get((openid, one), 0) + int(accepts)
    said = {"SubscribeStatusString": "accept" if accepts and not changes else "reject"}
    lists = [{"TemplateId": one, **said, **({} if changes else {"PopupScene": "2"})} for one in chosen]
    name, group = _CONSENT[changes]
    if lists:
        pushing.wechat_push(slug, fields(openid, MsgType="event", Event=name, **{group: {"List": lists}}))
    return JsonResponse({})


@require_GET
def menu(request: HttpRequest) -> JsonResponse:
    """The buttons that a customer sees: ?account=&openid="""
    return JsonResponse({"button": seen_by(request.GET.get("account", ""), request.GET.get("openid", ""))})
