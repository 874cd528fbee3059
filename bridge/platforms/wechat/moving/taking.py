"""Reads what WeChat's console holds for an account, and takes it over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.db.models import F
from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.platforms.taking_over import take_over
from bridge.platforms.wechat import client
from bridge.platforms.wechat.menus import items as menus
from bridge.platforms.wechat.menus import publishing
from bridge.platforms.wechat.menus.items import BETWEEN, Item
from bridge.platforms.wechat.models import AccountMenu, WeChatAccount
from bridge.platforms.wechat.moving.console_menu import Taken, read_menu
from bridge.platforms.wechat.moving.console_replies import read_replies
from bridge.platforms.wechat.moving.files import fetched
from bridge.values.console_replies import Replies, Rule
from bridge.values.content import Content


@dataclass
class Holdings:
    """What the console holds, and in words what of it cannot be as it was."""

    menu: Taken = field(default_factory=Taken)
    replies: Replies = field(default_factory=Replies)

    @property
    def notes(self) -> list[str]:
        return [*self.menu.notes, *self.replies.notes]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to take over."""
        replies = self.replies
        return not (self.menu.items or replies.follow or replies.default or replies.rules)


def read(account: WeChatAccount) -> Holdings:
    """Ask WeChat what its console holds; makes two calls. DeliveryError."""
    menu = publishing.insist(lambda: client.ask(account, client.CONSOLE_MENU))
    replies = publishing.insist(lambda: client.ask(account, client.CONSOLE_REPLIES))
    return Holdings(read_menu(menu, publishing.new_key, _own(account)), read_replies(replies))


def _own(account: WeChatAccount) -> dict[str, Item]:
    """Return the items that were published from here, by their keys; of several with a key the newest."""
    rows = account.published_menus.order_by("pk").values_list("items", flat=True)
    return {one.key: one for row in rows for _name, one in menus.leaves(menus.read_items(row)) if one.taps}


def take_menu(account: WeChatAccount, holdings: Holdings, by: str) -> list[str]:
    """Make the console's menu the account's draft, in the place of what stands there; return what could not be fetched."""
    notes: list[str] = []
    items = tuple(_with_files(account, one, "", notes) for one in holdings.menu.items)
    AccountMenu.objects.get_or_create(account=account)
    values = {"items": menus.to_json(items), "changed_at": clock.now(), "changed_by": by[:150]}
    AccountMenu.objects.filter(account=account).update(**values, version=F("version") + 1)
    # No phone shows these keys before the menu is published, but files that a key answers with are kept.
    publishing.write_keys(account, items)
    return notes


def _with_files(account: WeChatAccount, item: Item, before: str, notes: list[str]) -> Item:
    """Return the item with its file in our storage; without one, somebody must choose what it does."""
    name = before + item.name
    if item.below:
        return replace(item, below=tuple(_with_files(account, one, name + BETWEEN, notes) for one in item.below))
    if not item.answer:
        return item
    content = fetched(account, Content.from_json(dict(item.answer)), name, notes)
    return replace(item, answer=content.to_json()) if content else replace(item, does="", answer={})


def take_replies(account: WeChatAccount, replies: Replies, *, arranges: bool) -> list[str]:
    """Make the console's replies the account's own; return in words what is not as it was.

    `arranges`: settings of the account may change for it.
    """
    notes: list[str] = []
    follow = fetched(account, replies.follow, _("Reply to new followers"), notes)
    rules = [_with_answers(account, one, notes) for one in replies.rules]
    kept = tuple(one for one in rules if one.answers)
    if replies.default:
        notes.append(_("The reply to any message is not taken over: here a chatbot answers, or a person."))
    return [*notes, *take_over(account, replace(replies, follow=follow, rules=kept), arranges=arranges)]


def _with_answers(account: WeChatAccount, rule: Rule, notes: list[str]) -> Rule:
    answers = (fetched(account, one, rule.name, notes) for one in rule.answers)
    return replace(rule, answers=tuple(one for one in answers if one))
