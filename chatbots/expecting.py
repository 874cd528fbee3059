"""What makes a door wait for an automatic answer: a welcome, also of a code, or a keyword of a bot that greets customers."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.base import clock
from bridge.doors.passive import expects
from bridge.live.endpoints import endpoints, remembered
from bridge.pipeline.bots import greeters
from bridge.values.incoming import Push
from chatbots.faq import Entry, FaqBot, entries_of, find_entry
from chatbots.models import Welcome


@dataclass(frozen=True)
class Known:
    """What an account answers by itself."""

    welcomes: bool
    scenes: frozenset[str]
    entries: tuple[Entry, ...]


def _load(account: str) -> Known | None:
    row = endpoints.account(int(account))
    if row is None:
        return None
    asks = FaqBot.name in greeters(row.bots, row.first_mode)
    scenes = row.sources.exclude(welcome=None).values_list("scene", flat=True)
    return Known(Welcome.rows_for(row.pk).exists(), frozenset(scenes), tuple(entries_of(row.pk)) if asks else ())


_known = remembered(_load)


@expects
def is_expected(account_id: int, push: Push) -> bool:
    """Tell whether one of these bots is likely to answer. That a seat has the conversation, no door knows."""
    known = _known.get(str(account_id))
    if known is None:
        return False
    if push.event in ("follow", "scan"):
        return push.key in known.scenes or (push.event == "follow" and known.welcomes)
    return bool(push.text and known.entries) and find_entry(push.text, known.entries, clock.now()) is not None
