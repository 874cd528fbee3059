"""Reads the JSON object that a mini program may be set to send. No Django, no I/O.

Words may come with raw control characters, and with escapes that no text may hold. A name that stands twice is read from the
outside in, as in the XML: what stands between the first and the last of it is that field's words.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from bridge.platforms.wechat import cleaning
from bridge.platforms.wechat.envelope import FREE, Fields, MalformedError

_HEAD = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event")
_SCANNED = ("ScanType", "ScanResult")  # of ScanCodeInfo, as fields of their own
_DECODER = json.JSONDecoder(strict=False)
# Each string, and whether it is the name of another one.
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:\s*(?="))?', re.DOTALL)
_BARE_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"')


class _Pairs(list[tuple[str, Any]]):
    """An object's names and values in order, each as often as it stands there."""


def read(text: str) -> Fields:
    """Return the object's fields as texts: strings and numbers, and what was scanned. MalformedError for anything else."""
    try:
        pairs = json.loads(text, strict=False, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON") from error
    if not isinstance(pairs, _Pairs):
        raise MalformedError("not a JSON object")
    pairs = _once(text, pairs)
    scanned = next((value for name, value in pairs if name == "ScanCodeInfo" and isinstance(value, _Pairs)), ())
    return {**_texts(pair for pair in scanned if pair[0] in _SCANNED), **_texts(pairs)}


def _texts(pairs: Iterable[tuple[str, Any]]) -> Fields:
    fields: Fields = {}
    for name, value in pairs:
        if isinstance(value, str):
            fields[name] = cleaning.with_newlines(cleaning.clean(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            fields[name] = str(value)
    return fields


def _once(text: str, pairs: _Pairs) -> _Pairs:
    """Return the pairs with each name once: of the head's fields the first, of the tail's the last, of words all there is."""
    counts = Counter(name for name, _value in pairs)
    if len(counts) == len(pairs):
        return pairs
    for name in FREE:
        places = [at for at, pair in enumerate(pairs) if pair[0] == name and isinstance(pair[1], str)]
        if len(places) > 1:
            pairs = _Pairs([*pairs[: places[0]], (name, _words(text, name)), *pairs[places[-1] + 1 :]])
    heads = [pair for pair in reversed(pairs) if pair[0] in _HEAD]
    return _Pairs([*pairs, *heads])


def _words(text: str, name: str) -> str:
    """Return all that stands between where the field's words first begin and where they last end."""
    places = [found.end() for found in _STRING.finditer(text) if found[2] and _plain(found[1]) == name]
    end = _DECODER.raw_decode(text, places[-1])[1]
    words = _BARE_QUOTE.sub(r'\1\\"', text[places[0] + 1 : end - 1])
    return _plain(words)


def _plain(written: str) -> str:
    """Return what stands between a string's quotation marks, without its escapes: a name may be written with some too."""
    return str(json.loads(f'"{written}"', strict=False)) if "\\" in written else written
