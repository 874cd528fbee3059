"""Words as a full-text index can find them, in any language: what stands in the index, and what asks for it.

Databases take a run of Chinese for one word; MariaDB knows no n-grams, and SQLite's begin at three characters, where most
Chinese words have two. So each pair of characters is a word of its own here, written in letters and digits that every
index takes as they are; Latin words stay whole. A phrase of pairs is then found exactly where the characters stand side by
side, a Latin word by its beginning, and part of a long number from any place in it.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

LATIN = "zz"  # begins a word of letters or digits; no character's sign begins so
_SIGNS = string.digits + string.ascii_lowercase
_RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
_LONGEST = 60  # characters of one Latin word; an index takes 84
_TAIL = 4  # characters at least, of a number that is found by its end
_TAILS = 32


@lru_cache(maxsize=20_000)
def _sign(character: str) -> str:
    """Return the character's number in four letters and digits."""
    number, digits = ord(character), ""
    for _place in range(4):
        number, rest = divmod(number, len(_SIGNS))
        digits = _SIGNS[rest] + digits
    return digits


def _runs(text: str) -> list[str]:
    """Return the words: Latin ones, and runs of other letters; upper and lower case, width and accents are alike."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _RUN.findall("".join(one for one in plain if not unicodedata.combining(one)))


def _pairs(run: str) -> list[str]:
    return [_sign(one) + _sign(other) for one, other in pairwise(run)]


def _of_latin(word: str) -> Iterator[str]:
    yield LATIN + word[:_LONGEST]
    if any(one.isdigit() for one in word):
        end = word[-_TAILS:]
        yield from (LATIN + end[at:] for at in range(1 if len(word) <= _TAILS else 0, len(end) - _TAIL + 1))


def indexed(text: str) -> str:
    """Return what the index holds of a text, "" where nothing of it can be searched.

    >>> indexed("退款 Abc1")
    '0sg00l6m 0l6m zzabc1'
    >>> indexed("12345")
    'zz12345 zz2345'
    """
    words: list[str] = []
    for run in _runs(text):
        words += _of_latin(run) if run.isascii() else [*_pairs(run), _sign(run[-1])]
    return " ".join(words)


def asked(text: str, *, prefix: str, phrase: str, join: str) -> str:
    """Return the question to an index for a text, "" where there is nothing to ask; the three say how the index writes it.

    >>> asked("退 Abc", prefix="+{}*", phrase='+"{}"', join=" ")
    '+0sg0* +zzabc*'
    >>> asked("退款的", prefix="+{}*", phrase='+"{}"', join=" ")
    '+"0sg00l6m 0l6m0nes"'
    """
    parts = []
    for run in _runs(text):
        if run.isascii() or len(run) == 1:
            parts.append(prefix.format(LATIN + run[:_LONGEST] if run.isascii() else _sign(run)))
        else:
            parts.append(phrase.format(" ".join(_pairs(run))))
    return join.join(parts)
