"""The set-up pages: what they check, what they say where something is wrong, and secrets that are shown once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.translation import override

from bridge import http
from bridge.models.validators import validate_aes_key
from bridge.observe import limits, refusals
from bridge.platforms.registry import get_platform
from bridge.platforms.tencent_im.forms import TencentIMAppForm
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import console
from bridge.platforms.wechat.forms import WeChatAccountForm
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import DeliveryError, Outcome
from tests.support.actors import TOKEN

pytestmark = pytest.mark.either


@pytest.fixture
def reached(site, monkeypatch, settings):
    """Let our own public address lead to this site, or to what `answers` says."""
    settings.PUBLIC_URL = "https://kefu.example.com"
    answers: dict[str, Any] = {}

    def get(url: str, params: dict[str, str]) -> tuple[int, str]:
        if "get" in answers:
            raise answers["get"]
        reply = site.client.get("/callbacks/" + url.split("/callbacks/")[1], params)
        return reply.status_code, reply.content.decode()

    def post(url: str, params: dict[str, str], body: str) -> int:
        path = "/callbacks/" + url.split("/callbacks/")[1]
        return site.client.post(f"{path}?{urlencode(params)}", body, content_type="application/json").status_code

    monkeypatch.setattr(http, "get_text", get)
    monkeypatch.setattr(http, "post_text", post)
    return answers


def states(endpoint: Any, platform: str) -> dict[str, tuple[str, str]]:
    return {one.name: (one.state, one.said + " → " + one.todo) for one in get_platform(platform).check(endpoint)}


def test_a_right_account_is_all_green(site, reached):
    site.customer_says("hello")
    found = states(site.account, "wechat")
    assert {state for state, _said in found.values()} == {"good"}, found
    assert len(found) == 7


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist", "203.0.113.9"),
        (40125, "invalid appsecret", "app secret"),
        (40013, "invalid appid", "app id"),
    ],
)
def test_a_refused_token_says_what_to_do(site, reached, platforms, code, message, words):
    platforms.answer("stable_token", {"errcode": code, "errmsg": message})
    with override("en"):
        state, said = states(site.account, "wechat")["Access token"]
    assert state == "bad"
    assert words in said


def test_what_else_can_be_wrong_with_an_account(site, reached, platforms):
    platforms.answer("message/custom/typing", {"errcode": 48001, "errmsg": "api unauthorized"})
    reached["get"] = DeliveryError("connect", "no way", Outcome.RETRY)
    account = site.account
    account.encryption, account.window_rules = "plain", {"message": [20, 172800]}
    with override("en"):
        found = states(account, "wechat")
    assert found["Customer-service messages"][0] == "bad"
    assert found["Callback address"][0] == "warn"
    assert found["Encryption"][0] == "warn"
    assert found["Window"][0] == "warn"
    assert "5 and 48" in found["Window"][1]
    assert found["Pushes of WeChat"][0] == "warn"


AWAY = DeliveryError("timeout", "no answer", Outcome.UNKNOWN)


@pytest.mark.parametrize(
    "answer", [{"errcode": -1, "errmsg": "system error"}, AWAY, {"errcode": 45009, "errmsg": "used up"}]
)
def test_what_could_not_be_checked_says_so(site, reached, platforms, answer):
    """And nobody is sent to compare what may be right."""
    platforms.answer("stable_token", answer)
    with override("en"):
        found = states(site.account, "wechat")
    for name in ("Access token", "Customer-service messages"):
        assert found[name][0] == "warn"
        assert found[name][1].startswith("not checked: ")
    platforms.answer("message/custom/typing", AWAY)
    limits.lift(site.account)
    with override("en"):
        assert states(site.account, "wechat")["Customer-service messages"][1].startswith("not checked: ")
    platforms.answer("account_import", AWAY)
    with override("en"):
        im = states(TencentIMApp.objects.get(), "tencent_im")["UserSig and import of an account"]
    assert (im[0], im[1].startswith("not checked: ")) == ("warn", True)


def test_without_redis_nobody_says_that_no_callback_was_refused(site, reached, admin_client, monkeypatch):
    monkeypatch.setattr(refusals, "client", lambda: redis.Redis.from_url("unix:///nowhere"))
    own = f"/admin/bridge/wechataccount/{site.account.pk}"
    for page in (admin_client.post(f"{own}/setup/", {"check": ""}), admin_client.get(f"{own}/change/")):
        assert "未检查：负责计数的 Redis 没有响应" in page.content.decode()
    assert not list(refusals.shut_out())


def test_a_handshake_with_another_token_is_seen(site, reached):
    account = WeChatAccount.objects.get()
    account.token = "other"
    with override("en"):
        state, said = states(account, "wechat")["Callback address"]
    assert (state, "401" in said) == ("bad", True)


def test_the_im_app(site, reached, platforms):
    app = TencentIMApp.objects.get()

    def found() -> list[str]:
        return [one.state for one in get_platform("tencent_im").check(app)]

    # Import, address, token, and the four callbacks that none has come of yet.
    assert found() == ["good", "good", "good", "warn", "warn", "warn", "warn"]
    site.login("alice")
    assert found()[4] == "good"
    platforms.answer("account_import", {"ActionStatus": "FAIL", "ErrorCode": 70003, "ErrorInfo": "sig"})
    app.callback_token = ""
    assert found()[:3] == ["bad", "good", "bad"]
    app.allow_unsigned = True
    assert found()[2] == "warn"


def test_the_page_checks_and_shows_new_secrets_once(site, reached, admin_client):
    address = f"/admin/bridge/wechataccount/{site.account.pk}/setup/"
    page = admin_client.get(address).content.decode()
    assert "/callbacks/wechat/shop/" in page
    assert TOKEN not in page
    assert "✓" not in page.split("<ol>")[1]
    page = admin_client.post(address, {"check": ""}).content.decode()
    assert page.count('<li class="good">') >= 5
    page = admin_client.post(address, {"renew": ""}).content.decode()
    account = WeChatAccount.objects.get()
    assert account.token != TOKEN
    assert account.previous_token == TOKEN
    assert f"<code>{account.token}</code>" in page
    assert f"<code>{account.encoding_aes_key}</code>" in page
    assert account.token not in admin_client.get(address).content.decode()
    app = TencentIMApp.objects.get()
    page = admin_client.post(f"/admin/bridge/tencentimapp/{app.pk}/setup/", {"renew": ""}).content.decode()
    assert f"<code>{TencentIMApp.objects.get().callback_token}</code>" in page
    history = admin_client.get(f"/admin/bridge/wechataccount/{account.pk}/history/").content.decode()
    assert account.token not in history


def test_the_steps_lead_to_the_page_on_which_an_account_moves_in(site, reached, admin_client):
    base = f"/admin/bridge/wechataccount/{site.account.pk}"
    assert f'href="{base}/moving/"' in admin_client.get(f"{base}/setup/").content.decode()
    WeChatAccount.objects.update(kind="mini_program")
    assert f'href="{base}/moving/"' not in admin_client.get(f"{base}/setup/").content.decode(), "it has no menu"


def test_only_who_may_change_an_account_sets_it_up(site):
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_wechataccount"))
    client = Client()
    client.force_login(user)
    for method in ("get", "post"):
        assert getattr(client, method)(f"/admin/bridge/wechataccount/{site.account.pk}/setup/").status_code == 403


# Who answers


@pytest.mark.parametrize(
    ("group", "words"),
    [("", "未选择座席组"), ("gone", "没有座席组“gone”"), ("care", "没有座席")],
)
def test_an_account_whose_customers_reach_nobody_is_not_in_order(site, reached, admin_client, group, words):
    """The set-up page and the first page say it."""
    site.customer_says("hello")
    User.objects.filter(seat__groups=site.care).update(is_active=False)
    WeChatAccount.objects.update(group=group)
    said = admin_client.post(f"/admin/bridge/wechataccount/{site.account.pk}/setup/", {"check": ""}).content.decode()
    assert words in said
    assert "一切正常" not in said
    first = f"{site.account.name}的客户没有人接待"
    assert first in admin_client.get("/admin/").content.decode()
    WeChatAccount.objects.update(group="sales")
    assert first not in admin_client.get("/admin/").content.decode()


def test_the_form_asks_for_a_group(site):
    form = WeChatAccountForm({"name": "x"}, instance=site.account)
    assert form.errors["group"] == ["请选择接待客户的座席组；如还没有，请先新建。"]
    assert WeChatAccountForm().initial.get("group") is None, "there are two"
    site.care.delete()
    assert WeChatAccountForm().initial["group"] == "sales", "there is one"


# What the platforms will refuse


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("app_id", "gh_4dd5e1b2c3a4", "原始 ID"),
        ("app_id", "wx5823bf96d3bd56c", "16 位"),
        ("app_secret", "a" * 31, "31 个字符"),
        ("token", "ab", "3 至 32 位"),
        ("token", "a" * 33, "3 至 32 位"),
        ("token", "t!汉", "3 至 32 位"),
        ("previous_token", "t!", "3 至 32 位"),
        ("encoding_aes_key", "a" * 42, "42"),
        ("api_base", "http://api.weixin.qq.com", "https://"),
    ],
)
def test_the_form_refuses_at_once_what_wechat_would(site, field, given, words):
    form = WeChatAccountForm({field: given}, instance=site.account)
    assert any(words in one for one in form.errors[field]), form.errors[field]


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("sdk_app_id", "140000", "8 至 10 位"),
        ("secret_key", "a" * 31, "31 个字符"),
        ("secret_key", "a" * 40 + " ", "密钥"),
        ("callback_token", "令牌", "半角"),
        ("api_base", "http://console.tim.qq.com", "https://"),
        ("admin", "管理员", "1 至 32 位"),
        ("previous_callback_token", "旧 token", "半角"),
    ],
)
def test_the_form_refuses_at_once_what_tencent_would(site, field, given, words):
    form = TencentIMAppForm({field: given}, instance=TencentIMApp.objects.get())
    if given.endswith(" "):
        given = given.strip()
        assert field not in form.errors, "spaces around it are cut off"
    else:
        assert any(words in one for one in form.errors[field]), form.errors[field]


@pytest.mark.parametrize(
    ("code", "message", "field", "words"),
    [
        (40013, "invalid appid", "app_id", "AppID 无效"),
        (40125, "invalid appsecret", "app_secret", "40125"),
        (40001, "invalid credential", "app_secret", "40001"),
    ],
)
def test_what_wechat_itself_refuses_is_not_saved(site, platforms, admin_client, code, message, field, words):
    platforms.answer("stable_token", {"errcode": code, "errmsg": message})
    address = f"/admin/bridge/wechataccount/{site.account.pk}/change/"
    answer = admin_client.post(address, {**account_form(site.account), "app_secret": "b" * 32})
    assert any(words in one for one in answer.context["adminform"].form.errors[field])
    assert WeChatAccount.objects.get().app_secret != "b" * 32


@pytest.mark.parametrize(
    "reply",
    [
        {"errcode": 40164, "errmsg": "invalid ip 203.0.113.9, not in whitelist"},
        DeliveryError("connect", "no way", Outcome.RETRY),
    ],
)
def test_where_wechat_cannot_be_asked_the_page_says_that_it_is_not_checked(site, platforms, admin_client, reply):
    platforms.answer("stable_token", reply)
    address = f"/admin/bridge/wechataccount/{site.account.pk}/change/"
    answer = admin_client.post(address, {**account_form(site.account), "app_secret": "b" * 32}, follow=True)
    assert WeChatAccount.objects.get().app_secret == "b" * 32
    assert "已保存，但未能核对" in answer.content.decode()


def test_it_is_only_asked_about_what_is_new(site, platforms, admin_client):
    address = f"/admin/bridge/wechataccount/{site.account.pk}/change/"
    asked = len(platforms.calls)
    answer = admin_client.post(address, {**account_form(site.account), "name": "新名"}, follow=True)
    assert "未能核对" not in answer.content.decode()
    assert (WeChatAccount.objects.get().name, len(platforms.calls)) == ("新名", asked)


@pytest.mark.parametrize(("code", "field"), [(70009, "secret_key"), (60006, "sdk_app_id"), (70403, "admin")])
def test_what_tencent_itself_refuses_is_not_saved(site, platforms, admin_client, code, field):
    app = TencentIMApp.objects.get()
    platforms.answer("account_import", {"ActionStatus": "FAIL", "ErrorCode": code, "ErrorInfo": "no"})
    data = {"sdk_app_id": app.sdk_app_id, "secret_key": "c" * 64, "admin": "administrator", "region": "china", "rate_limit": 200,
            "system_account": "bridge_system"}  # fmt: skip
    answer = admin_client.post(f"/admin/bridge/tencentimapp/{app.pk}/change/", data)
    assert str(code) in str(answer.context["adminform"].form.errors[field])
    assert TencentIMApp.objects.get().secret_key == "im-secret"


@pytest.mark.parametrize(
    ("page", "field", "given", "words"),
    [
        ("seats/seatgroup", "slug", "销售 一", "只能填写字母"),
        ("seats/seat", "im_user_id", "李 华", "ASCII"),
        ("bridge/wechataccount", "slug", "旗舰店", "只能填写字母"),
        ("bridge/wechataccount", "avatar_url", "logo", "URL"),
        ("bridge/workinghours", "monday", "9点到18点", "09:00-18:00"),
        ("bridge/workinghours", "monday", "09:00-25:00", "24:00"),
        ("bridge/workinghours", "time_zone", "北京", "Asia/Shanghai"),
        ("seats/seatgroup", "slug", "sales", "已有座席组使用此标识，请换一个"),
    ],
)
def test_other_forms_say_what_they_take(site, admin_client, page, field, given, words):
    answer = admin_client.post(f"/admin/{page}/add/", {field: given})
    assert words in str(answer.context["adminform"].form.errors[field])


def test_a_password_that_is_too_short_is_said_in_chinese(site, admin_client):
    given = {"username": "li", "password": "a7Kq", "im_user_id": "li", "capacity": "5", "weight": "1"}
    answer = admin_client.post("/admin/seats/seat/add/", given)
    assert "密码太短，至少需要 10 个字符" in str(answer.context["adminform"].form.errors["password"])


def account_form(account: WeChatAccount) -> dict[str, Any]:
    """Return what the account's form sends where nothing was changed."""
    return {
        "name": account.name, "slug": account.slug, "app_id": account.app_id, "app_secret": "", "token": "",
        "encryption": "secure", "encoding_aes_key": "", "previous_aes_key": "", "group": "sales", "priority": "0",
        "reopen_minutes": "10", "api_base": account.api_base, "kind": "service", "over_count": "hold", "over_time": "fail",
    }  # fmt: skip


