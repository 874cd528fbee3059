"""Search in what was said: messages and notes, and the summaries of conversations.

Rows are written in the transaction that writes what they are about, and go with it: when it is erased, or its days are over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Min, Q, QuerySet

from bridge.base import fulltext
from bridge.conversation.preview import in_words
from bridge.models import Conversation, Customer, SearchText
from bridge.models.conversations import Message
from bridge.values.content import Content, Signal, Text
from bridge.values.grams import asked, indexed

CHUNK = 2000  # rows of the index looked at together, newest first
CHUNKS = 10  # at most: what is said everywhere is found among the newest of it
NAMED = 500  # customers at most whose names fit
_ADDRESS = re.compile(r"https?://\S+")
_LABEL = re.compile(r"^\[[^\]]*\]")
_LAST = 2**63 - 1


def of_message(message: Message, content: Content) -> list[SearchText]:
    """Return the unsaved row for a message; none where it has no words, as a picture or a tap in the menu."""
    if isinstance(content, Signal):
        return []
    said = in_words(content)
    if not isinstance(content, Text):
        said = _LABEL.sub("", _ADDRESS.sub("", said))
    words = indexed(said)
    return [SearchText(conversation_id=message.conversation_id, message=message, words=words)] if words else []


def summarized(conversation: int, summary: str) -> None:
    """Let the conversation be found by its summary, and by none that it had before."""
    SearchText.objects.filter(conversation=conversation, message=None).delete()
    if words := indexed(summary):
        SearchText.objects.create(conversation_id=conversation, words=words)


def found(rows: QuerySet[Conversation], text: str, enough: int, until: str = "") -> set[int]:
    """Return the ids of those of the conversations that fit: `enough` or more of them, if there are so many.

    By number (`#18`), by the customer's name or the end of their id, by words that were said, noted or summed up. `until`
    names the field of the rows up to which they may be read, null for all; of what is cut so no summary is looked at.
    """
    ids = set(rows.filter(_numbered(text) | Q(customer__in=_named(text))).values_list("pk", flat=True))
    cut = until if until in rows.query.annotations else None
    for conversations in _said(text):
        fitting = rows.filter(pk__in=conversations)
        if cut is None:
            ids |= set(fitting.values_list("pk", flat=True))
        else:
            seen = fitting.values_list("pk", cut)
            ids |= {
                pk for pk, end in seen if end is None or ((first := conversations[pk]) is not None and first <= end)
            }
        if len(ids) >= enough:
            break
    return ids


def _numbered(text: str) -> Q:
    number = text.removeprefix("#")
    return Q(pk=int(number)) if number.isdecimal() and len(number) < 18 else Q(pk__in=[])


def _named(text: str) -> list[int]:
    """Where no name is known, people read the platform's word for a customer and the last four characters of the id."""
    names = Q(remark__icontains=text) | Q(openid__endswith=text[-4:])
    rows = Customer.objects.filter(names).select_related("account").order_by("-pk")
    shown = [one for one in rows[:NAMED] if text.lower() in one.display_name.lower() or one.openid.endswith(text)]
    return [one.pk for one in shown]


def _said(text: str) -> Iterator[dict[int, datetime | None]]:
    """Yield the conversations in which the words stand and when they were said first, None where only the summary has them.

    Those of the newest messages come first.
    """
    question, below = asked(text, **fulltext.SYNTAX[connection.vendor]), _LAST
    index = SearchText._meta.indexes[0]
    assert isinstance(index, fulltext.FullText)
    for _chunk in range(CHUNKS if question else 0):
        ids = fulltext.find(SearchText, index, question, below, CHUNK)
        rows = SearchText.objects.filter(pk__in=ids).order_by().values_list("conversation")
        yield dict(rows.annotate(first=Min("message__created_at")))
        if len(ids) < CHUNK:
            return
        below = ids[-1]
