"""Redis: killed, emptied, gone, frozen, full."""

from __future__ import annotations

import time

from tests.chaos.cases.base import REDIS, case
from tests.chaos.scene import Scene


@case("Redis killed, back at once", REDIS)
def redis_killed(scene: Scene) -> None:
    assert scene.redis
    scene.redis.kill()
    scene.redis.start()
    time.sleep(1)


@case("Redis emptied every second", REDIS)
def redis_emptied(scene: Scene, times: int = 6) -> None:
    assert scene.redis
    for _second in range(times):
        scene.redis.flush()
        time.sleep(1)


@case("Redis gone for 12 s", REDIS)
def redis_gone(scene: Scene) -> None:
    assert scene.redis
    scene.redis.kill()
    time.sleep(12)
    scene.redis.start()


@case("Redis frozen for 8 s", REDIS)
def redis_frozen(scene: Scene) -> None:
    assert scene.redis
    scene.redis.freeze()
    time.sleep(8)
    scene.redis.thaw()


@case("Redis out of memory for 8 s", REDIS)
def redis_full(scene: Scene) -> None:
    assert scene.redis
    scene.redis.limit_memory("1")
    time.sleep(8)
    scene.redis.limit_memory("0")


@case("Redis answers after up to 0.3 s each, for 8 s", REDIS)
def redis_slow(scene: Scene) -> None:
    assert scene.redis
    for _time in range(20):
        scene.redis.freeze()
        time.sleep(0.3)
        scene.redis.thaw()
        time.sleep(0.1)
