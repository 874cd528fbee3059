"""The most telling cases of `make chaos`, one after another under one load; the whole table is played by hand.

That they share the load, and recover once, is what makes them short enough for the gate.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.cases import Case, broker, databases, points, processes, redis
from tests.chaos.cases.base import UNKNOWN
from tests.chaos.cases.pressure import DOOR, press
from tests.chaos.play import broken
from tests.chaos.points import POINTS, Found
from tests.chaos.scene import Scene, missing, set_up

pytestmark = [
    pytest.mark.workers,
    pytest.mark.services,
    pytest.mark.once,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
]
SECONDS_OF_PRESSURE = 12.0
PATIENCE = 240.0  # seconds, as other tests run beside these


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with set_up() as running:
        yield running


def everything_dies(scene: Scene) -> None:
    points.kill_one_worker(scene, [(point, 2) for point in POINTS if point.found is Found.LOAD])
    processes.worker_frozen(scene)
    redis.redis_emptied(scene, times=2)
    databases.database_restarted(scene)
    broker.broker_cut(scene, seconds=5, within=PATIENCE)


def test_nothing_is_lost_doubled_or_reordered_whatever_dies(scene):
    assert (
        broken(scene, Case("everything dies", everything_dies, allowed=UNKNOWN, within=PATIENCE), "g1.", PATIENCE) == []
    )


def test_with_three_times_as_much_as_can_be_sent_the_doors_stay_quick_and_all_arrives_in_order(scene):
    do = lambda scene: press(scene, SECONDS_OF_PRESSURE)  # noqa: E731
    assert broken(scene, Case("pressure", do, allowed=UNKNOWN, within=PATIENCE, longest=DOOR), "g2.", PATIENCE) == []
