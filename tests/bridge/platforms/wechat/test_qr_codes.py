"""QR codes: made at WeChat when everything in the form is right, made anew, printed, and counted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.models import AutoAnswer, Conversation, Customer, Source
from bridge.platforms.wechat import qr_codes
from bridge.platforms.wechat.models import QrCode, WeChatAccount
from tests.bridge.admin.test_attacks import person
from tests.support.actors import OPENID

pytestmark = pytest.mark.once

ADD = "/admin/bridge/qrcode/add/"
MADE = {"ticket": "gQH47joAAAAA", "url": "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"}


@pytest.fixture
def chief(site, admin_client):
    return admin_client


def sent(site, **values):
    return {
        "name": "Poster", "account": site.account.pk, "kind": "lasting", "days": 30, "scene": "", "group": "",
        "seat_id": "", "mode": "", "welcome_kind": "", **values,
    }  # fmt: skip


def scan_xml(event: str, scene: str) -> str:
    key = f"qrscene_{scene}" if event == "subscribe" else scene
    return (
        f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{OPENID}]]></FromUserName>"
        f"<CreateTime>{int(clock.now().timestamp())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[{event}]]></Event><EventKey><![CDATA[{key}]]></EventKey><Ticket><![CDATA[t]]></Ticket></xml>"
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("lasting", {"action_name": "QR_LIMIT_STR_SCENE"}),
        ("temporary", {"action_name": "QR_STR_SCENE", "expire_seconds": 7 * 86400}),
    ],
)
def test_it_is_made_at_wechat(site, chief, platforms, kind, body):
    platforms.answer("qrcode/create", {**MADE, "expire_seconds": 7 * 86400})
    answer = chief.post(ADD, sent(site, kind=kind, days=7, scene="poster", group="care"))
    assert answer.status_code == 302, answer.context["errors"]
    assert platforms.bodies("qrcode/create") == [{**body, "action_info": {"scene": {"scene_str": "poster"}}}]
    code = QrCode.objects.get()
    assert (code.ticket, code.url, code.group) == (MADE["ticket"], MADE["url"], "care")
    assert (code.expires_at is None) == (kind == "lasting")


def test_without_a_scene_one_is_made_up(site, chief, platforms):
    platforms.answer("qrcode/create", MADE)
    chief.post(ADD, sent(site))
    assert qr_codes.SCENE.fullmatch(QrCode.objects.get().scene)


def test_a_form_that_is_sent_twice_makes_one_code(site, chief, platforms):
    platforms.answer("qrcode/create", MADE)
    page = chief.get(ADD).content.decode()
    made = re.search(r'name="made_up_scene" value="([^"]+)"', page)[1]
    given = sent(site, made_up_scene=made)
    assert chief.post(ADD, given).status_code == 302
    again = chief.post(ADD, given)
    assert list(again.context["adminform"].form.errors) == ["scene"]
    assert [one.scene for one in QrCode.objects.all()] == [made]
    assert len(platforms.bodies("qrcode/create")) == 1
    platforms.answer("qrcode/create", MADE)
    assert chief.post(ADD, {**given, "scene": "another"}).status_code == 302, (
        "with a scene of its own it is another one"
    )
    assert re.search(r'name="made_up_scene" value="([^"]+)"', chief.get(ADD).content.decode())[1] != made


def test_a_scene_that_a_browser_made_up_is_checked(site, chief, platforms):
    platforms.answer("qrcode/create", MADE)
    chief.post(ADD, sent(site, made_up_scene="a b"))
    assert qr_codes.SCENE.fullmatch(QrCode.objects.get().scene)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"kind": "foreign"}, "scene"),
        ({"scene": "a b"}, "scene"),
        ({"scene": "x" * 65}, "scene"),
        ({"seat_id": "1", "mode": "faq"}, "mode"),
        ({"name": ""}, "name"),
        ({"welcome_kind": "card", "welcome_title": "x"}, "welcome_url"),
    ],
)
def test_wechat_is_not_asked_while_something_is_wrong(site, chief, platforms, values, wrong):
    if "seat_id" in values:
        values = {**values, "seat_id": str(site.alice.pk)}
    answer = chief.post(ADD, sent(site, **values))
    assert list(answer.context["adminform"].form.errors) == [wrong]
    assert platforms.bodies("qrcode/create") == []


def test_a_scene_is_once_per_account(site, chief, platforms):
    Source.objects.create(account=site.account, name="x", scene="poster")
    answer = chief.post(ADD, sent(site, scene="poster"))
    assert answer.status_code == 200
    assert platforms.bodies("qrcode/create") == []


def test_what_wechat_refuses_is_not_saved_and_says_why(site, chief, platforms):
    platforms.answer("qrcode/create", {"errcode": 45029, "errmsg": "qrcode count out of limit"})
    answer = chief.post(ADD, sent(site))
    assert "45029" in answer.content.decode()
    assert not QrCode.objects.exists()


def test_one_made_elsewhere_asks_nobody(site, chief, platforms):
    assert chief.post(ADD, sent(site, kind="foreign", scene="42", group="care")).status_code == 302
    assert platforms.bodies("qrcode/create") == []
    assert QrCode.objects.get().url == ""


def test_an_answer_that_is_none_is_refused(site, chief, platforms):
    platforms.answer("qrcode/create", {"ticket": 3})
    assert chief.post(ADD, sent(site)).status_code == 200
    assert not QrCode.objects.exists()


def test_a_change_asks_wechat_for_nothing_and_leaves_the_scene(site, chief, platforms):
    code = QrCode.objects.create(account=site.account, name="Poster", scene="poster", **MADE)
    answer = chief.post(f"/admin/bridge/qrcode/{code.pk}/change/", sent(site, name="Counter", scene="other"))
    assert answer.status_code == 302
    code.refresh_from_db()
    assert (code.name, code.scene, code.ticket) == ("Counter", "poster", MADE["ticket"])
    assert platforms.bodies("qrcode/create") == []


def test_a_temporary_one_is_made_anew_with_its_scene(site, chief, platforms):
    old = clock.now() - timedelta(days=1)
    code = QrCode.objects.create(
        account=site.account, name="Poster", scene="poster", kind="temporary", days=3, expires_at=old, **MADE
    )
    platforms.answer("qrcode/create", {"ticket": "new", "url": "http://weixin.qq.com/q/new", "expire_seconds": 259200})
    chief.post(f"/admin/bridge/qrcode/{code.pk}/again/")
    code.refresh_from_db()
    assert (code.ticket, code.scene) == ("new", "poster")
    assert code.expires_at > clock.now()


def test_the_sheet_shows_name_and_picture_and_the_file_is_a_picture(site, chief):
    code = QrCode.objects.create(account=site.account, name="Poster", scene="poster", **MADE)
    page = chief.get(f"/admin/bridge/qrcode/print/?ids={code.pk},x,99").content.decode()
    assert "<svg" in page
    assert "旗舰店" in page
    assert chief.get(f"/admin/bridge/qrcode/{code.pk}/image/").content.startswith(b"\x89PNG")


@pytest.mark.parametrize("event", ["subscribe", "SCAN"])
def test_it_leads_to_its_group_puts_tags_on_and_is_counted(site, chief, platforms, event):
    from bridge.models import Tag

    code = QrCode.objects.create(
        account=site.account, name="Poster", scene="poster", group="care", welcome=AutoAnswer.of("Hello"), **MADE
    )
    code.tags.add(Tag.objects.create(name="station", of="customer"))
    site.login("alice", "bob")
    site.push_xml(scan_xml(event, "poster"))
    site.work()
    assert platforms.to_customer() == ["Hello"]
    customer = Customer.objects.get()
    assert ([tag.name for tag in customer.tags.all()], customer.led_by) == (["station"], "poster")
    site.customer_says("hi")
    site.work()
    assert platforms.to_seat("bob")[-1] == "hi"
    conversation = Conversation.objects.get()
    assert (conversation.group, conversation.source, conversation.source_detail) == ("care", "scan", "poster")
    customer.refresh_from_db()
    assert customer.led_by == ""
    row = chief.get("/admin/bridge/qrcode/").context["cl"].queryset.get()
    assert (row.came or 0, row.opened) == (int(event == "subscribe"), 1)


@pytest.mark.parametrize(("days", "counted"), [(29, 1), (31, None)])
def test_what_came_of_it_is_counted_for_thirty_days(site, chief, days, counted):
    QrCode.objects.create(account=site.account, name="x", scene="poster")
    at = clock.now() - timedelta(days=days)
    customer = Customer.objects.create(account=site.account, openid=OPENID, im_id="x", scene="poster", created_at=at)
    Conversation.objects.create(customer=customer, source_detail="poster", opened_at=at)
    (code,) = chief.get("/admin/bridge/qrcode/").context["cl"].queryset
    assert (code.came, code.opened) == (counted, counted)


def test_it_is_dark_on_light_whatever_the_page_is(site, chief):
    """Black on the dark page it could not be scanned."""
    code = QrCode.objects.create(account=site.account, name="x", scene="x", url=MADE["url"])
    for address in (f"/admin/bridge/qrcode/{code.pk}/change/", f"/admin/bridge/qrcode/print/?ids={code.pk}"):
        assert '<path fill="#fff" d="M0 0h' in chief.get(address).content.decode()


@pytest.mark.parametrize("kind", ["temporary", "lasting", "foreign"])
def test_only_a_temporary_one_offers_to_be_made_anew(site, chief, kind):
    code = QrCode.objects.create(account=site.account, name="x", scene="x", kind=kind)
    page = chief.get(f"/admin/bridge/qrcode/{code.pk}/change/").content.decode()
    assert (f"/{code.pk}/again/" in page) == (kind == "temporary")
    assert f"/{code.pk}/sheet/" in page


def test_only_one_that_runs_out_says_how_long_it_is_valid(site, chief):
    for kind in ("temporary", "lasting", "foreign"):
        code = QrCode.objects.create(account=site.account, name="x", scene=kind, kind=kind, expires_at=None)
        page = chief.get(f"/admin/bridge/qrcode/{code.pk}/change/").content.decode()
        assert ("有效天数" in page, "有效期至" in page) == (kind == "temporary", kind == "temporary")


def test_what_came_to_another_account_by_the_same_scene_is_not_counted(site, chief):
    mine = QrCode.objects.create(account=site.account, name="x", scene="poster")
    other = WeChatAccount.objects.create(slug="other", name="y", app_id="wx0000000000000001", app_secret="s", token="t")
    at = clock.now()
    customer = Customer.objects.create(account=other, openid=OPENID, im_id="x", scene="poster", created_at=at)
    Conversation.objects.create(customer=customer, source_detail="poster", opened_at=at)
    QrCode.objects.create(account=other, name="y", scene="poster")
    rows = chief.get("/admin/bridge/qrcode/").context["cl"].queryset
    assert [(one.came, one.opened) for one in rows] == [(1, 1), (None, None)]
    assert rows.last() == mine


@pytest.mark.parametrize(
    ("kind", "ends_in", "state"),
    [
        ("temporary", -1, "expired"),
        ("temporary", 60, "valid"),
        ("lasting", None, "permanent"),
        ("foreign", None, "made elsewhere"),
    ],
)
def test_the_list_says_whether_a_code_still_works(site, chief, kind, ends_in, state):
    ends = None if ends_in is None else clock.now() + timedelta(seconds=ends_in)
    QrCode.objects.create(account=site.account, name="Poster", scene="poster", kind=kind, expires_at=ends, **MADE)
    page = chief.get("/admin/bridge/qrcode/", headers={"accept-language": "en"}).content.decode()
    shown = page[page.index('id="result_list"') :]
    assert [
        one for one in ("expired", "valid", "permanent", "made elsewhere") if f"{one}\n" in shown or f">{one}<" in shown
    ] == [state]


def test_the_sheet_shows_only_what_can_be_scanned_and_so_many_at_once(site, chief, monkeypatch):
    monkeypatch.setattr("bridge.platforms.wechat.qr_admin.MOST_PRINTED", 2)
    foreign = QrCode.objects.create(account=site.account, name="Elsewhere", scene="e", kind="foreign")
    page = chief.get(f"/admin/bridge/qrcode/print/?ids={foreign.pk}")
    assert page.context["cards"] == []
    codes = [QrCode.objects.create(account=site.account, name=f"x{n}", scene=f"s{n}", **MADE) for n in range(3)]
    page = chief.get(f"/admin/bridge/qrcode/print/?ids={','.join(str(one.pk) for one in codes)}")
    assert len(page.context["cards"]) == 2
    chosen = {"action": "print_chosen", "_selected_action": [one.pk for one in codes]}
    english = {"headers": {"accept-language": "en"}}
    told = chief.post("/admin/bridge/qrcode/", chosen, follow=True, **english).content.decode()
    assert "2 codes fit on a sheet; 1 of those you chose are not on it." in told
    chosen["_selected_action"].pop()
    assert "fit on a sheet" not in chief.post("/admin/bridge/qrcode/", chosen, follow=True, **english).content.decode()


def test_who_may_not_see_codes_prints_none(site):
    code = QrCode.objects.create(account=site.account, name="x", scene="x", **MADE)
    clerk = person("clerk", "reads")
    assert clerk.get(f"/admin/bridge/qrcode/print/?ids={code.pk}").status_code == 403
    assert clerk.get(f"/admin/bridge/qrcode/{code.pk}/image/").status_code == 403


def test_mini_programs_have_no_codes(site, chief):
    WeChatAccount.objects.update(kind="mini_program")
    answer = chief.post(ADD, sent(site))
    assert list(answer.context["adminform"].form.errors) == ["account"]


def test_the_list_names_the_chatbot_as_people_call_it(site, chief):
    QrCode.objects.create(account=site.account, name="Poster", scene="poster", kind="foreign", mode="faq", group="care")
    assert "售后 · 常见问题" in chief.get("/admin/bridge/qrcode/").content.decode()