def test_a_new_account_needs_no_token_before_it_is_saved(site, admin_client):
    """The console's first step is to save AppID and AppSecret; token and key are chosen, or made, once there is an address."""
    given = {**account_form(site.account), "slug": "second", "app_id": "wx0000000000000002", "app_secret": "a" * 32}
    page = admin_client.get("/admin/bridge/wechataccount/add/", headers={"accept-language": "en"}).content.decode()
    assert page.count("Leave it empty to have it made") == 2
    answer = admin_client.post("/admin/bridge/wechataccount/add/", {**given, "_save": ""})
    made = WeChatAccount.objects.get(slug="second")
    assert answer["Location"] == f"/admin/bridge/wechataccount/{made.pk}/setup/", "what is to be done next"
    console.check_token(made.token)
    validate_aes_key(made.encoding_aes_key)
    address = f"/admin/bridge/wechataccount/{made.pk}/setup/"
    page = admin_client.post(address, {"renew": ""}).content.decode()
    made.refresh_from_db()
    assert f"<code>{made.token}</code>" in page
    wrong = {**given, "slug": "third", "app_id": "wx0000000000000003", "token": "t!"}
    answer = admin_client.post("/admin/bridge/wechataccount/add/", wrong)
    assert set(answer.context["adminform"].form.errors) == {"token"}


def test_the_check_sees_what_the_form_would_refuse_and_an_address_nobody_can_call(site, reached, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    WeChatAccount.objects.update(token="t!汉")
    found = states(WeChatAccount.objects.get(), "wechat")
    assert found["AppID、AppSecret 和 Token"][0] == "bad"
    assert found["回调地址"][0] == "bad"
    assert states(TencentIMApp.objects.get(), "tencent_im")["回调地址"][0] == "bad"
