"""Redaction: what of an exchange is written down. Each platform's folder declares what is secret in its own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

HIDDEN = "***"
LONGEST = 8000  # characters of a request or answer that are kept
ADDRESS = 500


@dataclass(frozen=True)
class Rules:
    """A platform's secrets: names in a query, names of JSON fields and XML elements (any depth, any case).

    `paths` are how its API's paths begin, by which a call is known as one to this platform; `codes` the fields that hold
    the platform's code in an answer.
    """

    platform: str
    paths: tuple[str, ...]
    query: frozenset[str]
    fields: frozenset[str]
    codes: tuple[str, ...]


class Redactor:
    """Applies the rules of all platforms to every exchange: what is secret for one is of no use to readers of another."""

    def __init__(self, rules: Iterable[Rules]) -> None:
        self._rules = tuple(rules)
        self._query = {name.lower() for one in self._rules for name in one.query}
        self._fields = {name.lower() for one in self._rules for name in one.fields}
        names = "|".join(sorted(map(re.escape, self._fields | self._query)))
        # For what is neither JSON nor a query: "name": "…", name=…, <name>…</name>.
        self._loose = re.compile(
            rf"""(?i)(["']?\b(?:{names})\b["']?\s*[:=]\s*["']?|<(?:{names})>(?:<!\[CDATA\[)?)([^"'&<>\s\]]+)"""
        )

    def platform_of(self, url: str) -> str:
        """Return whose API this address is of, "" for nobody's."""
        try:
            path = urlsplit(url).path
        except ValueError:
            return ""
        found = (one.platform for one in self._rules if any(begin in path for begin in one.paths))
        return next(found, "")

    def address(self, url: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """Return an address with its query, without secrets."""
        try:
            parts = urlsplit(url)
        except ValueError:  # such as //[
            return self.loose(url)[:ADDRESS]
        pairs = [*parse_qsl(parts.query, keep_blank_values=True), *query]
        hidden = [(name, HIDDEN if name.lower() in self._query else value) for name, value in pairs]
        shown = urlencode(hidden, safe="*", errors="replace")
        login, _at, host = parts.netloc.rpartition("@")
        base = f"{parts.scheme}://{HIDDEN + '@' if login else ''}{host}{parts.path}" if parts.scheme else parts.path
        return (f"{base}?{shown}" if shown else base)[:ADDRESS]

    def body(self, text: str) -> str:
        """Return a request's or an answer's body without secrets, cut where it is very long."""
        try:
            return json.dumps(self._hidden(json.loads(text)), ensure_ascii=False)[:LONGEST]
        except (ValueError, RecursionError):  # no JSON, or nested deeper than Python follows
            return self.loose(text)[:LONGEST]

    def loose(self, text: str) -> str:
        """Return text of any kind without what follows a secret's name, at its whole length."""
        return self._loose.sub(rf"\1{HIDDEN}", text)

    def _hidden(self, data: Any) -> Any:
        if isinstance(data, dict):
            return {
                name: HIDDEN if name.lower() in self._fields else self._hidden(value) for name, value in data.items()
            }
        return [self._hidden(one) for one in data] if isinstance(data, list) else data

    def code(self, answer: Mapping[str, Any]) -> str:
        """Return the platform's code in an answer, "" where it says that all is well or nothing."""
        values = (answer.get(name) for one in self._rules for name in one.codes)
        code = next((value for value in values if value and value != "0"), "")
        return (str(code) if isinstance(code, str | int | float) else type(code).__name__)[:20]
