"""An SDK that knows nothing of this project speaks with the sandbox; only the host of its calls is another."""

from __future__ import annotations

import io
import json

import pytest
import requests
from django.test import RequestFactory
from django.urls import resolve
from requests.adapters import BaseAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from sandbox import control, phone, pushing, world
from tests.support import samples

pytestmark = pytest.mark.once
SITE = {"wechat_account": [{"slug": "shop", "app_id": "wx1", "app_secret": "s", "token": "t", "encoding_aes_key": ""}]}
SHOP = {"account": "shop"}
BOB = {**SHOP, "openid": "oBob"}
HOST = "https://api.weixin.qq.com/"


class ToSandbox(BaseAdapter):
    """Gives what the SDK sends to WeChat to the sandbox's pages."""

    def send(self, request, **_words):
        url = request.url.removeprefix(HOST)
        path, _, _query = url.partition("?")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        kind = request.headers.get("Content-Type", "application/json")
        asked = RequestFactory().generic(request.method, f"/wechat/{url}", body, content_type=kind)
        view = resolve(f"/wechat/{path}", urlconf="sandbox.urls")
        answer = view.func(asked, *view.args, **view.kwargs)
        reply = requests.Response()
        reply.status_code, reply.url, reply.request = answer.status_code, request.url, request
        reply.headers.update(answer.headers)
        reply.raw = io.BytesIO(b"".join(answer.streaming_content) if answer.streaming else answer.content)
        return reply

    def close(self):
        pass


@pytest.fixture
def pushes(monkeypatch):
    """What goes to the account's server address."""
    sent = []
    monkeypatch.setattr(pushing, "wechat_push", lambda slug, fields, *_more: sent.append(fields))
    return sent


@pytest.fixture(autouse=True)
def here(monkeypatch):
    made = world.World(SITE)
    monkeypatch.setattr(world, "_world", made)
    monkeypatch.setattr(pushing, "in_order", lambda sender, job: None)
    return made


@pytest.fixture
def client():
    return sdk()


def sdk(secret="s"):
    made = WeChatClient("wx1", secret, auto_retry=False)
    made._http.mount(HOST, ToSandbox())
    return made


def plays(view, body):
    answer = view(RequestFactory().post("/x", json.dumps(body), content_type="application/json"))
    return answer.status_code


def refused(call, *words, **more):
    with pytest.raises(WeChatClientException) as caught:
        call(*words, **more)
    return caught.value.errcode


def test_a_new_classic_token_kills_the_one_before_within_five_minutes(here, client):
    plays(phone.customer, {**BOB, "text": "hi"})
    first, second, third = (client.fetch_access_token()["access_token"] for _time in range(3))
    assert len({first, second, third}) == 3

    def code(token):
        other = sdk()
        other.session.set(other.access_token_key, token)
        try:
            return other.user.get("oBob").get("errcode", 0)
        except WeChatClientException as error:
            return error.errcode

    assert [code(token) for token in (first, second, third)] == [40001, 0, 0]
    plays(control.clock, {"seconds": 301})
    assert [code(token) for token in (second, third)] == [42001, 0]
    # The stable kind lives on its own.
    asked = {"grant_type": "client_credential", "appid": "wx1", "secret": "s"}
    stable = client.post("stable_token", data=asked)["access_token"]
    client.fetch_access_token()
    assert code(stable) == 0
    assert refused(sdk("wrong").fetch_access_token) == 40125


