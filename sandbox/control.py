"""The sandbox's control API: what tests do to the platforms behind the bridge's back. docs/sandbox.md describes it."""

from __future__ import annotations

import time

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from sandbox.wechat import notices, state
from sandbox.world import Fault, json_object, world
from sandbox.wrong import Fields, Wrong


def data_of(request: HttpRequest) -> Fields:
    """Return the request's JSON object. Raises: Wrong, also where an account is named that the sandbox does not play."""
    try:
        data = Fields(json_object(request.body or b"{}"))
    except ValueError:
        raise Wrong('the body is no JSON object, such as {"account": "shop"}') from None
    known = [table["slug"] for table in world().site["wechat_account"]]
    if data.get("account") and data["account"] not in known:
        raise Wrong(f"there is no account `{data['account']}` here; there are: {', '.join(known)}")
    return data


@require_POST
def fault(request: HttpRequest) -> JsonResponse:
    """Answer the next calls of a path with an error code or late: {path, code, delay, times, account, after, status, text}."""
    data = data_of(request)
    made = Fault(
        data["path"],
        int(data.get("code", 0)),
        float(data.get("delay", 0)),
        int(data.get("times", 1)),
        str(data.get("account", "")),
        bool(data.get("after", False)),
        int(data.get("status", 0)),
        str(data.get("text", "")),
    )
    with world().lock:
        world().faults.append(made)
    return JsonResponse({})


@require_POST
def calm(request: HttpRequest) -> JsonResponse:
    """Play no fault any more, whatever is left of those that were asked for."""
    with world().lock:
        world().faults.clear()
    return JsonResponse({})


@require_POST
def token(request: HttpRequest) -> JsonResponse:
    """A foreign caller has fetched a token of the account, so the bridge's is dead: {account}. 40001 follows."""
    slug = data_of(request)["account"]
    with world().lock:
        world().tokens.pop(slug, None)
    return JsonResponse({})


@require_POST
def clock(request: HttpRequest) -> JsonResponse:
    """Put the time ahead by which windows, tokens and media end: {seconds}."""
    with world().lock:
        world().ahead += float(data_of(request)["seconds"])
    return JsonResponse({"now": world().now(), "real": time.time()})


@require_POST
def window(request: HttpRequest) -> JsonResponse:
    """Set what a customer's window allows: {account, openid, left, seconds}."""
    data = data_of(request)
    with world().lock:
        here = world().window(data["account"], data["openid"])
        here.left = int(data.get("left", here.left))
        if "seconds" in data:
            here.until = world().now() + float(data["seconds"])
    return JsonResponse({})


@require_POST
def forget(request: HttpRequest) -> JsonResponse:
    """Tencent IM forgets an account, as when somebody deletes it in the console: {im_account}."""
    name = data_of(request)["im_account"]
    with world().lock:
        world().im_accounts.pop(name, None)
        world().forgotten.add(name)
    return JsonResponse({})


@require_POST
def account(request: HttpRequest) -> JsonResponse:
    """Change what WeChat's console says of an account: {account, token, encoding_aes_key, app_secret, encryption}."""
    data = data_of(request)
    names = ("token", "encoding_aes_key", "app_secret", "encryption")
    with world().lock:
        world().account(data["account"]).update({name: data[name] for name in names if name in data})
    return JsonResponse({})


@require_POST
def rate(request: HttpRequest) -> JsonResponse:
    """Set how many calls a second of each command Tencent IM takes: {im}."""
    with world().lock:
        world().im_rate = int(data_of(request)["im"])
    return JsonResponse({})


@require_POST
def console(request: HttpRequest) -> JsonResponse:
    """Set what WeChat's console holds: {account, menu, replies, templates: [{template_id, title, content, kind}]}.

    `menu` and `replies` as get_current_selfmenu_info and get_current_autoreply_info answer them, of the menu also what stands
    in `selfmenu_info` alone.
    """
    data = data_of(request)
    with world().lock:
        here = state.of(data["account"])
        menu = data.get("menu", here.console_menu)
        here.console_menu = menu.get("selfmenu_info", menu)
        here.console_replies = data.get("replies", here.console_replies)
        for one in data.get("templates", []):
            notices.put(data["account"], **one)
    return JsonResponse({})
