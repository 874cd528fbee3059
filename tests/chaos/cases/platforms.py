"""Both platforms: slow, silent, gone, busy, answering nonsense."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tests.chaos.cases.base import UNKNOWN, case
from tests.chaos.scene import Scene


@contextlib.contextmanager
def meeting(scene: Scene, **fault: object) -> Iterator[None]:
    scene.sends(**fault)
    try:
        yield
    finally:
        scene.calm()


@case("platforms answer after 1 s each, for 8 s")
def platforms_slow(scene: Scene) -> None:
    with meeting(scene, delay=1):
        time.sleep(8)


@case("platforms take messages and do not answer, for 8 s", allowed=UNKNOWN)
def platforms_silent(scene: Scene) -> None:
    with meeting(scene, delay=6):
        time.sleep(8)


@case("connections to the platforms closed as soon as they are made, for 10 s", allowed=UNKNOWN)
def platforms_gone(scene: Scene) -> None:
    scene.platforms.cut()
    time.sleep(10)
    scene.platforms.mend()


@case("connections to the platforms reset, five a second", allowed=UNKNOWN)
def platforms_reset(scene: Scene) -> None:
    for _time in range(40):
        scene.platforms.reset()
        time.sleep(0.2)


@case("platforms answer garbage for 8 s", allowed=UNKNOWN)
def platforms_garbage(scene: Scene) -> None:
    with meeting(scene, text="<html>\x00\x01"):
        time.sleep(8)


@case("platforms answer HTTP 429 for 8 s")
def platforms_too_often(scene: Scene) -> None:
    with meeting(scene, status=429):
        time.sleep(8)


@case("platforms answer HTTP 502 for 8 s")
def platforms_broken(scene: Scene) -> None:
    with meeting(scene, status=502):
        time.sleep(8)


@case("WeChat busy (-1) and Tencent IM too often (60007) for 8 s")
def platforms_busy(scene: Scene) -> None:
    for path, code in (("message/custom/send", -1), ("openim/sendmsg", 60007)):
        scene.site.player.post("fault", path=path, code=code, times=10**6)
    time.sleep(8)
    scene.calm()
