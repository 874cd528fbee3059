"""The fields that all of WeChat's pushes begin with, and numbers for them."""

from __future__ import annotations

import itertools
import time
from typing import Any

BOSS = "gh_sandbox0001"
_numbers = itertools.count(int(time.time() * 1000) % 10**9 * 1000)


def next_number() -> int:
    """Return a number that no message has had."""
    return next(_numbers)


def fields(openid: str, **more: Any) -> dict[str, Any]:
    """Return a push's fields in WeChat's order: those that all have come first, and `more` behind them."""
    return {"ToUserName": BOSS, "FromUserName": openid, "CreateTime": int(time.time()), **more}
