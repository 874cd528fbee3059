"""Who takes over the automatic replies that a platform's console holds for an account.

The apps above the bridge hold such replies; they register what takes them over here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bridge.models import Account
from bridge.values.console_replies import Replies


class Taker(Protocol):
    """Makes replies the account's own and returns in words what it could not; `arranges`: the account's settings may change."""

    def __call__(self, account: Account, replies: Replies, *, arranges: bool) -> list[str]: ...


_takers: list[Taker] = []
_permissions: set[str] = set()


def takes_over(*permissions: str) -> Callable[[Taker], Taker]:
    """Register the decorated function; `permissions` are what it takes to add by hand what it takes over."""

    def register(taker: Taker) -> Taker:
        _takers.append(taker)
        _permissions.update(permissions)
        return taker

    return register


def may_take_over(user: Any) -> bool:
    """Tell whether the user could add by hand what is taken over."""
    return bool(user.has_perms(_permissions))


def take_over(account: Account, replies: Replies, *, arranges: bool) -> list[str]:
    """Let all that are registered take over the replies; return in words what they could not."""
    return [words for taker in _takers for words in taker(account, replies, arranges=arranges)]
