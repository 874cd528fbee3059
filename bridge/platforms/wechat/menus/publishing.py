"""Brings a menu to WeChat, and writes down what its keys stand for before any phone can show them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.db import transaction

from bridge.base import clock
from bridge.models import MenuKey
from bridge.platforms.wechat import client
from bridge.platforms.wechat.menus import items as menus
from bridge.platforms.wechat.menus.items import Items
from bridge.platforms.wechat.models import ConditionalMenu, PublishedMenu, WeChatAccount
from bridge.values.foreign import object_of, text_of
from bridge.values.outcomes import Chance, DeliveryError

GONE = ("65301", "46003")  # there is no such menu (any more)


class Overtaken(Exception):
    """Somebody else has published or deleted this menu by tag meanwhile: theirs stands."""


def new_key() -> str:
    """Return a key that no item has had."""
    return f"menu-{secrets.token_hex(6)}"


def publish(account: WeChatAccount, items: Items, by: str) -> PublishedMenu:
    """Let WeChat show these items from now on. DeliveryError where it does not: what is shown stays.

    Publishing the same again changes nothing, so it may be tried again where the outcome is unknown.
    """
    write_keys(account, items)
    insist(lambda: client.call(account, client.MENU_CREATE, menus.payload(items)))
    return _written(account, menus.to_json(items), by)


def withdraw(account: WeChatAccount, by: str) -> PublishedMenu:
    """Let WeChat show no menu any more. DeliveryError where it does not."""
    insist(lambda: client.ask(account, client.MENU_DELETE))
    # Those by tag go with it.
    account.conditional_menus.update(menu_id="", published=[])
    return _written(account, [], by)


def publish_for_tag(menu: ConditionalMenu, items: Items) -> None:
    """Let WeChat show these items to the followers with the menu's tag. DeliveryError where it does not. Raises: Overtaken.

    WeChat changes no such menu: the new one is there before the old one goes, and the newer counts. So nobody sees none.
    """
    write_keys(menu.account, items)
    body = {**menus.payload(items), "matchrule": {"tag_id": str(menu.tag_id)}}
    said = insist(lambda: client.call(menu.account, client.MENU_ADD, body))
    before, new = menu.menu_id, text_of(said.get("menuid"))[:40]
    # Whoever has published or deleted it meanwhile took the old one off; theirs stands, and ours would stay at WeChat for ever.
    mine = ConditionalMenu.objects.filter(pk=menu.pk, menu_id=before)
    if not mine.update(menu_id=new, published=menus.to_json(items)):
        _take_off(menu.account, new)
        raise Overtaken
    menu.menu_id = new
    if before:
        _take_off(menu.account, before)


def withdraw_for_tag(menu: ConditionalMenu) -> None:
    """Let the followers with the tag see the account's own menu again; the draft stays. DeliveryError where WeChat does not.

    Raises: Overtaken.
    """
    if menu.menu_id:
        _take_off(menu.account, menu.menu_id)
    if not ConditionalMenu.objects.filter(pk=menu.pk, menu_id=menu.menu_id).update(menu_id="", published=[]):
        raise Overtaken
    menu.menu_id, menu.published = "", []


def delete_for_tag(menu: ConditionalMenu) -> None:
    """Delete the menu, so that the followers with the tag see the account's own. DeliveryError where WeChat keeps it.

    Raises: Overtaken.
    """
    if menu.menu_id:
        _take_off(menu.account, menu.menu_id)
    ConditionalMenu.objects.filter(pk=menu.pk, menu_id=menu.menu_id).delete()
    if ConditionalMenu.objects.filter(pk=menu.pk).exists():
        raise Overtaken


def _take_off(account: WeChatAccount, number: str) -> None:
    try:
        insist(lambda: client.call(account, client.MENU_TAKE_OFF, {"menuid": number}))
    except DeliveryError as error:
        if error.code not in GONE:
            raise


def seen_by(account: WeChatAccount, openid: str) -> list[str]:
    """Return the names of the buttons that a follower sees. DeliveryError where WeChat does not say."""
    said = insist(lambda: client.call(account, client.MENU_TRY, {"user_id": openid}))
    within = object_of(said.get("menu")) or said
    buttons = within.get("button")
    return [text_of(object_of(one).get("name")) for one in buttons] if isinstance(buttons, list) else []


def insist(call: Callable[[], Any]) -> Any:
    """Return what the call returns; made once more where the token was refused, which was replaced meanwhile. DeliveryError."""
    try:
        return call()
    except DeliveryError as error:
        if error.chance is not Chance.TOKEN:
            raise
    return call()


def write_keys(account: WeChatAccount, items: Items) -> None:
    """Write down what a tap on each item brings about."""
    with transaction.atomic():
        for key, tap in menus.taps(items).items():
            if tap is None:
                MenuKey.objects.filter(account=account, key=key).delete()
            else:
                MenuKey.keep(account, key, tap)


def _written(account: WeChatAccount, items: list[dict[str, Any]], by: str) -> PublishedMenu:
    return PublishedMenu.objects.create(account=account, items=items, published_at=clock.now(), published_by=by[:150])