def test_followers_with_remark_and_tags(client):
    for openid in ("oBob", "oEve", "oAda"):
        plays(phone.follow, {**SHOP, "openid": openid})
    plays(phone.follow, {**SHOP, "openid": "oEve", "follows": False})
    assert list(client.user.iter_followers()) == ["oBob", "oAda"]
    assert client.user.get("oEve")["subscribe"] == 0
    assert refused(client.user.get, "oNobody") == 40003
    client.user.update_remark("oBob", "贵宾")
    assert refused(client.user.update_remark, "oBob", "a" * 30) == 40035
    tag = client.tag.create("退款")["id"]
    assert refused(client.tag.create, "退款") == 45157
    assert refused(client.tag.create, "十一个汉字就太长了哦呀") == 45158
    client.tag.tag_user(tag, ["oBob", "oAda"])
    assert refused(client.tag.tag_user, 999, ["oBob"]) == 45159
    assert [one["remark"] for one in client.user.get_batch(["oBob", "oAda"])] == ["贵宾", ""]
    assert client.tag.get_user_tag("oBob") == [tag]
    assert list(client.tag.iter_tag_users(tag)) == ["oBob", "oAda"]
    client.tag.untag_user(tag, ["oAda"])
    counted = {one["id"]: one["count"] for one in client.tag.get()}
    assert counted == {2: 0, tag: 1}
    client.tag.update(tag, "退款退货")
    assert refused(client.tag.delete, 2) == 45058
    client.tag.delete(tag)
    assert client.user.get("oBob")["tagid_list"] == []


def test_the_21st_tag_of_a_follower_is_refused(client):
    plays(phone.follow, BOB)
    tags = [client.tag.create(f"t{number}")["id"] for number in range(21)]
    for tag in tags[:20]:
        client.tag.tag_user(tag, ["oBob"])
    assert refused(client.tag.tag_user, tags[20], ["oBob"]) == 45059


CLICK = {"type": "click", "name": "人工", "key": "human"}
VIEW = {"type": "view", "name": "Shop", "url": "https://example.com/"}
MINI = {"type": "miniprogram", "name": "m", "url": "https://example.com/", "appid": "wx9", "pagepath": "p"}


def below(*buttons):
    return {"name": "more", "sub_button": list(buttons)}


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([CLICK, VIEW, MINI], 0),
        ([below(*[{**CLICK, "name": "a" * 60, "key": "k" * 128}] * 5)], 0),
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": "a" * 17}], 40018),
        ([{**CLICK, "name": "六个汉字就太长"}], 40018),
        ([{**CLICK, "type": "nonsense"}], 40017),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{**VIEW, "url": "https://a/" + "a" * 1015}], 40020),
        ([{**VIEW, "url": "javascript:1"}], 40020),
        ([{key: MINI[key] for key in MINI if key != "appid"}], 40013),
        ([below(*[CLICK] * 6)], 40023),
        ([below(below(CLICK))], 40022),
        ([below({**CLICK, "name": "a" * 61})], 40025),
        ([below({**CLICK, "type": ""})], 40024),
        ([below({**CLICK, "key": ""})], 40026),
        ([below({**VIEW, "url": ""})], 40027),
        (["no button"], 40015),
    ],
)
def test_menus_are_taken_or_refused_as_wechat_does(client, buttons, code):
    if code:
        assert refused(client.menu.create, {"button": buttons}) == code
        assert refused(client.menu._get, "menu/get") == 46003
        return
    client.menu.create({"button": buttons})
    shown = client.menu.get()["menu"]["button"]
    assert [one["name"] for one in shown] == [one["name"] for one in buttons]
    assert all("sub_button" in one for one in shown)


def test_a_conditional_menu_is_seen_by_its_tag_alone_and_goes_with_the_default_one(client):
    for openid in ("oBob", "oAda"):
        plays(phone.follow, {**SHOP, "openid": openid})
    tag = client.tag.create("VIP")["id"]
    client.tag.tag_user(tag, ["oBob"])
    conditional = {"button": [VIEW], "matchrule": {"tag_id": str(tag)}}
    assert refused(client.menu.add_conditional, conditional) == 65303
    client.menu.create({"button": [CLICK]})
    assert refused(client.menu.add_conditional, {**conditional, "matchrule": {}}) == 65304
    number = client.menu.add_conditional(conditional)["menuid"]
    seen = {openid: client.menu.try_match(openid)["button"][0]["name"] for openid in ("oBob", "oAda")}
    assert seen == {"oBob": "Shop", "oAda": "人工"}
    assert refused(client.menu.try_match, "oNobody") == 65302
    client.menu.del_conditional(number)
    assert refused(client.menu.del_conditional, number) == 65301
    client.menu.add_conditional(conditional)
    client.menu.delete()
    assert refused(client.menu.try_match, "oBob") == 46003


