"""When accounts and groups are open. Working hours are kept in memory for two seconds, as they are asked at every turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.live.endpoints import Remembered
from bridge.models import Account, WorkingHours
from bridge.values.hours import Schedule, next_common, open_seconds
from seats.models import SeatGroup


@dataclass(frozen=True)
class Plan:
    """All working hours there are, and which accounts have which."""

    schedules: dict[int, Schedule]
    texts: dict[int, str]
    accounts: dict[int, int]


def _load(_key: str) -> Plan:
    rows = list(WorkingHours.objects.prefetch_related("special_days"))
    accounts = dict(Account.objects.exclude(hours=None).values_list("pk", "hours_id")) if rows else {}
    return Plan({row.pk: row.schedule() for row in rows}, {row.pk: row.closed_text for row in rows}, accounts)


plans: Remembered[Plan] = Remembered(_load)


def _plan() -> Plan:
    plan = plans.get()
    assert plan is not None
    return plan


def has_hours() -> bool:
    """Tell whether the site has any working hours."""
    return bool(_plan().schedules)


def is_open(group: SeatGroup, now: datetime) -> bool:
    """Tell whether the group works at `now`."""
    return are_open(group.hours_id, now)


def are_open(hours: int | None, now: datetime) -> bool:
    """Tell whether these working hours, by their id, are open at `now`; without any it always is."""
    schedule = _plan().schedules.get(hours or 0)
    return schedule is None or schedule.is_open(now)


def closed_accounts(now: datetime) -> list[int]:
    """Return the ids of the accounts that are outside of their own working hours at `now`."""
    plan = _plan()
    shut = {key for key, schedule in plan.schedules.items() if not schedule.is_open(now)}
    return [account for account, hours in plan.accounts.items() if hours in shut]


@dataclass(frozen=True)
class Hours:
    """What applies to a customer of one account in one group."""

    keys: tuple[int, ...]

    @classmethod
    def of(cls, account_id: int | None, group: SeatGroup | None) -> Hours:
        """Return the hours of the account, if it has any, and those of the group, if there is one."""
        plan = _plan()
        keys = (plan.accounts.get(account_id or 0), group.hours_id if group else None)
        return cls(tuple(dict.fromkeys(key for key in keys if key in plan.schedules)))

    def is_open(self, now: datetime) -> bool:
        """Tell whether all of them are open."""
        return all(_plan().schedules[key].is_open(now) for key in self.keys)

    def opens(self, now: datetime) -> datetime | None:
        """Return when all of them are open at once next."""
        return next_common([_plan().schedules[key] for key in self.keys], now)

    def closes(self, now: datetime) -> datetime | None:
        """Return when the first of them closes; None where that is not known, or one is closed already."""
        ends = [_plan().schedules[key].closes(now) for key in self.keys]
        return min((end for end in ends if end), default=None) if all(ends) else None

    def seconds(self, start: datetime, end: datetime) -> float:
        """Return how many of the seconds from `start` to `end` all of them are open; without any, all of these seconds."""
        if not self.keys:
            return (end - start).total_seconds()
        return open_seconds([_plan().schedules[key] for key in self.keys], start, end)

    def text(self, now: datetime) -> str:
        """Return what the hours that are closed say to customers themselves, "" for the account's text."""
        shut = [key for key in self.keys if not _plan().schedules[key].is_open(now)]
        return next((_plan().texts[key] for key in shut if _plan().texts[key]), "")
