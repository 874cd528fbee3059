"""Menus by tag: drafted, published, replaced without a gap, taken off, and tried."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from bridge.base import clock
from bridge.models import Customer, MenuKey
from bridge.platforms.wechat import client
from bridge.platforms.wechat.menus import publishing, tagged
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, WeChatAccount
from bridge.values.taps import PERSON, Tap
from tests.bridge.platforms.wechat.menus.test_page import SHOP, WHERE, address, said, staff
from tests.support.actors import AES_KEY

pytestmark = [pytest.mark.either, pytest.mark.usefixtures("english")]
TAGS = {"tags": [{"id": 2, "name": "星标组", "count": 0}, {"id": 134, "name": "VIP", "count": 3}]}
ADD, TAKE_OFF = "menu/addconditional", "menu/delconditional"


@pytest.fixture
def editor(site):
    return staff("view_wechataccount", "view_accountmenu", "change_accountmenu", first_name="Mei")


@pytest.fixture
def vip(site):
    AccountMenu.objects.create(account=site.account, items=[SHOP])
    return ConditionalMenu.objects.create(account=site.account, tag_id=134, tag_name="VIP", items=[SHOP])


def post(site, client, vip, act: str, *items: dict, value: str = "yes"):
    vip.refresh_from_db()
    data = {act: value, "items": json.dumps(items), "version": vip.version}
    return client.post(f"{address(site)}?tag={vip.pk}", data, follow=True)


def test_a_draft_for_a_tag_begins_with_the_menu_that_was_open(site, editor, platforms):
    AccountMenu.objects.create(account=site.account, items=[SHOP])
    platforms.answer("tags/get", TAGS, TAGS)
    page = editor.get(f"{address(site)}?tags=1")
    assert page.context["tags"] == [(2, "星标组"), (134, "VIP")]
    reply = editor.post(f"{address(site)}?tags=1", {"add": "134"}, follow=True)
    made = ConditionalMenu.objects.get()
    assert (made.tag_id, made.tag_name, made.items) == (134, "VIP", [SHOP])
    assert reply.redirect_chain[0][0].endswith(f"?tag={made.pk}")


def test_its_page_shows_no_history_of_the_accounts_own(site, editor, vip):
    PublishedMenu.objects.create(account=site.account, items=[WHERE], published_at=clock.now(), published_by="Mei")
    page = editor.get(f"{address(site)}?tag={vip.pk}")
    assert page.context["published"] == []
    assert 'name="restore"' not in page.content.decode()


def test_a_tag_that_is_not_there_makes_no_menu(site, editor, platforms):
    platforms.answer("tags/get", TAGS)
    reply = editor.post(address(site), {"add": "9"}, follow=True)
    assert said(reply) == ["Choose a tag."]
    assert not ConditionalMenu.objects.exists()


def test_it_is_published_for_its_tag_and_the_accounts_own_stays(site, editor, vip, platforms):
    platforms.answer(ADD, {"menuid": "208379533"})
    reply = post(site, editor, vip, "publish", WHERE)
    assert said(reply)[0].startswith("Published.")
    (sent,) = platforms.bodies(ADD)
    assert sent["matchrule"] == {"tag_id": "134"}
    assert MenuKey.objects.filter(key=sent["button"][0]["key"]).exists()
    vip.refresh_from_db()
    assert (vip.menu_id, vip.published) == ("208379533", vip.items)
    assert AccountMenu.objects.get().items == [SHOP]
    assert platforms.bodies("menu/create") == []


def test_the_new_one_is_there_before_the_old_one_goes(site, editor, vip, platforms):
    platforms.answer(ADD, {"menuid": "1"}, {"menuid": "2"})
    post(site, editor, vip, "publish", SHOP)
    post(site, editor, vip, "publish", WHERE)
    calls = [url.rsplit("/", 1)[1] for url, _params, _body in platforms.calls if "conditional" in url]
    assert calls == ["addconditional", "addconditional", "delconditional"]
    assert platforms.bodies(TAKE_OFF) == [{"menuid": "1"}]
    vip.refresh_from_db()
    assert vip.menu_id == "2"


def test_where_wechat_refuses_it_phones_show_what_they_did(site, editor, vip, platforms):
    platforms.answer(ADD, {"errcode": 65303, "errmsg": "no default menu"})
    reply = post(site, editor, vip, "publish", SHOP)
    assert said(reply)[0].startswith("Phones still show what they did")
    vip.refresh_from_db()
    assert vip.menu_id == ""


@pytest.mark.parametrize("answer", [{"errcode": 0}, {"errcode": 65301}])
def test_deleted_its_customers_see_the_accounts_own(site, editor, vip, platforms, answer):
    platforms.answer(ADD, {"menuid": "1"})
    post(site, editor, vip, "publish", SHOP)
    platforms.answer(TAKE_OFF, answer)
    post(site, editor, vip, "delete")
    assert platforms.bodies(TAKE_OFF) == [{"menuid": "1"}]
    assert not ConditionalMenu.objects.exists()
    assert AccountMenu.objects.get().items == [SHOP]


def test_one_that_wechat_keeps_is_not_lost_here(site, editor, vip, platforms):
    ConditionalMenu.objects.update(menu_id="1")
    platforms.answer(TAKE_OFF, {"errcode": 45009})
    post(site, editor, vip, "delete")
    assert ConditionalMenu.objects.get().menu_id == "1"


def test_with_the_accounts_own_menu_those_by_tag_go_at_wechat(site, editor, vip):
    ConditionalMenu.objects.update(menu_id="1", published=[SHOP])
    editor.post(address(site), {"delete": "yes"}, follow=True)
    vip.refresh_from_db()
    assert (vip.menu_id, vip.published, vip.items) == ("", [], [SHOP])


def test_somebody_elses_save_is_not_overwritten(site, editor, vip):
    ConditionalMenu.objects.update(version=3)
    data = {"save": "yes", "items": json.dumps([WHERE]), "version": 2}
    reply = editor.post(f"{address(site)}?tag={vip.pk}", data, follow=True)
    assert "somebody else" in said(reply)[0]
    vip.refresh_from_db()
    assert vip.items == [SHOP]


def test_wechat_says_which_menu_somebody_sees(site, vip, platforms):
    looking = staff("view_wechataccount", "view_accountmenu", "view_customer")
    Customer.objects.create(
        account=site.account, openid="oWang", im_id="1:oWang", remark="Wang", created_at=clock.now()
    )
    platforms.answer("menu/trymatch", {"button": [{"name": "Shop"}, {"name": "Help"}]})
    page = looking.get(f"{address(site)}?try=wan")
    assert page.context["sees"] == [("Wang", "Shop · Help")]
    assert platforms.bodies("menu/trymatch") == [{"user_id": "oWang"}]


def test_a_menu_of_another_account_is_not_edited_here(site, editor, vip):
    other = reverse("admin:bridge_wechataccount_menu", args=[site.account.pk + 1])
    assert editor.get(f"{other}?tag={vip.pk}").status_code == 404


def test_who_may_not_see_customers_does_not_find_them_by_their_menus(site, editor, vip, platforms):
    """Letter by letter, the answers would tell what customers are called."""
    Customer.objects.create(
        account=site.account, openid="oWang", im_id="1:oWang", remark="Wang", created_at=clock.now()
    )
    page = editor.get(f"{address(site)}?try=W")
    assert (page.context["sees"], 'name="try"' in page.content.decode()) == ([], False)
    assert platforms.bodies("menu/trymatch") == []


# What somebody else does meanwhile


@pytest.mark.parametrize("act", ["save", "publish", "delete", "ask", "restore", "add"])
@pytest.mark.parametrize("which", ["gone", "x", str(2**70)])
def test_what_is_asked_of_a_menu_that_is_gone_does_not_happen_to_the_accounts_own(
    site, editor, vip, platforms, act, which
):
    """Such as the second click on “delete”: it would take the menu off all phones."""
    number = vip.pk if which == "gone" else which
    ConditionalMenu.objects.all().delete()
    data = {act: "yes", "items": json.dumps([WHERE]), "version": 0}
    reply = editor.post(f"{address(site)}?tag={number}", data, follow=True)
    assert said(reply) == ["This menu is not there any more."]
    assert (AccountMenu.objects.get().items, AccountMenu.objects.get().version) == ([SHOP], 0)
    assert platforms.calls == []
    assert [url for url, _status in reply.redirect_chain] == [address(site)]


def test_a_tag_that_is_clicked_twice_has_one_menu(site, editor, monkeypatch):
    monkeypatch.setattr(tagged, "_free_tags", lambda *_: [(134, "VIP")])
    for _click in range(2):
        reply = editor.post(address(site), {"add": "134"}, follow=True)
        assert reply.redirect_chain[0][0].endswith(f"?tag={ConditionalMenu.objects.get().pk}")


def meanwhile(monkeypatch, path: str, act) -> None:
    """Let something else happen while WeChat works on a call of this path, once."""
    call, done = client.call, []

    def slow(account, where, body):
        said = call(account, where, body)
        if where == path and not done:
            done.append(path)
            act()
        return said

    monkeypatch.setattr(client, "call", slow)


@pytest.mark.parametrize("other", ["published", "deleted"])
def test_a_menu_that_was_overtaken_does_not_stay_at_wechat(site, editor, vip, platforms, monkeypatch, other):
    ConditionalMenu.objects.update(menu_id="1")
    rows = ConditionalMenu.objects.filter(pk=vip.pk)
    meanwhile(monkeypatch, client.MENU_ADD, rows.delete if other == "deleted" else lambda: rows.update(menu_id="3"))
    platforms.answer(ADD, {"menuid": "2"})
    reply = post(site, editor, vip, "publish", WHERE)
    assert said(reply)[0].startswith("Somebody else has published or deleted this menu meanwhile")
    assert platforms.bodies(TAKE_OFF) == [{"menuid": "2"}]
    assert list(rows.values_list("menu_id", flat=True)) == ([] if other == "deleted" else ["3"])


def test_a_menu_that_was_published_while_it_was_deleted_stays_known(site, editor, vip, platforms, monkeypatch):
    ConditionalMenu.objects.update(menu_id="1")
    meanwhile(monkeypatch, client.MENU_TAKE_OFF, lambda: ConditionalMenu.objects.update(menu_id="2"))
    reply = post(site, editor, vip, "delete")
    assert said(reply)[0].startswith("Somebody else has published or deleted this menu meanwhile")
    assert ConditionalMenu.objects.get().menu_id == "2"


@pytest.mark.parametrize("act", ["save", "publish", "delete"])
def test_a_menu_of_another_account_is_not_reached_by_its_number(site, editor, vip, platforms, act):
    """It would be published with this account's token, or deleted from here."""
    other = WeChatAccount.objects.create(
        slug="other",
        name="x",
        app_id="wx0000000000000001",
        app_secret="s",
        token="t",
        encoding_aes_key=AES_KEY,
        group="sales",
    )
    ConditionalMenu.objects.update(account=other)
    reply = post(site, editor, vip, act, WHERE)
    assert said(reply) == ["This menu is not there any more."]
    vip.refresh_from_db()
    assert (vip.items, vip.account_id) == ([SHOP], other.pk)
    assert [url for url, *_rest in platforms.calls if "menu" in url] == []


