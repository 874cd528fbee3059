"""Text as it may go on, out of the bytes that WeChat sends: what no text may hold is removed, halves are replaced.

A customer can type and paste control characters, and WeChat sends them raw; it cuts long words and labels between bytes, so
that half a character is left. docs/odd-input.md has the whole table. No Django, no I/O.
"""

from __future__ import annotations

import codecs
import re

# All of Unicode's control characters but tab and line ends, and the two code points that XML forbids besides.
_REMOVED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?")
# Bytes that stand in nothing but what is removed or changed, and the first byte of U+0080 to U+009F. Looking for bytes is
# much quicker than looking for characters, and nearly every push has none.
_RARE = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xC2])
_LAST = b"\xef\xbf"  # how U+FFFE and U+FFFF begin
_HALVES = "wechat.halves"


def _half(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for bad bytes: a surrogate for one that was written as UTF-8, else U+FFFD."""
    assert isinstance(error, UnicodeDecodeError)
    piece = error.object[error.start : error.start + 3]
    try:
        return piece.decode("utf-8", "surrogatepass")[0], error.start + 3
    except UnicodeDecodeError:
        return "\ufffd", error.end


codecs.register_error(_HALVES, _half)


def joined(text: str) -> str:
    """Return `text` with two surrogates in a row as the character they mean, and each lone one as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def decode(body: bytes) -> str:
    """Return UTF-8 as text that can be stored, sent on and read: no halves, no control characters but tab and line ends."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = joined(body.decode("utf-8", _HALVES))
    if len(body.translate(None, _RARE)) == len(body) and _LAST not in body:
        return text
    return _REMOVED.sub("", text)


def clean(text: str) -> str:
    """Return `text` as `decode` would: for what an escape made after decoding."""
    return decode(text.encode("utf-8", "surrogatepass"))


def with_newlines(text: str) -> str:
    """Return `text` with each line end as a newline, as XML has it."""
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text