def test_what_the_console_holds_can_be_read_until_a_menu_is_set(client):
    assert client.menu.get_menu_info() == {"is_menu_open": 0}
    menu = {"button": [{"name": "文", "type": "text", "value": "您好"}]}
    welcome = {"is_add_friend_reply_open": 1, "add_friend_autoreply_info": {"type": "text", "content": "欢迎"}}
    plays(control.console, {**SHOP, "menu": menu, "replies": welcome})
    assert client.menu.get_menu_info() == {"is_menu_open": 1, "selfmenu_info": menu}
    assert client.message.get_autoreply_info() == {"is_autoreply_open": 0, **welcome}
    client.menu.create({"button": [below(CLICK)]})
    assert client.menu.get_menu_info()["selfmenu_info"]["button"][0]["sub_button"] == {"list": [CLICK]}


def scene(action, seconds=None, **scene):
    life = {} if seconds is None else {"expire_seconds": seconds}
    return {"action_name": action, "action_info": {"scene": scene}, **life}


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        (scene("QR_SCENE", 60, scene_id=2**32 - 1), True),
        (scene("QR_STR_SCENE", 2_592_000, scene_str="a" * 64), True),
        (scene("QR_LIMIT_SCENE", scene_id=100_000), True),
        (scene("QR_LIMIT_STR_SCENE", scene_str="汉"), True),
        (scene("QR_SCENE", 60, scene_id=0), False),
        (scene("QR_LIMIT_SCENE", scene_id=100_001), False),
        (scene("QR_STR_SCENE", 60, scene_str=""), False),
        (scene("QR_STR_SCENE", 60, scene_str="a" * 65), False),
        (scene("QR_STR_SCENE", 2_592_001, scene_str="a"), False),
        (scene("QR_OTHER", scene_str="a"), False),
        ({"action_name": "QR_SCENE"}, False),
    ],
)
def test_qr_codes(client, asked, taken):
    if not taken:
        assert refused(client.qrcode.create, asked) == 40053
        return
    made = client.qrcode.create(asked)
    assert ("expire_seconds" in made) is ("LIMIT" not in asked["action_name"])
    picture = client._http.get(f"{HOST}cgi-bin/showqrcode", params={"ticket": made["ticket"]})
    assert picture.content.startswith(b"\x89PNG")
    assert client._http.get(f"{HOST}cgi-bin/showqrcode", params={"ticket": "other"}).status_code == 404


def test_a_stranger_who_scans_follows_and_a_follower_scans(client, pushes):
    code = client.qrcode.create(scene("QR_STR_SCENE", 60, scene_str="till-3"))
    for address in (code["url"], code["ticket"]):
        assert plays(phone.scan, {**BOB, "code": address}) == 200
    events = [(one["Event"], one["EventKey"], one["Ticket"] == code["ticket"]) for one in pushes]
    assert events == [("subscribe", "qrscene_till-3", True), ("SCAN", "till-3", True)]
    assert client.user.get("oBob")["qr_scene_str"] == "till-3"
    plays(control.clock, {"seconds": 61})
    assert plays(phone.scan, {**BOB, "code": code["url"]}) == 404


def test_a_template_message_reaches_followers_once_for_an_id_and_its_outcome_is_pushed(here, client, pushes):
    plays(phone.follow, BOB)
    plays(
        control.console, {**SHOP, "templates": [{"template_id": "T1", "title": "发货", "content": "单号 {{no.DATA}}"}]}
    )
    assert [one["template_id"] for one in client.template.get_all_private_template()["template_list"]] == ["T1"]
    values = {"no": {"value": "A17"}}
    number = client.message.send_template("oBob", "T1", values)["msgid"]
    assert here.entries[-1].text == "发货\n单号 A17"
    assert [pushes[-1][name] for name in ("Event", "MsgID", "Status")] == ["TEMPLATESENDJOBFINISH", number, "success"]
    body = {"touser": "oBob", "template_id": "T1", "data": values, "client_msg_id": "1"}
    first, second = (client.post("message/template/send", data=body)["msgid"] for _time in range(2))
    assert first == second
    assert refused(client.message.send_template, "oBob", "T2", values) == 40037
    assert refused(client.message.send_template, "oNobody", "T1", values) == 40003
    plays(phone.follow, {**BOB, "follows": False})
    assert refused(client.message.send_template, "oBob", "T1", values) == 43004
    client.template.del_private_template("T1")
    assert client.template.get_all_private_template() == {"template_list": []}


