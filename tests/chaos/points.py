"""The marked points of a message's way: where a process can die and leave the most behind.

A point is a function of the product, right before or right after it. Nothing in the product knows of them: a process that is
to die there is started by `tests.chaos.marked`, which puts the mark around the function in that one process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class When(Enum):
    """On which side of the function the process dies."""

    BEFORE = "before"
    AFTER = "after"


class Found(Enum):
    """What the process must find so that it comes to the point."""

    LOAD = "messages all the time"
    SEVERAL = "several customers' messages at once"
    SPILLED = "messages that waited for the database"
    WEB = "pushes, as it is the web process"
    WEB_ALONE = "pushes, as it is the web process, with the database away"


@dataclass(frozen=True)
class Point:
    """Where it dies, in words; `target` is the function, as "module:name" or "module:class.method".

    `unknown`: WeChat may have a message of which nobody can tell.
    """

    name: str
    target: str
    when: When
    found: Found = Found.LOAD
    unknown: bool = False


BEFORE, AFTER = When.BEFORE, When.AFTER
_WIRE = "bridge.http.connections:_Recorded"

POINTS = [
    Point("a nudge taken, no lane yet", "bridge.tasks:take_lanes", BEFORE),
    Point("a lane taken, nothing read", "bridge.tasks:work_on", BEFORE),
    Point("an event read, nothing decided", "bridge.worker:apply_event", BEFORE),
    Point("all decided, nothing written", "bridge.apply.writing:write", BEFORE),
    Point("all written, not committed", "bridge.apply.applier:fence", AFTER),
    Point("an event committed, nobody told", "bridge.apply.applier:after_commit", BEFORE),
    Point("a delivery read, nothing sent", "bridge.outbox.queues:attempt", BEFORE),
    Point("about to connect to a platform", f"{_WIRE}.request", BEFORE),
    Point("connected, nothing sent", "bridge.base.flight:Flight.mark_sent", BEFORE),
    Point("marked as sent, nothing sent", "bridge.base.flight:Flight.mark_sent", AFTER, unknown=True),
    Point("the request sent, no answer read", f"{_WIRE}.request", AFTER, unknown=True),
    Point("the answer read, nothing written", "bridge.outbox.attempt:settle_delivered", BEFORE, unknown=True),
    Point("an outcome to be written", "bridge.outbox.ledger:Ledger.write", BEFORE, unknown=True),
    Point("an outcome committed, nobody told", "bridge.outbox.ledger:Ledger._written", BEFORE),
    Point("a lane to be let go", "bridge.lanes.leases:release_all", BEFORE),
    Point("a lane let go, no nudge for what is due", "bridge.lanes.leases:release_all", AFTER),
    Point("several lanes taken", "bridge.several:_work_together", BEFORE, Found.SEVERAL),
    Point("some of several lanes decided", "bridge.apply.together:_of_lane", AFTER, Found.SEVERAL),
    Point("several lanes written, not committed", "bridge.apply.together:fence_all", AFTER, Found.SEVERAL),
    Point("several lanes committed, nobody told", "bridge.apply.together:after_commit", BEFORE, Found.SEVERAL),
    Point("one of several lanes sent", "bridge.outbox.together:deliver_all", AFTER, Found.SEVERAL, unknown=True),
    Point("several lanes sent and written", "bridge.outbox.together:write_all", AFTER, Found.SEVERAL),
    Point("what waited for the database read", "bridge.inbox.spill:_store", BEFORE, Found.SPILLED),
    Point("what waited for the database stored", "bridge.inbox.spill:_store", AFTER, Found.SPILLED),
    Point("a push checked, not stored", "bridge.doors.entrance:_store", BEFORE, Found.WEB),
    Point("a push stored, not acknowledged", "bridge.doors.entrance:_store", AFTER, Found.WEB),
    Point("a push at the broker, not acknowledged", "bridge.doors.entrance:_spill", AFTER, Found.WEB_ALONE),
]
