"""Broadcasts, templates, menus, QR codes and the seats' appearance by the API: as the admin does, for whoever may there."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bridge.base import clock
from bridge.models import AutoAnswer, Broadcast, Customer, MenuKey, Tag, Template
from bridge.outbox import broadcasts
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, QrCode, ShownSeat, WeChatAccount
from chatbots.models import FaqEntry, Welcome
from seats.models import CannedReply, Seat, SeatGroup
from seats.roles import ready
from tests.seats.api.test_administration import asks, fields_of
from tests.support.actors import AES_KEY
from tests.support.routing import client_of
from tests.support.samples import picture

pytestmark = pytest.mark.either
LINK = {"name": "Shop", "does": "link", "url": "https://shop.example.com/"}
PERSON = {"name": "Ask us", "does": "person", "group": "care"}
WORDS = "内容：{{thing1.DATA}}\n状态：{{phrase2.DATA}}"
TAGS = {"tags": [{"id": 2, "name": "星标组"}, {"id": 134, "name": "VIP"}]}


@pytest.fixture
def office(floor):
    """The operator has the ready-made role; the chief does everything."""
    User.objects.create_superuser("chief")
    operator = User.objects.create_user("operator", is_staff=True)
    operator.groups.add(Group.objects.get(name=str(ready.READY[ready.OPERATOR][0])))
    return floor


def refused(answer) -> str:
    assert answer.status_code == 409, answer.content
    return answer.json()["code"]


def another(number: int, site) -> None:
    """One more of each thing."""
    name, account = f"x{number}", site.account
    user, answer = User.objects.create_user(name), AutoAnswer.of(name)
    group = SeatGroup.objects.create(slug=name, name=name, overflow_group=site.care)
    seat = Seat.objects.create(user=user, im_user_id=name)
    seat.groups.add(group)
    group.supervisors.add(seat)
    tag = Tag.objects.create(name=name)
    CannedReply.objects.create(title=name, text=name, seat=seat, group=group)
    FaqEntry.objects.create(keywords=name, answer=answer, account=account)
    Welcome.objects.create(answer=answer, account=account)
    Broadcast.objects.create(account=account, text=name, tag=tag)
    QrCode.objects.create(account=account, name=name, scene=name, seat_id=seat.pk, welcome=answer).tags.add(tag)
    Template.objects.create(
        account=account, remote_id=name, title=name, body=WORDS, blanks=["thing1"], fetched_at=clock.now()
    )
    ShownSeat.objects.create(account=account, seat_id=seat.pk, kf_account=f"{name}@shop", nickname=name)
    more = WeChatAccount.objects.create(
        slug=name,
        name=name,
        app_id=f"wx{number:016}",
        app_secret="s",
        token="t",
        encoding_aes_key=AES_KEY,
        group="care",
    )
    AccountMenu.objects.create(account=more, items=[LINK])
    PublishedMenu.objects.create(account=more, items=[LINK], published_at=clock.now())
    ConditionalMenu.objects.create(account=more, tag_id=1, tag_name=name, items=[LINK])


@pytest.mark.parametrize("kind", [
    "groups", "seats", "tags", "canned-replies", "faq", "welcomes", "broadcasts", "qr-codes", "templates", "shown-seats",
    "menus", "menus-by-tag", "accounts/wechat",
])  # fmt: skip
def test_a_list_takes_as_many_statements_for_one_as_for_four(office, kind):
    client = client_of("chief")
    another(1, office.site)
    client.get(f"/api/admin/{kind}/")  # what is looked up once
    with CaptureQueriesContext(connection) as few:
        before = len(client.get(f"/api/admin/{kind}/").json()["results"])
    for number in (2, 3, 4):
        another(number, office.site)
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(f"/api/admin/{kind}/").json()["results"]) == before + 3
    assert len(many) == len(few), "\n".join(one["sql"] for one in many.captured_queries)


# Broadcasts


def test_a_broadcast_is_counted_begun_followed_and_stopped(office):
    made = asks("chief", "post", "broadcasts/", account="shop", text="Closed on Sunday").json()
    own = f"broadcasts/{made['id']}/"
    assert (made["state"], made["sent"], made["started_at"], made["made_by"]) == ("draft", 0, None, "chief")
    assert asks("chief", "get", f"{own}recipients/").json() == {"count": 2}
    assert refused(asks("chief", "post", f"{own}send/", at_most=1)) == "too_many"
    assert refused(asks("chief", "post", f"{own}stop/")) == "not_being_sent"
    begun = asks("chief", "post", f"{own}send/", at_most=2).json()
    assert (begun["state"], begun["started_at"][-6:]) == ("sending", "+08:00")
    assert refused(asks("chief", "post", f"{own}send/")) == "begun_already"
    assert refused(asks("chief", "patch", own, text="x")) == "begun_already"
    office.platforms.answer("message/custom/send", {"errcode": 40003})
    broadcasts.go_on(clock.now())
    office.site.work()
    now = asks("chief", "get", own).json()
    assert (now["state"], now["sent"], now["refused"]) == ("sending", 1, 1)
    (refusal,) = now["refusals"]
    assert (refusal["code"], refusal["count"]) == ("40003", 1)
    assert asks("chief", "get", f"{own}recipients/").json() == {"count": 0}
    assert asks("chief", "post", f"{own}stop/").json()["state"] == "stopped"
    assert asks("chief", "patch", own, text="x").status_code == 409


def test_a_draft_changes_and_reaches_only_those_with_its_tag(office):
    tag = Tag.objects.create(name="VIP", of="customer")
    Customer.objects.first().tags.add(tag)
    made = asks("chief", "post", "broadcasts/", account="shop", text="x", tag="VIP").json()
    own = f"broadcasts/{made['id']}/"
    assert asks("chief", "get", f"{own}recipients/").json() == {"count": 1}
    assert asks("chief", "patch", own, tag=None, text="y").json()["text"] == "y"
    assert asks("chief", "get", f"{own}recipients/").json() == {"count": 2}
    assert "account" in fields_of(asks("chief", "post", "broadcasts/", account="nowhere", text="x"))
    assert "at_most" in fields_of(asks("chief", "post", f"{own}send/", at_most=-1))
    assert Broadcast.objects.get().state == "draft"


def test_a_list_is_narrowed_to_an_account(office):
    another(1, office.site)
    assert len(asks("chief", "get", "templates/?account=shop").json()["results"]) == 1
    assert asks("chief", "get", "menus-by-tag/?account=shop").json()["results"] == []
    assert "account" in fields_of(asks("chief", "get", "templates/?account=nowhere"))
    assert asks("chief", "get", "tags/?account=shop").status_code == 400


# Templates


@pytest.fixture
def notice(office):
    return Template.objects.create(
        account=office.site.account, remote_id="T1", title="Reply", body=WORDS, blanks=["thing1", "phrase2"],
        fetched_at=clock.now(),
    )  # fmt: skip


def test_a_template_is_shown_with_its_blanks_and_filled(notice):
    own = f"templates/{notice.pk}/"
    shown = asks("operator", "get", own).json()
    assert shown["blanks"] == [
        {"name": "thing1", "label": "内容（thing1）", "most": 20, "words": ""},
        {"name": "phrase2", "label": "状态（phrase2）", "most": 5, "words": ""},
    ]
    assert (shown["account"], shown["ready"], shown["gone"]) == ("shop", False, False)
    changed = asks("operator", "patch", own, words={"thing1": "{customer}", "phrase2": "已回复"}, for_seats=True)
    assert [one["words"] for one in changed.json()["blanks"]] == ["{customer}", "已回复"]
    assert changed.json()["ready"]
    asks("operator", "patch", own, words={"phrase2": "请查看"})
    notice.refresh_from_db()
    assert (notice.words, notice.for_seats) == ({"thing1": "{customer}", "phrase2": "请查看"}, True)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"words": {"thing9": "x"}}, "words.thing9"),
        ({"words": {"thing1": "{colour}"}}, "words.thing1"),
        ({"words": {"phrase2": "too long, no Chinese"}}, "words.phrase2"),
        ({"words": "x"}, "words"),
        ({"url": "ftp://x"}, "url"),
        ({"app_id": "wx1"}, "path"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_wechat_would_refuse_is_refused_at_its_place(notice, data, field):
    assert field in fields_of(asks("operator", "patch", f"templates/{notice.pk}/", **data))
    notice.refresh_from_db()
    assert notice.words == {}


def test_a_template_is_made_by_nobody_and_deleted_once_it_is_gone(notice):
    assert asks("operator", "post", "templates/").status_code == 403
    assert asks("operator", "delete", f"templates/{notice.pk}/").status_code == 403
    Template.objects.update(gone=True)
    assert asks("operator", "delete", f"templates/{notice.pk}/").status_code == 204


def test_templates_are_fetched_and_an_account_that_fails_is_named(office):
    found = {"template_list": [{"template_id": "T7", "title": "Reply", "content": WORDS}]}
    office.platforms.answer("get_all_private_template", found)
    office.platforms.answer("newtmpl/gettemplate", {"errcode": 48001})
    done = asks("operator", "post", "templates/fetch/", account="shop").json()
    assert done == {"results": [{"account": "shop", "templates": 1, "code": "", "detail": ""}]}
    assert asks("operator", "get", "templates/").json()["results"][0]["remote_id"] == "T7"
    office.platforms.answer("get_all_private_template", {"errcode": 45009})
    (failed,) = asks("operator", "post", "templates/fetch/").json()["results"]
    assert (failed["templates"], failed["code"]) == (None, "45009")
    assert "account" in fields_of(asks("operator", "post", "templates/fetch/", account="nowhere"))


# QR codes


def test_a_code_is_made_with_what_to_draw_and_its_seat_is_a_number(office):
    office.platforms.answer(
        "qrcode/create", {"ticket": "t", "url": "http://weixin.qq.com/q/x", "expire_seconds": 86400}
    )
    given = {"name": "Poster", "account": "shop", "kind": "temporary", "days": 1, "group": "sales"}
    answer = asks("operator", "post", "qr-codes/", **given, seat_id=office.site.alice.pk)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["url"], made["seat_id"], made["new_customers"], made["conversations"]) == (
        "http://weixin.qq.com/q/x", office.site.alice.pk, 0, 0,
    )  # fmt: skip
    own = f"qr-codes/{made['id']}/"
    assert asks("operator", "patch", own, seat_id=None).json()["seat_id"] is None
    assert "seat_id" in fields_of(asks("operator", "patch", own, seat_id=987654))
    Customer.objects.filter(pk=Customer.objects.earliest("pk").pk).update(scene=made["scene"])
    assert asks("operator", "get", own).json()["new_customers"] == 1


def test_a_temporary_code_is_made_anew(office):
    code = QrCode.objects.create(account=office.site.account, name="x", scene="x", kind="temporary", url="old")
    own = f"qr-codes/{code.pk}/again/"
    office.platforms.answer("qrcode/create", {"errcode": 45029})
    assert refused(asks("operator", "post", own)) == "refused_by_platform"
    office.platforms.answer("qrcode/create", {"ticket": "t", "url": "new", "expire_seconds": 86400})
    assert asks("operator", "post", own).json()["url"] == "new"
    QrCode.objects.update(kind="lasting")
    assert refused(asks("operator", "post", own)) == "not_temporary"


# Seats as customers see them


def test_what_customers_see_of_a_seat_is_made_changed_and_deleted(office):
    given = {"account": "shop", "seat_id": office.site.alice.pk, "kf_account": "alice@shop", "nickname": "Alice"}
    made = asks("operator", "post", "shown-seats/", **given)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert shown == {"id": shown["id"], **given, "picture_url": None}
    own = f"shown-seats/{shown['id']}/"
    office.platforms.answer("kfaccount/add", {"errcode": 65406})
    assert asks("operator", "patch", own, nickname="Ali").json()["nickname"] == "Ali"
    assert office.platforms.bodies("kfaccount/update") == [{"kf_account": "alice@shop", "nickname": "Ali"}]
    assert "kf_account" in fields_of(asks("operator", "patch", own, kf_account="bob@shop"))
    assert asks("operator", "delete", own).status_code == 204
    assert not ShownSeat.objects.exists()


def test_its_picture_is_sent_as_a_file(office):
    shown = ShownSeat.objects.create(
        account=office.site.account, seat_id=office.site.alice.pk, kf_account="alice@shop", nickname="Alice"
    )
    address = f"/api/admin/shown-seats/{shown.pk}/picture/"

    def send(content: bytes):
        file = SimpleUploadedFile("a.png", content, "image/png")
        return client_of("operator").post(address, {"file": file}, headers={"accept-language": "en"})

    assert "file" in fields_of(send(b"no picture"))
    office.platforms.answer("kfaccount/uploadheadimg", {"errcode": 0})
    answer = send(picture("PNG", (64, 64)))
    assert answer.status_code == 200, answer.content
    assert "/media/" in answer.json()["picture_url"]


def test_what_wechat_refuses_is_not_made(office):
    office.platforms.answer("kfaccount/add", {"errcode": 65405})
    given = {"account": "shop", "seat_id": office.site.alice.pk, "kf_account": "alice@shop", "nickname": "Alice"}
    assert asks("operator", "post", "shown-seats/", **given).status_code == 400
    assert not ShownSeat.objects.exists()


# Menus


def test_a_menu_is_drafted_published_and_withdrawn(office):
    own = f"menus/{office.site.account.pk}/"
    assert asks("operator", "get", own).json() == {
        "id": office.site.account.pk, "account": "shop", "items": [], "version": 0, "changed_at": None, "changed_by": "",
        "published": None, "published_at": None, "published_by": "",
    }  # fmt: skip
    assert "items" in fields_of(asks("operator", "post", f"{own}publish/"))
    draft = asks("operator", "patch", own, items=[LINK, PERSON], version=0).json()
    assert (draft["version"], draft["changed_by"], draft["published"]) == (1, "operator", None)
    assert draft["items"][1]["key"].startswith("menu-")
    assert refused(asks("operator", "patch", own, items=[LINK], version=0)) == "changed_meanwhile"
    office.platforms.answer("menu/create", {"errcode": 40016})
    assert refused(asks("operator", "post", f"{own}publish/")) == "refused_by_platform"
    office.platforms.answer("menu/create", {"errcode": 0})
    published = asks("operator", "post", f"{own}publish/").json()
    assert (published["published"], published["published_by"]) == (draft["items"], "operator")
    assert MenuKey.objects.filter(key=draft["items"][1]["key"]).exists()
    withdrawn = asks("operator", "post", f"{own}withdraw/").json()
    assert (withdrawn["published"], withdrawn["items"]) == (None, draft["items"])


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([], "items"),
        ([{**LINK, "url": "x"}], "items.0.url"),
        ([{**PERSON, "group": "nowhere"}], "items.0.group"),
        ([{"name": "More", "below": [LINK, {**LINK, "name": ""}]}], "items.0.1.name"),
        ([{**LINK, "does": "fly"}], "items.0.does"),
        ("x", "items"),
    ],
)
def test_what_wechat_would_not_take_in_a_menu_is_refused_at_its_place(office, items, field):
    fields = fields_of(asks("operator", "patch", f"menus/{office.site.account.pk}/", items=items, version=0))
    assert field in fields
    assert not AccountMenu.objects.exclude(items=[]).exists()


def test_a_menu_by_tag_is_drafted_published_and_deleted(office):
    AccountMenu.objects.create(account=office.site.account, items=[LINK])
    office.platforms.answer("tags/get", TAGS, TAGS, TAGS, TAGS)
    assert asks("operator", "post", "menus-by-tag/", account="shop", tag_id=2).status_code == 201, (
        "a tag beside another"
    )
    tags = asks("operator", "get", f"menus/{office.site.account.pk}/tags/").json()["results"]
    assert tags == [{"id": 2, "name": "星标组"}, {"id": 134, "name": "VIP"}]
    made = asks("operator", "post", "menus-by-tag/", account="shop", tag_id=134)
    assert made.status_code == 201, made.content
    assert (made.json()["tag_name"], made.json()["items"], made.json()["published"]) == ("VIP", [LINK], None)
    assert "tag_id" in fields_of(asks("operator", "post", "menus-by-tag/", account="shop", tag_id=134))
    assert "tag_id" in fields_of(asks("operator", "post", "menus-by-tag/", account="shop", tag_id=9))
    assert "account" in fields_of(asks("operator", "post", "menus-by-tag/", account="nowhere", tag_id=9))
    own = f"menus-by-tag/{made.json()['id']}/"
    draft = asks("operator", "patch", own, items=[PERSON], version=0).json()
    office.platforms.answer("menu/addconditional", {"menuid": "1"})
    assert asks("operator", "post", f"{own}publish/").json()["published"] == draft["items"]
    office.platforms.answer("menu/delconditional", {"errcode": 65303})
    assert refused(asks("operator", "delete", own)) == "refused_by_platform"
    assert asks("operator", "get", own).status_code == 200
    office.platforms.answer("menu/delconditional", {"errcode": 0})
    assert asks("operator", "delete", own).status_code == 204
    assert asks("operator", "get", own).status_code == 404


def test_an_earlier_menu_is_found_in_the_history_and_published_again(office):
    own = f"menus/{office.site.account.pk}/"
    for version, items in enumerate(([LINK, PERSON], [LINK])):
        asks("operator", "patch", own, items=items, version=version)
        asks("operator", "post", f"{own}publish/")
    asks("operator", "post", f"{own}withdraw/")
    withdrawn, last, first = asks("operator", "get", f"{own}history/").json()["results"]
    assert (withdrawn["items"], last["items"], first["published_by"]) == (None, [LINK], "operator")
    assert first["published_at"][-6:] == "+08:00"
    newest = asks("operator", "get", f"{own}history/?limit=1").json()
    assert (newest["results"], "cursor" in newest["next"]) == ([withdrawn], True)
    office.platforms.calls.clear()
    again = asks("operator", "post", f"{own}restore/", published=first["id"], version=2).json()
    assert again["items"] == again["published"] == first["items"]
    assert (again["version"], again["published_by"]) == (3, "operator")
    (sent,) = office.platforms.bodies("menu/create")
    assert sent["button"][1]["key"] == first["items"][1]["key"], "old phones' taps count still"
    assert len(asks("operator", "get", f"{own}history/").json()["results"]) == 4


def test_what_is_no_earlier_menu_or_replaces_another_draft_is_not_published(office):
    account = office.site.account
    own = f"menus/{account.pk}/"
    menu = AccountMenu.objects.create(account=account, items=[LINK], version=4)
    gone = PublishedMenu.objects.create(account=account, items=[], published_at=clock.now())
    another(1, office.site)
    foreign = PublishedMenu.objects.exclude(account=account).get()
    for number in (gone.pk, foreign.pk, foreign.pk + 1, "x", 0):
        assert "published" in fields_of(asks("operator", "post", f"{own}restore/", published=number, version=4))
    earlier = PublishedMenu.objects.create(account=account, items=[PERSON], published_at=clock.now())
    assert "version" in fields_of(asks("operator", "post", f"{own}restore/", published=earlier.pk))
    assert refused(asks("operator", "post", f"{own}restore/", published=earlier.pk, version=3)) == "changed_meanwhile"
    asked = {"published": earlier.pk, "version": 4}
    assert refused(asks("operator", "post", f"{own}restore/", **asked)) == "draft_unpublished"
    menu.refresh_from_db()
    assert (menu.items, menu.version, office.platforms.bodies("menu/create")) == ([LINK], 4, [])
    office.platforms.answer("menu/create", {"errcode": 40016})
    answer = asks("operator", "post", f"{own}restore/", **asked, replace_draft=True)
    assert refused(answer) == "refused_by_platform"
    assert asks("operator", "get", own).json()["items"] == [PERSON], "the draft to try again with"
    assert PublishedMenu.objects.filter(account=account).count() == 2


def test_a_mini_program_has_no_menu(office):
    WeChatAccount.objects.update(kind="mini_program")
    assert asks("operator", "get", "menus/").json()["results"] == []
    assert asks("operator", "get", f"menus/{office.site.account.pk}/").status_code == 404
    assert "account" in fields_of(asks("operator", "post", "menus-by-tag/", account="shop", tag_id=1))


# Roles


NEW = ("broadcasts", "templates", "qr-codes", "shown-seats", "menus", "menus-by-tag")


def test_who_may_not_in_the_admin_may_not_here(office):
    """Seats, supervisors and overseers: nothing. The operator: all but broadcasts."""
    another(1, office.site)
    for kind in NEW:
        for name in ("alice", "bob", "dave", "nobody"):
            assert asks(name, "get", f"{kind}/").status_code == 403, (kind, name)
            assert asks(name, "post", f"{kind}/").status_code in (403, 405), (kind, name)
        assert asks("operator", "get", f"{kind}/").status_code == (403 if kind == "broadcasts" else 200)
    number = Broadcast.objects.get().pk
    for address in ("send", "stop"):
        assert asks("operator", "post", f"broadcasts/{number}/{address}/").status_code == 403
    assert Broadcast.objects.get().state == "draft"


@pytest.mark.parametrize(
    ("permission", "method", "address"),
    [
        ("view_broadcast", "post", "broadcasts/{broadcast}/send/"),
        ("view_template", "post", "templates/fetch/"),
        ("view_qrcode", "post", "qr-codes/{code}/again/"),
        ("view_shownseat", "post", "shown-seats/{shown}/picture/"),
        ("view_accountmenu", "patch", "menus/{account}/"),
        ("view_accountmenu", "post", "menus/{account}/publish/"),
        ("view_accountmenu", "post", "menus/{account}/restore/"),
        ("view_accountmenu", "post", "menus-by-tag/"),
        ("view_accountmenu", "delete", "menus-by-tag/{tagged}/"),
    ],
)
def test_whoever_may_only_look_does_nothing(office, permission, method, address):
    another(1, office.site)
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename=permission))
    places = {
        "broadcast": Broadcast.objects.get().pk, "code": QrCode.objects.get().pk, "shown": ShownSeat.objects.get().pk,
        "account": office.site.account.pk, "tagged": ConditionalMenu.objects.get().pk,
    }  # fmt: skip
    assert asks("looker", "get", f"{address.split('/', maxsplit=1)[0]}/").status_code == 200
    assert asks("looker", method, address.format(**places)).status_code == 403
    assert not LogEntry.objects.exists()
