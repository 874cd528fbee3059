"""The page on which an account moves in: what WeChat's console holds, and what becomes of it here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bridge.conversation.preview import in_words
from bridge.platforms.taking_over import may_take_over
from bridge.platforms.wechat.menus import items as menus
from bridge.platforms.wechat.menus.words import words
from bridge.platforms.wechat.models import AccountMenu, WeChatAccount
from bridge.platforms.wechat.moving import taking
from bridge.platforms.wechat.moving.taking import Holdings
from bridge.values.console_replies import Keyword, Replies
from bridge.values.content import Content
from bridge.values.outcomes import DeliveryError

Row = tuple[str, str]  # what the console calls it, and what it does


def show(admin: Any, request: HttpRequest, account: WeChatAccount) -> HttpResponse:
    """Answer the page, and read or take over what is asked."""
    holdings = None
    if request.method == "POST":
        if not admin.may_change_menu(request):
            raise PermissionDenied
        holdings = _read(request, account)
        if holdings and not holdings.is_empty and "take" in request.POST:
            _take(admin, request, account, holdings)
            return redirect(_menu_of(account))
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Take over from WeChat's console: %s") % account,
        "account": account,
        "holdings": holdings,
        "menu": list(_menu(holdings)) if holdings else [],
        "replies": list(_replies(holdings.replies)) if holdings else [],
        "has_draft": AccountMenu.objects.filter(account=account).exclude(items=[]).exists(),
        "may_change": admin.may_change_menu(request),
        "change": reverse("admin:bridge_wechataccount_change", args=[account.pk]),
        "menu_page": _menu_of(account),
    }
    return TemplateResponse(request, "admin/moving.html", context)


def _menu_of(account: WeChatAccount) -> str:
    return reverse("admin:bridge_wechataccount_menu", args=[account.pk])


def _read(request: HttpRequest, account: WeChatAccount) -> Holdings | None:
    try:
        return taking.read(account)
    except DeliveryError as error:
        said = {"reason": error.reason, "code": error.code}
        messages.error(request, _("WeChat does not tell what its console holds: %(reason)s (%(code)s).") % said)
        return None


def _take(admin: Any, request: HttpRequest, account: WeChatAccount, holdings: Holdings) -> None:
    user: Any = request.user
    by = str(user.get_full_name() or user.get_username())
    lost = [*holdings.notes, *taking.take_menu(account, holdings, by)]
    if may_take_over(user):
        arranges = admin.has_change_permission(request, account)
        lost += taking.take_replies(account, holdings.replies, arranges=arranges)
    elif holdings.replies != Replies(notes=holdings.replies.notes):
        lost.append(_("The automatic replies were not taken over: your role may not change what the chatbots answer."))
    messages.success(
        request,
        _(
            "Taken over, the menu as a draft. Look through it, and publish it as soon as the server address is "
            "switched on."
        ),
    )
    for one in lost:
        messages.warning(request, one)


def _menu(holdings: Holdings) -> Iterator[Row]:
    said = words()["does"]
    for name, one in menus.leaves(holdings.menu.items):
        answer = in_words(Content.from_json(dict(one.answer))) if one.answer else one.words
        if one.answer:
            what = _("Answers the same as before")
        else:
            what = said[one.does] if one.does and isinstance(said, dict) else _("Choose what it does.")
        # A key that is ours says nothing to whoever reads this.
        key = one.key if one.does == menus.KEY else ""
        yield name, "\n".join(part for part in (what, answer or one.url or key) if part)


def _replies(replies: Replies) -> Iterator[Row]:
    if replies.follow:
        yield _("Reply to new followers"), in_words(replies.follow)
    if replies.default:
        yield _("Reply to any message"), in_words(replies.default)
    for one in replies.rules:
        named = "、".join(_matched(word) for word in one.words)
        by_chance = [_("One of these by chance:")] if one.one and len(one.answers) > 1 else []
        yield _("Keyword: %s") % named, "\n".join([*by_chance, *(in_words(answer) for answer in one.answers)])


def _matched(word: Keyword) -> str:
    return _("%s (the whole message)") % word.text if word.exact else word.text
