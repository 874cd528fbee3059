"""The exchange log's rows: what is written of an exchange."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable
from functools import cache
from urllib.parse import parse_qsl

from django.db import OperationalError, connection, transaction

from bridge.base.inserting import append
from bridge.models import Exchange
from bridge.observe.exchange_buffer import BODY, FIELDS, OpenExchange
from bridge.observe.redaction import Redactor, Rules

logger = logging.getLogger(__name__)

TRIES = 3  # that are repeated of a row, where the database cannot write just now
_UNWRITABLE = re.compile("[\ud800-\udfff]")


class AwayError(Exception):
    """The database cannot be reached."""


_rules: list[Rules] = []


def declare(rules: Iterable[Rules]) -> None:
    """Take in what is secret on each platform; called once, when the process starts."""
    _rules[:] = rules
    redactor.cache_clear()


@cache
def redactor() -> Redactor:
    """Return what takes the secrets of all platforms out."""
    if not _rules:
        raise RuntimeError("exchange log: no platform has declared its secrets yet")
    return Redactor(_rules)


def row_of(said: OpenExchange) -> Exchange:
    """Return the row, without secrets and with nothing in it that a database refuses."""
    hide = redactor()
    row = Exchange(
        direction=said.direction,
        platform=said.platform or hide.platform_of(said.url),
        at=said.at,
        milliseconds=said.milliseconds,
        method=said.method,
        address=hide.address(said.url, said.query or parse_qsl(said.raw_query)[:FIELDS]),
        request=_body(said.sent),
        status=said.status,
        code=said.code,
        answer=_body(said.answer),
        failed=said.failed,
        **said.subject,
    )
    for column in Exchange._meta.concrete_fields:
        if isinstance(value := getattr(row, column.attname), str):
            setattr(row, column.attname, writable(value)[: column.max_length])
    return row


def _body(content: bytes) -> str:
    text = content[:BODY].decode("utf-8", "replace")
    return redactor().body(text) if text else ""


def writable(text: str) -> str:
    """Return a text as every database takes it: no NUL, and no half of a surrogate pair, which JSON can carry."""
    return _UNWRITABLE.sub("\ufffd", text.replace("\0", ""))


def write(batch: deque[OpenExchange]) -> tuple[int, int]:
    """Write what is in `batch` and take it out; return how many were written and how many are lost.

    One that cannot be written takes no other with it. What is left in `batch` is to be tried again later.
    Raises: AwayError where the database cannot be reached.
    """
    try:
        rows = [row_of(said) for said in batch]
        with transaction.atomic():
            append(Exchange, rows)
    except Exception:
        _must_reach()
        return _write_singly(batch)
    batch.clear()
    return len(rows), 0


def _write_singly(batch: deque[OpenExchange]) -> tuple[int, int]:
    written = lost = 0
    while batch:
        try:
            with transaction.atomic():
                row_of(batch[0]).save(force_insert=True)
            written += 1
        except Exception as error:
            _must_reach()
            if isinstance(error, OperationalError) and batch[0].tries < TRIES:
                # A lock, say: it may go well in a moment.
                batch[0].tries += 1
                break
            # Only the error's name: its text may hold what the row holds.
            logger.warning("an exchange cannot be written (%s)", type(error).__name__)
            lost += 1
        batch.popleft()
    return written, lost


def _must_reach() -> None:
    """Make sure that the database answers. Raises: AwayError."""
    try:
        connection.close_if_unusable_or_obsolete()
        connection.ensure_connection()
    except Exception as error:
        raise AwayError(type(error).__name__) from None
