"""Put a changed function in the place of the one that is loaded, so that a change costs no new start of Django and pytest."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

OURS = ("bridge.", "seats.", "chatbots.")
Memory = functools._lru_cache_wrapper


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


class Functions:
    """The functions of some files that are loaded now, and what functions of ours remember."""

    def __init__(self, paths: Iterable[Path]) -> None:
        names = {str(path) for path in paths}
        # Nothing that was frozen is found: tests/conftest.py does so.
        gc.unfreeze()
        gc.collect()
        # By `type`: a lazy object would be made what it stands for by `isinstance`.
        things = gc.get_objects()
        self._functions = [one for one in things if type(one) is FunctionType and one.__code__.co_filename in names]
        self._memories = [one for one in things if type(one) is Memory and str(one.__module__).startswith(OURS)]
        # What is there now is never collected, so that a fork copies no page only because it was looked at.
        gc.freeze()

    def change(self, pairs: list[tuple[CodeType, CodeType]]) -> int:
        """Give each function its changed code, forget what functions remember; return how many functions took it."""
        done = 0
        for function in self._functions:
            for before, after in pairs:
                if function.__code__.co_filename == before.co_filename and function.__code__ == before:
                    function.__code__ = after
                    done += 1
                    break
        for memory in self._memories:
            memory.cache_clear()
        return done