def test_what_wechat_refuses_of_menus_by_tag_is_said_in_our_words(site, vip, platforms):
    Customer.objects.create(account=site.account, openid="oGone", im_id="gone", remark="Wang", created_at=clock.now())
    platforms.answer("menu/trymatch", {"errcode": 65302, "errmsg": "no such user"})
    reader = staff("view_wechataccount", "view_accountmenu", "change_accountmenu", "view_customer")
    assert reader.get(f"{address(site)}?try=oGone").context["sees"] == [
        ("Wang", "WeChat does not know this customer (65302)")
    ]
    platforms.answer(ADD, {"errcode": 65303, "errmsg": "no default menu"})
    (words,) = said(post(site, reader, vip, "publish", SHOP))
    assert words == "Phones still show what they did: the account's own menu has to be published first (65303)."


def another(**own) -> WeChatAccount:
    given = {"slug": "other", "name": "x", "app_id": "wx0000000000000001", "app_secret": "s", "token": "t"}
    return WeChatAccount.objects.create(**given, encoding_aes_key=AES_KEY, **own)


def test_a_tag_that_has_a_menu_is_not_offered_again(site, editor, vip, platforms):
    platforms.answer("tags/get", TAGS, TAGS)
    assert editor.get(f"{address(site)}?tags=1").context["tags"] == [(2, "星标组")]
    assert said(editor.post(address(site), {"add": "134"}, follow=True)) == ["Choose a tag."]
    assert ConditionalMenu.objects.count() == 1


