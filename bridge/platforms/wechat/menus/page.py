"""The page of an account's menu: an editor with a phone beside it, what was published, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bridge.backoffice.found import numbered, numbers
from bridge.base import clock
from bridge.conversation.preview import in_words
from bridge.pipeline.bots import bots
from bridge.platforms.wechat.menus import items as menus
from bridge.platforms.wechat.menus import publishing, rules, tagged, words
from bridge.platforms.wechat.menus.items import Items
from bridge.platforms.wechat.menus.rules import Choices, Errors
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, WeChatAccount
from bridge.values.agents import directory
from bridge.values.content import Content
from bridge.values.foreign import read_json
from bridge.values.outcomes import DeliveryError

HISTORY = 20  # published menus that the page shows


@dataclass
class Editor:
    """What the page shows: the items as they were entered, and what is wrong with them."""

    account: WeChatAccount
    draft: AccountMenu | ConditionalMenu
    items: Items = ()
    errors: Errors = field(default_factory=dict)
    entered: Items = ()  # as it was sent, without the keys that items are given here

    @classmethod
    def of(cls, account: WeChatAccount, tag: str = "") -> Editor | None:
        """Return the editor of the account's menu as it was saved last, or of the menu by tag with this number.

        None where that is gone: what is asked about it must not happen to the account's own menu.
        """
        draft: AccountMenu | ConditionalMenu | None
        if tag:
            draft = numbered(account.conditional_menus.all(), tag).first()
        else:
            draft = AccountMenu.objects.filter(account=account).first() or AccountMenu(account=account)
        return cls(account, draft, menus.read_items(draft.items)) if draft else None

    def publish(self, by: str) -> None:
        """Let phones show the items. DeliveryError where WeChat does not. Raises: publishing.Overtaken."""
        if self.tagged:
            publishing.publish_for_tag(self.tagged, self.items)
        else:
            publishing.publish(self.account, self.items, by)

    @property
    def tagged(self) -> ConditionalMenu | None:
        """The menu by tag that is edited; None for the account's own."""
        return self.draft if isinstance(self.draft, ConditionalMenu) else None

    def check(self) -> None:
        """Say what is wrong with the items: one that was taken over may still want a choice, a group may be gone since."""
        self.errors = rules.errors(self.items, self.choices()) if self.items else {}

    def choices(self) -> Choices:
        """Return what the items may name."""
        own = AccountMenu.objects.filter(account=self.account).values_list("items", flat=True)
        known = [self.draft.items, *own, *self.account.published_menus.values_list("items", flat=True)]
        answers = [
            one.answer for stored in known for _name, one in menus.leaves(menus.read_items(stored)) if one.answer
        ]
        return Choices(dict(directory().groups()), [name for name, _label in _bots()], answers)

    def take(self, text: str) -> bool:
        """Take what was entered; tell whether WeChat will take it."""
        try:
            given = read_json(text)
        except ValueError:
            given = []
        return self.fill(given)

    def fill(self, given: Any) -> bool:
        """Take items as JSON objects; tell whether WeChat will take them."""
        self.entered = menus.read_items(given)
        self.items = menus.with_keys(self.entered, publishing.new_key)
        self.errors = rules.errors(self.items, self.choices())
        return not self.errors

    def take_up(self, published: Any) -> bool:
        """Take the items of an earlier menu of the account's own, by its id; False where there is none, or it has no items."""
        row = numbered(self.account.published_menus.exclude(items=[]), str(published)).first()
        if row is not None:
            self.items = menus.read_items(row.items)
        return row is not None

    def would_lose(self) -> bool:
        """Tell whether the draft holds what was never published, so that no history gives it back once it is replaced."""
        known = self.account.published_menus.values_list("items", flat=True)
        return bool(self.draft.items) and self.draft.items not in list(known)

    def save(self, version: str, by: str) -> bool:
        """Save the items; False where somebody else has saved others since the page was opened.

        The same items once more are no others: a browser sends a form again where the answer was lost, or after a second click.
        """
        if self.tagged is None:
            AccountMenu.objects.get_or_create(account=self.account)
        mine: dict[str, Any] = {"pk": self.tagged.pk} if self.tagged else {"account": self.account}
        rows = type(self.draft)._default_manager.filter(**mine)
        values = {"items": menus.to_json(self.items), "changed_at": clock.now(), "changed_by": by[:150]}
        if rows.filter(version__in=numbers([version])).update(**values, version=F("version") + 1):
            return True
        stored = menus.read_items(rows.values_list("items", flat=True).first())
        if not self.entered or not menus.are_same(self.entered, stored):
            return False
        self.items = stored
        return True


def _bots() -> list[tuple[str, str]]:
    return [(name, str(bot.label or name)) for name, bot in bots().items() if bot.greets]


def show(admin: Any, request: HttpRequest, account: WeChatAccount) -> HttpResponse:
    """Answer the page of the account's menu, and what is asked on it."""
    if request.method == "POST" and not admin.may_change_menu(request):
        raise PermissionDenied
    editor = Editor.of(account, request.GET.get("tag", ""))
    if editor is None:
        messages.error(request, _("This menu is not there any more."))
        return redirect(request.path)
    if request.method == "POST":
        for name, act in _ACTS.items():
            if name in request.POST:
                if act(editor, request):
                    return redirect(tagged.address(request, editor.tagged))
                break
    if request.method != "POST":
        editor.check()
    return TemplateResponse(request, "admin/menu.html", _context(admin, request, editor))


