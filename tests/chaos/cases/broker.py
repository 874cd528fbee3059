"""The broker: killed, emptied, gone, frozen, its disk full."""

from __future__ import annotations

import time

from tests.chaos.cases.base import BROKER, case
from tests.chaos.scene import Scene
from tests.support.waiting import wait_until

BACK_WITHIN = 10.0  # seconds


@case("broker killed, back at once", BROKER)
def broker_killed(scene: Scene) -> None:
    assert scene.broker
    scene.broker.kill()
    scene.broker.start()


@case("broker emptied, its queues deleted", BROKER)
def broker_emptied(scene: Scene) -> None:
    assert scene.broker
    scene.broker.empty()
    time.sleep(6)


@case("broker gone for 15 s", BROKER)
def broker_gone(scene: Scene) -> None:
    assert scene.broker
    scene.broker.kill()
    time.sleep(15)
    scene.broker.start()


@case("the line to the broker cut for 60 s", BROKER)
def broker_cut(scene: Scene, seconds: float = 60, within: float = BACK_WITHIN) -> None:
    """Long enough that whoever asks less and less often would notice late that it is back.

    `within`: seconds until the first message arrives; until all have depends on how many wait.
    """
    scene.to_broker.cut()
    time.sleep(seconds)
    scene.to_broker.mend()
    mended = time.time()
    arrived = lambda: any(one["at"] > mended and not one["mine"] for one in scene.site.entries())  # noqa: E731
    wait_until(arrived, within, said=lambda: "nobody noticed that the broker is back")
    print(f"the first message {time.time() - mended:.1f} s after the broker was back", flush=True)


@case("broker frozen for 8 s", BROKER)
def broker_frozen(scene: Scene) -> None:
    assert scene.broker
    scene.broker.freeze()
    time.sleep(8)
    scene.broker.thaw()


@case("the broker's disk alarm on for 8 s", BROKER)
def broker_alarm(scene: Scene) -> None:
    assert scene.broker
    scene.broker.control("set_disk_free_limit", "1000000GB")
    time.sleep(8)
    scene.broker.control("set_disk_free_limit", "1MB")