def test_a_customer_of_another_account_is_not_asked_about(site, platforms):
    Customer.objects.create(account=another(), openid="oTheirs", im_id="theirs", remark="Wang", created_at=clock.now())
    reader = staff("view_wechataccount", "view_accountmenu", "view_customer")
    for wanted in ("oTheirs", "Wang"):
        assert reader.get(f"{address(site)}?try={wanted}").context["sees"] == []
    assert platforms.bodies("menu/trymatch") == []


def test_another_accounts_answers_to_the_same_key_stay(site, editor, platforms):
    theirs = another()
    MenuKey.keep(theirs, "FAQ", Tap("FAQ", PERSON))
    items = json.dumps([{"name": "FAQ", "does": "key", "key": "FAQ"}])
    assert said(editor.post(address(site), {"publish": "yes", "items": items, "version": 0}, follow=True))
    assert platforms.bodies("menu/create")
    assert MenuKey.objects.get().account_id == theirs.pk


def test_what_was_published_while_it_was_taken_off_by_the_api_stays_known(site, vip, platforms, monkeypatch):
    ConditionalMenu.objects.update(menu_id="1", published=[SHOP])
    vip.refresh_from_db()
    rows = ConditionalMenu.objects.filter(pk=vip.pk)
    meanwhile(monkeypatch, client.MENU_TAKE_OFF, lambda: rows.update(menu_id="2"))
    with pytest.raises(publishing.Overtaken):
        publishing.withdraw_for_tag(vip)
    assert rows.get().menu_id == "2"