def _context(admin: Any, request: HttpRequest, editor: Editor) -> dict[str, Any]:
    account, may = editor.account, admin.may_change_menu(request)
    own = editor.tagged
    published = [] if own else list(account.published_menus.all()[:HISTORY])
    return {
        **admin.admin_site.each_context(request),
        "title": _("Menu: %s") % account,
        "account": account,
        "may_change": may,
        "version": editor.draft.version,
        "published": [(one, _summary(menus.read_items(one.items))) for one in published],
        **tagged.shown(request, account, own),
        "differs": (own.published != own.items)
        if own
        else bool(published) and published[0].items != editor.draft.items,
        "asks": may and "ask" in request.POST,
        "replacing": request.POST.get("restore", "") if may and not own else "",
        "data": {
            "items": [_shown(one) for one in editor.items],
            "errors": editor.errors,
            "editable": may,
            "unsaved": "items" in request.POST,
            "account": account.name,
            "groups": directory().groups(),
            "bots": _bots(),
            "limits": {"name": rules.NAME, "below": rules.NAME_BELOW, "key": rules.KEY_BYTES, "url": rules.URL},
            "most": {"buttons": rules.BUTTONS, "below": rules.BELOW, "words": rules.WORDS},
            "words": words.words(),
        },
        "change": reverse("admin:bridge_wechataccount_change", args=[account.pk]),
    }


def _shown(item: menus.Item) -> dict[str, Any]:
    """Return an item for the browser, with what its answer says in words where that is no text."""
    shown = {**item.to_json(), "below": [_shown(one) for one in item.below]}
    return {**shown, "said": _said(item.answer)} if item.answer else shown


def _said(answer: Mapping[str, Any]) -> str:
    """Return an answer in words; "" for one that a browser has made up."""
    try:
        return in_words(Content.from_json(dict(answer)))
    except (KeyError, TypeError, ValueError):
        return ""


def _summary(items: Items) -> str:
    """Return the names of the items in one line; "" for a menu that was deleted."""
    named = [one.name + (f" ({'、'.join(below.name for below in one.below)})" if one.below else "") for one in items]
    return " · ".join(named)


def changed_by(request: HttpRequest) -> str:
    """Return whose name stands beside what is changed with this request."""
    user: Any = request.user
    return str(user.get_full_name() or user.get_username())


def _save(editor: Editor, request: HttpRequest) -> bool:
    if not _saved(editor, request):
        return False
    messages.success(request, _("Saved. Phones show the menu that was published last."))
    return True


def _saved(editor: Editor, request: HttpRequest) -> bool:
    if not editor.take(request.POST.get("items", "")):
        messages.error(request, editor.errors.get("") or _("Not saved: correct what stands in red."))
        return False
    return _kept(editor, request, request.POST.get("version", ""))


def _kept(editor: Editor, request: HttpRequest, version: str) -> bool:
    """Save the items over this version of them; False, and said so, where somebody else has saved others meanwhile."""
    if not editor.save(version, changed_by(request)):
        messages.error(
            request,
            _(
                "Not saved: somebody else has saved this menu meanwhile. Open the page again in another tab and "
                "compare; saved once more here, yours replaces theirs."
            ),
        )
        return False
    return True


def _publish(editor: Editor, request: HttpRequest) -> bool:
    """What was entered is saved first, so nothing is lost where WeChat refuses it."""
    if not _saved(editor, request):
        return False
    _published(editor, request)
    return True


def _published(editor: Editor, request: HttpRequest) -> None:
    try:
        editor.publish(changed_by(request))
    except DeliveryError as error:
        messages.error(request, tagged.refused(error))
    except publishing.Overtaken:
        messages.error(request, tagged.overtaken())
    else:
        messages.success(
            request,
            _("Published. Phones show it within a few minutes; at once whoever follows anew or opens the chat again."),
        )


def _restore(editor: Editor, request: HttpRequest) -> bool:
    """Bring an earlier menu of the account's own back, into the editor as well. The page asks first where a draft is lost by it.

    The answer names the draft that was asked about, by its version: one that somebody has saved since is asked about anew.
    """
    if editor.tagged:
        return True
    if editor.would_lose() and request.POST.get("replace_draft") != str(editor.draft.version):
        return False
    if not editor.take_up(request.POST["restore"]):
        messages.error(request, _("This menu is not there any more."))
        return True
    if _kept(editor, request, str(editor.draft.version)):
        _published(editor, request)
    return True


def _delete(editor: Editor, request: HttpRequest) -> bool:
    if editor.tagged:
        if tagged.remove(editor.tagged, request):
            editor.draft = AccountMenu(account=editor.account)
        return True
    try:
        publishing.withdraw(editor.account, changed_by(request))
    except DeliveryError as error:
        messages.error(request, tagged.refused(error))
    else:
        messages.success(request, _("Deleted: phones show no menu any more. The draft is still here."))
    return True


def _add(editor: Editor, request: HttpRequest) -> bool:
    editor.draft = tagged.add(editor.account, request, editor.draft) or editor.draft
    return True


_ACTS = {"save": _save, "publish": _publish, "restore": _restore, "delete": _delete, "add": _add}
