"""Automatic replies as the bots decide on them: which answer, and whether now."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.live.endpoints import remembered
from bridge.models import Account, WorkingHours
from bridge.values.content import Content
from bridge.values.hours import Schedule
from chatbots.models import AutoReply

SECOND = " B"  # behind the author's name, where a customer got the other answer


@dataclass(frozen=True)
class Reply:
    """An answer, and when it is given. `share` percent of the customers get `other`, where there is one."""

    answer: Content
    other: Content | None = None
    share: int = 50
    when: str = AutoReply.When.ALWAYS
    schedule: Schedule | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether it is given at this time. Without working hours it is always open."""
        if self.when == AutoReply.When.ALWAYS:
            return True
        is_open = self.schedule is None or self.schedule.is_open(now)
        return is_open == (self.when == AutoReply.When.OPEN)

    def to(self, lane: str) -> tuple[Content, str]:
        """Return what the customer of this lane gets, and what its author's name ends with: always the same for one customer."""
        if self.other is None or zlib.crc32(lane.encode()) % 100 >= self.share:
            return self.answer, ""
        return self.other, SECOND


def reply_of(row: AutoReply, account: Account | None) -> Reply:
    """Return a row's reply to customers of this account."""
    other = row.other.said if row.other else None
    return Reply(row.answer.said, other, row.other_share, row.when, _schedule(row, account))


def _schedule(row: AutoReply, account: Account | None) -> Schedule | None:
    hours = row.hours_id or (account.hours_id if account else None)
    if row.when == AutoReply.When.ALWAYS or hours is None:
        return None
    return (_schedules.get() or {}).get(hours)


def _load(_key: str) -> Mapping[int, Schedule]:
    return {row.pk: row.schedule() for row in WorkingHours.objects.prefetch_related("special_days")}


_schedules = remembered(_load)
