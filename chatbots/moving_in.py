"""Takes over the automatic replies that a platform's console held for an account: a welcome, and entries of the FAQ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.live.endpoints import forget
from bridge.models import Account, AutoAnswer
from bridge.pipeline.bots import greeters
from bridge.platforms.taking_over import takes_over
from bridge.values.console_replies import Replies, Rule
from bridge.values.content import Content
from chatbots.faq import FaqBot
from chatbots.models import FaqEntry, Welcome

_OFF = gettext_noop(
    "Keywords are not answered yet: let an administrator switch the FAQ on, under “Chatbots before the seats” on the "
    "account's page."
)
MOST = FaqEntry._meta.get_field("keywords").max_length or 0


@takes_over("chatbots.add_welcome", "chatbots.add_faqentry")
@transaction.atomic
def take(account: Account, replies: Replies, *, arranges: bool) -> list[str]:
    """Make the replies the account's own; what is there already stays, so it may be done twice. Returns what is not as it was.

    `arranges`: the FAQ may be switched on for the account.
    """
    notes: list[str] = []
    if replies.follow and not _has_welcome(account, replies.follow):
        Welcome.objects.create(account=account, answer=AutoAnswer.keep(replies.follow))
    taken = [_take_rule(account, one, notes) for one in replies.rules]
    if any(taken) and FaqBot.name not in greeters(account.bots, account.first_mode):
        notes.append(_switch_on(account) if arranges else _(_OFF))
    return notes


def _has_welcome(account: Account, content: Content) -> bool:
    rows = Welcome.objects.filter(account=account).select_related("answer")
    return any(row.answer.said == content for row in rows)


def _take_rule(account: Account, rule: Rule, notes: list[str]) -> bool:
    """Make entries of a rule; tell whether there are any."""
    made = False
    for exact, match in ((False, FaqEntry.Match.CONTAINS), (True, FaqEntry.Match.EXACT)):
        for keywords in _lines(_words(rule, notes, exact=exact)):
            given = {"account": account, "keywords": keywords, "match": match}
            if not FaqEntry.objects.filter(**given).exists():
                FaqEntry.objects.create(**given, **_answers(rule))
            made = True
    if made and len(rule.answers) > (2 if rule.one else 1):
        notes.append(_("“%(name)s” has %(count)d answers. One is given here: the first.") % {
            "name": rule.name, "count": len(rule.answers),
        })  # fmt: skip
    return made


def _words(rule: Rule, notes: list[str], *, exact: bool) -> Sequence[str]:
    """Return the rule's words of one kind; one with a blank in it is no keyword here."""
    words = [one.text for one in rule.words if one.exact is exact]
    for word in words:
        if not _fits(word):
            notes.append(
                _("The keyword “%s” is too long, or has a blank in it: enter it in the FAQ in another way.") % word
            )
    return [word for word in words if _fits(word)]


def _fits(word: str) -> bool:
    return len(word) <= MOST and len(word.split()) == 1


def _lines(words: Sequence[str]) -> Iterator[str]:
    """Yield the words joined by blanks, in lines that a column of an entry holds."""
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if len(longer) > MOST:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _answers(rule: Rule) -> dict[str, Any]:
    """Return the answer, and another one for half of the customers where one of two is given by chance."""
    first, *others = rule.answers
    other = AutoAnswer.keep(others[0]) if rule.one and len(others) == 1 else None
    return {"answer": AutoAnswer.keep(first), "other": other}


def _switch_on(account: Account) -> str:
    known = [one for one in account.bots if one.get("name") != FaqBot.name]
    settings: Any = next((one.get("settings", {}) for one in account.bots if one.get("name") == FaqBot.name), {})
    account.bots = [{"name": FaqBot.name, "on": True, "settings": settings}, *known]
    account.save(update_fields=["bots"])
    forget()
    return _("The FAQ is switched on for the account: it answers before a person is looked for.")
