"""Put a changed function in the place of the one that is loaded, so that a change costs no new start of Django and pytest."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

OURS = ("bridge.", "seats.", "chatbots.")


class NotInPlace(Exception):
    """The change is in what runs at import (a constant, a class's body, a default, a decorator)."""


def _inner(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _body(code: CodeType) -> tuple[object, ...]:
    """Return what runs in `code` itself, without the functions and classes in it."""
    values = tuple((type(const), const) for const in code.co_consts if not isinstance(const, CodeType))
    return code.co_code, repr(values), code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the functions that differ, each as it was and as it is.

    Raises:
        NotInPlace: something differs that is no function's body.
    """
    if len(_inner(old)) != len(_inner(new)):
        raise NotInPlace
    for before, after in zip(_inner(old), _inner(new), strict=True):
        # CO_OPTIMIZED: a function; a class's body is none.
        if before.co_flags & 1:
            if before != after:
                yield before, after
                yield from _below(before, after)
        elif _body(before) == _body(after):
            yield from _pairs(before, after)
        else:
            raise NotInPlace


def _below(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield functions in a function: those that were made at import live on beside it."""
    for before, after in zip(_inner(old), _inner(new), strict=False):
        if before != after:
            yield before, after
            yield from _below(before, after)


def changed(path: Path, old: str, new: str) -> list[tuple[CodeType, CodeType]]:
    """Return the functions that differ between two sources of a module.

    Raises:
        NotInPlace: what differs runs at import.
    """
    before, after = (compile(source, str(path), "exec", dont_inherit=True) for source in (old, new))
    if _body(before) != _body(after):
        raise NotInPlace
    return list(_pairs(before, after))


def put_in(pairs: list[tuple[CodeType, CodeType]]) -> int:
    """Let every loaded function have its changed code, forget what functions of ours remembered; return how many took it."""
    done = 0
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType):
            for before, after in pairs:
                code = thing.__code__
                if code.co_filename == before.co_filename and code == before:
                    thing.__code__ = after
                    done += 1
                    break
        elif isinstance(thing, functools._lru_cache_wrapper) and str(thing.__module__).startswith(OURS):
            thing.cache_clear()
    return done