def test_a_subscription_notice_needs_an_acceptance_each(here, client, pushes):
    plays(phone.follow, BOB)
    notice = {"template_id": "S1", "title": "t", "content": "{{thing1.DATA}}", "kind": "subscription"}
    plays(control.console, {**SHOP, "templates": [notice]})
    values = {"thing1": {"value": "到货"}}
    assert refused(client.message.send_subscribe_message, "oBob", "S1", values) == 43101
    plays(phone.accept, {**BOB, "template_id": "S1", "accepts": False})
    assert refused(client.message.send_subscribe_message, "oBob", "S1", values) == 43101
    plays(phone.accept, {**BOB, "template_id": "S1"})
    assert refused(client.message.send_subscribe_message, "oBob", "S1", {"thing1": {"value": "a" * 21}}) == 47003
    client.message.send_subscribe_message("oBob", "S1", values)
    assert refused(client.message.send_subscribe_message, "oBob", "S1", values) == 43101
    events = [one["Event"] for one in pushes if "Event" in one]
    assert events[-3:] == ["subscribe_msg_popup_event"] * 2 + ["subscribe_msg_sent_event"]
    assert here.entries[-1].kind == "notice"


def test_customer_service_accounts_give_the_sender_a_name(here, client):
    plays(phone.customer, {**BOB, "text": "hi"})
    assert refused(client.message.send_text, "oBob", "hello", account="anna@shop") == 65401
    client.customservice.add_account("anna@shop", "安娜", "secret")
    assert refused(client.customservice.add_account, "anna@shop", "安娜", "secret") == 65406
    assert refused(client.customservice.add_account, "anna", "安娜", "secret") == 65401
    assert refused(client.customservice.update_account, "anna@shop", "a" * 17, "secret") == 65403
    client.customservice.update_account("anna@shop", "安娜2", "secret")
    client.customservice.upload_headimg("anna@shop", io.BytesIO(samples.picture("JPEG")))
    assert [one["kf_nick"] for one in client.customservice.get_accounts()] == ["安娜2"]
    client.message.send_text("oBob", "hello", account="anna@shop")
    assert here.entries[-1].peer == "安娜2"
    client.customservice.delete_account("anna@shop")
    assert client.customservice.get_accounts() == []


def test_files_that_last_and_files_that_do_not(client):
    lasting = client.material.add("image", io.BytesIO(samples.picture()))["media_id"]
    short = client.media.upload("image", io.BytesIO(samples.picture()))["media_id"]
    plays(control.clock, {"seconds": 3 * 86400 + 1})
    client.fetch_access_token()
    assert client.material.get(lasting).content == samples.picture()
    assert refused(client.material.get, short) == 40007
    client.material.delete(lasting)
    assert refused(client.material.delete, lasting) == 40007


def test_the_account_itself_and_paths_that_are_none(client):
    for _time in range(10):
        client.post("clear_quota", data={"appid": "wx1"})
    assert refused(client.post, "clear_quota", data={"appid": "wx1"}) == 48006
    assert refused(client.post, "clear_quota", data={"appid": "wx9"}) == 40013
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]
    assert client.post("callback/check", data={"action": "all", "check_operator": "DEFAULT"})["errcode"] == 0
    assert refused(client.get, "no/such/call") == 40066
    assert refused(client.get, f"{HOST}nothing") == 40066
    assert refused(client.get, "tags/create") == 43002
    assert refused(client.post, "tags/create", data=b"[1]") == 47001
