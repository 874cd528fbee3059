"""Lets the door wait for the answer to a tap: as the passive reply it costs none of the messages that WeChat allows."""

from __future__ import annotations

from bridge.doors.passive import expects
from bridge.live.endpoints import remembered
from bridge.models import MenuKey
from bridge.values.incoming import Push


def _load(account: str) -> frozenset[str]:
    return frozenset(MenuKey.objects.filter(account_id=account).exclude(answer=None).values_list("key", flat=True))


_answered = remembered(_load)


@expects
def is_answered(account_id: int, push: Push) -> bool:
    """Tell whether the push is a tap on an item that answers by itself."""
    return push.event == "click" and push.key in (_answered.get(str(account_id)) or ())
