"""Menus by tag on the page of an account's menu: which there are, one more, and which one somebody sees."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bridge.backoffice.found import numbers
from bridge.models import Customer
from bridge.platforms.wechat.menus import publishing
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, WeChatAccount
from bridge.platforms.wechat.tags import tags_of
from bridge.values.outcomes import DeliveryError, Outcome

FOUND = 10  # customers whose menu is shown at once


def address(request: HttpRequest, menu: ConditionalMenu | None) -> str:
    """Return where this menu is edited."""
    return f"{request.path}?tag={menu.pk}" if menu else request.path


def refused(error: DeliveryError) -> str:
    """Return in words that WeChat did not do what was asked, as far as that is known."""
    said = {"reason": error.reason, "code": error.code}
    if error.outcome is Outcome.UNKNOWN:
        return (
            _("It is not known whether WeChat took it: %(reason)s (%(code)s). Do it once more; nothing is doubled.")
            % said
        )
    return _("Phones still show what they did: %(reason)s (%(code)s).") % said


def overtaken() -> str:
    """Return in words that somebody else was quicker."""
    return _(
        "Somebody else has published or deleted this menu meanwhile; theirs stands. Open the page again and compare."
    )


def shown(request: HttpRequest, account: WeChatAccount, own: ConditionalMenu | None) -> dict[str, Any]:
    """Return what the page shows of menus by tag."""
    tabs = [{"name": _("Everybody else"), "address": request.path, "on": own is None}]
    rows = list(account.conditional_menus.all())
    tabs += [
        {"name": one.tag_name, "address": address(request, one), "on": own is not None and one.pk == own.pk}
        for one in rows
    ]
    asks = "tags" in request.GET
    return {
        "own": own,
        "tabs": tabs if rows else [],
        "chooses": asks,
        "tags": _free_tags(request, account, rows) if asks else [],
        **_tried(request, account),
    }


def _free_tags(request: HttpRequest, account: WeChatAccount, rows: list[ConditionalMenu]) -> list[tuple[int, str]]:
    """Return the account's tags at WeChat for which there is no menu yet."""
    try:
        found = tags_of(account)
    except DeliveryError as error:
        messages.error(request, _("WeChat does not tell the tags: %(reason)s (%(code)s).") % {
            "reason": error.reason, "code": error.code,
        })  # fmt: skip
        return []
    taken = {one.tag_id for one in rows}
    return [(number, name) for number, name in found.items() if number not in taken]


def add(account: WeChatAccount, request: HttpRequest, like: AccountMenu | ConditionalMenu) -> ConditionalMenu | None:
    """Make a draft for a tag, with the items of the menu that was open; None where there is no such tag."""
    free = dict(_free_tags(request, account, list(account.conditional_menus.all())))
    number = next(iter(numbers([request.POST.get("add", "")])), -1)
    name = free.get(number)
    if name is None:
        messages.error(request, _("Choose a tag."))
        return None
    # A second click may have been quicker.
    made, _new = ConditionalMenu.objects.get_or_create(
        account=account, tag_id=number, defaults={"tag_name": name, "items": like.items}
    )
    return made


def remove(menu: ConditionalMenu, request: HttpRequest) -> bool:
    """Take the menu off WeChat and away; tell whether it is."""
    try:
        publishing.delete_for_tag(menu)
    except DeliveryError as error:
        messages.error(request, refused(error))
        return False
    except publishing.Overtaken:
        messages.error(request, overtaken())
        return False
    messages.success(request, _("Deleted: customers with the tag “%s” see the account's own menu.") % menu.tag_name)
    return True


def _tried(request: HttpRequest, account: WeChatAccount) -> dict[str, Any]:
    """Return what the page shows of who sees what: nothing to a reader who may not see customers."""
    user: Any = request.user
    may = user.has_perm("bridge.view_customer")
    wanted = request.GET.get("try", "").strip() if may else ""
    return {"may_try": may, "tried": wanted, "sees": _sees(account, wanted) if wanted else []}


def _sees(account: WeChatAccount, wanted: str) -> list[tuple[str, str]]:
    """Return customers by their name or OpenID, each with the menu that WeChat says they see."""
    mine = Customer.objects.filter(account=account)
    rows = list((mine.filter(remark__icontains=wanted) | mine.filter(openid=wanted)).order_by("-pk")[:FOUND])
    return [(row.display_name, _seen(account, row.openid)) for row in rows]


def _seen(account: WeChatAccount, openid: str) -> str:
    try:
        names = publishing.seen_by(account, openid)
    except DeliveryError as error:
        return f"{error.reason} ({error.code})"
    return " · ".join(names) or _("no menu")
