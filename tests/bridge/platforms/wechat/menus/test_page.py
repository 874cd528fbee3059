"""The page of an account's menu: what is entered, published, brought back and deleted, and by whom."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from wechatpy import parse_message

from bridge import worker
from bridge.doors import entrance
from bridge.models import Customer, MenuKey, Message
from bridge.platforms.wechat.menus.expecting import is_answered
from bridge.platforms.wechat.models import AccountMenu, PublishedMenu, WeChatAccount
from bridge.values.incoming import Push
from bridge.values.outcomes import Outcome
from tests.bridge.doors.test_passive import opened
from tests.support.actors import network_error, payload

pytestmark = [pytest.mark.either, pytest.mark.usefixtures("english")]
HUMAN = {"name": "Help", "does": "person"}
WHERE = {"name": "Where", "does": "answer", "words": "Long Street 5"}
SHOP = {"name": "Shop", "does": "link", "url": "https://example.com/"}


def staff(*permissions: str, **words) -> Client:
    user = User.objects.create_user("mei", is_staff=True, **words)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def editor(site):
    return staff("view_wechataccount", "view_accountmenu", "change_accountmenu", first_name="Mei")


def address(site) -> str:
    return reverse("admin:bridge_wechataccount_menu", args=[site.account.pk])


def post(site, client: Client, act: str, *items: dict, version: int | None = None, value: object = "yes"):
    known = AccountMenu.objects.filter(account=site.account).first()
    data = {
        act: value,
        "items": json.dumps(items),
        "version": version if version is not None else known.version if known else 0,
    }
    return client.post(address(site), data, follow=True)


def said(reply) -> list[str]:
    return [str(one) for one in reply.context["messages"]]


def tapped(site, key: str, at: int = 1764000090) -> None:
    site.push_xml(payload("wechat/event_click.xml").replace("V1001_HOT", key).replace("1764000090", str(at)))
    site.work()


def test_a_menu_is_published_and_its_taps_do_what_it_says(site, editor, platforms):
    site.login("alice")
    reply = post(site, editor, "publish", {"name": "More", "below": [WHERE, HUMAN]}, SHOP)
    assert said(reply)[0].startswith("Published.")
    (sent,) = platforms.bodies("menu/create")
    where, human = (one["key"] for one in sent["button"][0]["sub_button"])
    assert sent["button"][1] == {"type": "view", "name": "Shop", "url": "https://example.com/"}
    assert not Customer.objects.exists()
    tapped(site, where)
    assert platforms.to_customer() == ["Long Street 5"], "also to a follower who never wrote"
    assert not Message.objects.exists()
    tapped(site, human, 1764000091)
    assert platforms.to_seat("alice") == ["[点了菜单] More › Help"]
    assert (PublishedMenu.objects.get().published_by, AccountMenu.objects.get().version) == ("Mei", 1)


def test_what_is_only_saved_stays_here(site, editor, platforms):
    assert said(post(site, editor, "save", SHOP)) == ["Saved. Phones show the menu that was published last."]
    assert platforms.bodies("menu/create") == []
    assert not PublishedMenu.objects.exists()
    reply = editor.get(address(site))
    assert reply.context["data"]["items"] == [{**SHOP, "below": []}]


@pytest.mark.parametrize("act", ["save", "publish"])
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(site, editor, platforms, act):
    reply = post(site, editor, act, {**SHOP, "url": "example"}, {"name": "A much too long name", "does": "person"})
    assert said(reply) == ["Not saved: correct what stands in red."]
    assert list(reply.context["data"]["errors"]) == ["0.url", "1.name"]
    assert [one["name"] for one in reply.context["data"]["items"]] == ["Shop", "A much too long name"]
    assert not AccountMenu.objects.exists()
    assert platforms.bodies("menu/create") == []


def test_what_cannot_be_read_is_no_menu(site, editor):
    reply = editor.post(address(site), {"save": "yes", "items": "{", "version": "x"})
    assert said(reply) == ["The menu has no item yet. Add one."]


def test_two_people_do_not_overwrite_each_other(site, editor):
    post(site, editor, "save", SHOP)
    reply = post(site, editor, "save", HUMAN, version=0)
    assert said(reply)[0].startswith("Not saved: somebody else has saved this menu meanwhile.")
    assert AccountMenu.objects.get().items == [SHOP]
    assert reply.context["data"]["items"][0]["name"] == "Help", "what was entered is still there"


@pytest.mark.parametrize("act", ["save", "publish"])
def test_the_same_form_a_second_time_is_nobody_elses_menu(site, editor, platforms, act):
    """A second click, or a page that was sent again as its answer was lost: with the version of before, and without keys."""
    menu = ({"name": "More", "below": [WHERE, HUMAN]}, SHOP)
    post(site, editor, act, *menu, version=0)
    stored = AccountMenu.objects.get()
    again = post(site, editor, act, *menu, version=0)
    assert not any("Not saved" in one for one in said(again)), said(again)
    known = AccountMenu.objects.get()
    assert (known.items, known.version) == (stored.items, 1), "the keys that phones have are kept"
    assert [one["button"] for one in platforms.bodies("menu/create")[1:]] == [
        one["button"] for one in platforms.bodies("menu/create")[:1] if act == "publish"
    ]
    reply = post(site, editor, act, {"name": "More", "below": [HUMAN, WHERE]}, SHOP, version=0)
    assert said(reply)[0].startswith("Not saved: somebody else"), "another order is another menu"
    other_key = {"name": "More", "below": [{**WHERE, "key": "K"}, HUMAN]}
    assert said(post(site, editor, act, other_key, SHOP, version=0))[0].startswith("Not saved: somebody else")


def test_the_page_knows_whether_what_it_shows_was_saved(site, editor):
    assert editor.get(address(site)).context["data"]["unsaved"] is False
    refused = post(site, editor, "save", {**SHOP, "url": "example"})
    assert refused.context["data"]["unsaved"] is True
    assert post(site, editor, "save", SHOP).context["data"]["unsaved"] is False
    asked = editor.post(address(site), {"ask": "yes"})
    assert asked.context["data"]["unsaved"] is False, "what is asked holds no items"


def test_where_wechat_refuses_phones_keep_what_they_show(site, editor, platforms):
    platforms.answer("menu/create", {"errcode": 65316, "errmsg": "too many domains"})
    assert said(post(site, editor, "publish", SHOP)) == [
        "Phones still show what they did: the menu leads to more than three domains (65316)."
    ]
    assert not PublishedMenu.objects.exists()
    assert AccountMenu.objects.get().items == [SHOP], "the draft is kept"


def test_where_nobody_knows_whether_it_was_taken_it_may_be_done_again(site, editor, platforms):
    platforms.answer("menu/create", network_error(Outcome.UNKNOWN))
    assert said(post(site, editor, "publish", SHOP))[0].startswith("It is not known whether WeChat took it")
    assert said(post(site, editor, "publish", SHOP))[0].startswith("Published.")


def test_a_refused_token_is_replaced_and_the_menu_published(site, editor, platforms):
    platforms.answer("menu/create", {"errcode": 40001, "errmsg": "invalid credential"})
    assert said(post(site, editor, "publish", SHOP))[0].startswith("Published.")
    assert len(platforms.bodies("menu/create")) == 2


def test_one_click_returns_to_an_earlier_menu_and_old_phones_taps_still_count(site, editor, platforms):
    post(site, editor, "publish", WHERE)
    first = PublishedMenu.objects.get()
    key = platforms.bodies("menu/create")[0]["button"][0]["key"]
    post(site, editor, "publish", SHOP)
    tapped(site, key)
    assert platforms.to_customer() == ["Long Street 5"]
    assert said(post(site, editor, "restore", value=first.pk))[0].startswith("Published.")
    assert platforms.bodies("menu/create")[-1] == platforms.bodies("menu/create")[0]
    assert AccountMenu.objects.get().items == first.items
    reply = editor.get(address(site))
    assert [summary for _one, summary in reply.context["published"]] == ["Where", "Shop", "Where"]
    assert said(post(site, editor, "restore", value=999)) == ["This menu is not there any more."]


def test_a_draft_that_was_never_published_is_replaced_only_after_a_question(site, editor, platforms):
    post(site, editor, "publish", WHERE)
    first = PublishedMenu.objects.get()
    post(site, editor, "publish", SHOP)
    post(site, editor, "save", HUMAN)
    asked = post(site, editor, "restore", value=first.pk)
    assert "Replace the draft?" in asked.content.decode()
    assert [one["name"] for one in asked.context["data"]["items"]] == ["Help"]
    assert (AccountMenu.objects.get().items[0]["name"], len(platforms.bodies("menu/create"))) == ("Help", 2)
    sure = {"restore": first.pk, "replace_draft": AccountMenu.objects.get().version}
    post(site, editor, "save", {**HUMAN, "name": "Ask"})
    assert "Replace the draft?" in editor.post(address(site), sure, follow=True).content.decode(), (
        "another draft by now"
    )
    again = {**sure, "replace_draft": AccountMenu.objects.get().version}
    assert said(editor.post(address(site), again, follow=True))[0].startswith("Published.")
    assert AccountMenu.objects.get().items == first.items


def test_nobody_returns_to_a_menu_that_was_deleted(site, editor, platforms):
    post(site, editor, "publish", SHOP)
    platforms.answer("menu/delete", {"errcode": 0, "errmsg": "ok"})
    post(site, editor, "delete")
    gone = PublishedMenu.objects.get(items=[])
    assert said(post(site, editor, "restore", value=gone.pk)) == ["This menu is not there any more."]
    assert len(platforms.bodies("menu/create")) == 1
    assert AccountMenu.objects.get().items == [SHOP]


def test_the_history_names_items_with_those_below_and_the_draft_whoever_saved_it(site, editor):
    post(site, editor, "publish", {"name": "More", "below": [WHERE, HUMAN]}, SHOP)
    assert AccountMenu.objects.get().changed_by == "Mei"
    ((_one, summary),) = editor.get(address(site)).context["published"]
    assert summary == "More (Where、Help) · Shop"


def test_who_may_only_look_is_asked_nothing(site, editor):
    post(site, editor, "publish", SHOP)
    post(site, editor, "save", HUMAN)
    page = editor.get(address(site), {"restore": PublishedMenu.objects.get().pk}).content.decode()
    assert "Replace the draft?" not in page


def test_the_menu_is_deleted_after_a_question(site, editor, platforms):
    post(site, editor, "publish", SHOP)
    assert "Delete the menu at WeChat?" in post(site, editor, "ask").content.decode()
    assert [url for url, *_rest in platforms.calls if url.endswith("menu/delete")] == []
    platforms.answer("menu/delete", {"errcode": 0, "errmsg": "ok"})
    assert said(post(site, editor, "delete"))[0].startswith("Deleted")
    assert len([url for url, *_rest in platforms.calls if url.endswith("menu/delete")]) == 1
    assert PublishedMenu.objects.first().items == []
    assert "phones show none" in editor.get(address(site)).content.decode()


def test_an_item_that_sends_a_key_again_is_answered_by_us_no_more(site, editor):
    post(site, editor, "publish", {**WHERE, "key": "K"})
    assert MenuKey.objects.get().key == "K"
    post(site, editor, "publish", {"name": "Where", "does": "key", "key": "K"})
    assert not MenuKey.objects.exists()


@pytest.mark.parametrize(
    "answer", [{"type": "Image", "media": 3}, {"type": "x"}, {"type": "Image", "url": 5}, {"a": {}}]
)
def test_nobody_publishes_a_file_that_was_not_in_the_menu(site, editor, answer):
    reply = post(site, editor, "save", {"name": "x", "does": "answer", "answer": answer})
    assert list(reply.context["data"]["errors"]) == ["0.words"]


@pytest.mark.parametrize("act", ["save", "publish", "restore", "delete"])
def test_who_may_only_look_changes_nothing(site, platforms, act):
    looking = staff("view_wechataccount", "view_accountmenu")
    page = looking.get(address(site)).content.decode()
    assert 'name="publish"' not in page
    assert post(site, looking, act, SHOP).status_code == 403
    assert not AccountMenu.objects.exists()
    assert platforms.calls == []


def test_who_may_not_look_sees_nothing(site):
    assert staff("view_wechataccount").get(address(site)).status_code == 403


def test_a_mini_program_has_no_menu(site, editor):
    WeChatAccount.objects.update(kind="mini_program")
    assert editor.get(address(site)).status_code == 403


def test_an_answer_to_a_tap_costs_nothing_where_the_door_still_waits(site, editor, platforms, monkeypatch):
    keep = entrance.keep

    def kept(event):
        stored = keep(event)
        worker.work_all()
        return stored

    monkeypatch.setattr(entrance, "keep", kept)
    post(site, editor, "publish", WHERE, HUMAN)
    where, human = (one["key"] for one in platforms.bodies("menu/create")[0]["button"])
    click = payload("wechat/event_click.xml")
    reply = parse_message(opened(site.push_xml(click.replace("V1001_HOT", where))))
    assert (reply.content, platforms.to_customer()) == ("Long Street 5", [])
    assert Customer.objects.get().window_left == 3
    site.push_xml(click.replace("V1001_HOT", human).replace("1764000090", "1764000092"))
    assert [
        push.key
        for push in (Push("click", where), Push("click", human), Push("click", "x"))
        if is_answered(site.account.pk, push)
    ] == [where]
