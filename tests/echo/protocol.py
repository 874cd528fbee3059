"""What echo sends and takes: JSON, signed with the account's key. No Django, no I/O."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from bridge.conversation.preview import in_words
from bridge.values.characters import clean_all
from bridge.values.content import Content, File, Image, Text, Typing, Video, Voice
from bridge.values.foreign import read_json, text_of
from bridge.values.incoming import Incoming
from bridge.values.outcomes import DeliveryError, Outcome
from bridge.values.windows import COUNT, TIME, Grant

LIMIT = 1000  # characters of one text
LONGEST_ID = 64  # characters of a customer's id: what the bridge keeps
GRANTS = {"message": Grant(3, 3600), "join": Grant(1, 60)}
# code -> what is done about it, and what is said
CODES = {
    1: (Outcome.RETRY, "busy"),
    2: (Outcome.STOP, "wrong key"),
    3: (Outcome.HOLD, "three answers were sent"),
    4: (Outcome.FAIL, "the hour is over"),
    5: (Outcome.FAIL, "nobody of this name"),
}
_WINDOW = {3: COUNT, 4: TIME}


def signature(key: str, body: bytes) -> str:
    """Return what proves that a body comes from whoever has the key."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def fields_of(body: bytes | str) -> dict[str, str]:
    """Return the fields of a push as texts. ValueError where it is none."""
    data = clean_all(read_json(body))
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    fields = {name: text_of(data.get(name)) for name in ("id", "from", "kind", "text", "file", "url")}
    if not (fields["id"] and fields["from"] and fields["kind"]):
        raise ValueError("id, from or kind is missing")
    if len(fields["from"]) > LONGEST_ID:
        raise ValueError("from is too long")
    return fields


def parse(body: str) -> Incoming:
    """Return what a push says. ValueError where it is none."""
    fields = fields_of(body)
    match fields["kind"]:
        case "text":
            said: Content = Text(fields["text"])
        case "image":
            said = Image(media_id=fields["file"], url=fields["url"])
        case "join":
            return Incoming("customer", fields["from"], event="follow", trigger="join")
        case kind:
            return Incoming("customer", fields["from"], ignored=f"kind {kind[:40]} is no message")
    return Incoming("customer", fields["from"], contents=(said,), trigger="message")


def render(content: Content) -> list[dict[str, Any] | None]:
    """Return the bodies that carry `content`; None for a file."""
    if isinstance(content, Image | Voice | Video | File):
        return [None]
    words = "" if isinstance(content, Typing) else in_words(content)
    return [{"text": words[start : start + LIMIT]} for start in range(0, len(words), LIMIT)]


def error(code: int) -> DeliveryError:
    """Return what a code means."""
    outcome, words = CODES.get(code, (Outcome.FAIL, "refused"))
    return DeliveryError(str(code), words, outcome, window=_WINDOW.get(code, ""))
