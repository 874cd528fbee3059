"""`make cluster`: a site on three hosts, of which one after the other is taken away and brought back under load."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.bridge.platforms.test_platform_rules import upload
from tests.chaos.cases import Case
from tests.chaos.cases.base import UNKNOWN
from tests.chaos.load import open_chats, openid
from tests.chaos.play import broken
from tests.chaos.scene import SEATS, SETTINGS, Scene
from tests.cluster.by_hand import played_by_hand
from tests.cluster.timing import odd, slowest
from tests.processes.test_files_and_crashes import picture
from tests.support import hosted
from tests.support.hosted import HostedStack, Site
from tests.support.lines import Line
from tests.support.own_s3 import BUCKET, OwnS3
from tests.support.waiting import wait_until

pytestmark = played_by_hand(", ".join(hosted.missing()))
PATIENCE = 240.0  # seconds
WITHIN = 30.0  # seconds for which a message may be under way, and until all is through once the host is back
AWAY = 30.0  # seconds
PAUSE = 2.0  # seconds between two messages of a chat and direction: all three hosts are one machine


@dataclass
class Played:
    """The site, and the chats on it."""

    site: Site
    scene: Scene

    def broken_by(self, name: str, do: Callable[[], None]) -> list[str]:
        """Do something while messages go both ways; return what came of them that no promise allows."""
        case = Case(name, lambda _scene: do(), allowed=UNKNOWN, within=WITHIN)
        found = broken(self.scene, case, f"{name}.", PATIENCE, PAUSE)
        took = slowest(self.scene, f"{name}.")
        print(f"{name}: the slowest message took {took:.1f} s", *odd(self.scene, f"{name}."), sep="\n  ")
        return found + ([f"a message took {took:.1f} s"] if took > WITHIN else [])


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with hosted.site(SEATS, **SETTINGS) as site:
        line = Line(site.stack.sandbox_port)
        try:
            yield Played(site, Scene(site.stack, line, line, None, None, None, open_chats(site.stack)))
        except BaseException:
            print(site.stack.logs())
            raise
        finally:
            line.close()


def pictures_both_ways(played: Played) -> tuple[list[bytes], list[dict]]:
    """Let a customer and their seat send each other a picture; return both, and how they arrived."""
    stack, (seat, peer) = played.site.stack, played.scene.peers[0]
    before = len(arrived(stack))
    both = [picture(1), picture(2)]
    theirs = upload(stack, both[0], "a.png", "image/png", account="shop")
    stack.player.post("customer", account="shop", openid=openid(0), kind="image", file=theirs["id"])
    ours = upload(stack, both[1], "b.png", "image/png")
    info = {"UUID": "u", "ImageFormat": 3, "ImageInfoArray": [{"Type": 1, "Size": 1, "URL": ours["url"]}]}
    stack.player.post("seat", seat=seat, to=peer, elements=[{"MsgType": "TIMImageElem", "MsgContent": info}])
    wait_until(lambda: len(arrived(stack)) >= before + len(both), WITHIN, said=stack.logs, pause=0.5)
    return both, arrived(stack)[before:]


def arrived(stack: HostedStack) -> list[dict]:
    """Return the pictures on the screens of those they were sent to."""
    return [one for one in stack.entries() if not one["mine"] and one["kind"] not in ("text", "TIMTextElem")]


def stored(files: OwnS3) -> set[bytes]:
    """Return all files that lie in S3."""
    client = files.client()
    found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}


def test_nothing_is_away(played):
    assert played.broken_by("all", lambda: time.sleep(3)) == []


@pytest.mark.parametrize("number", [0, 2])
def test_a_host_loses_its_power_and_comes_back(played, number):
    """The database of the first is the one that all write to."""
    machine = played.site.machines[number]

    def lose() -> None:
        machine.lose_power()
        time.sleep(AWAY)
        played.site.switch_on(machine)

    assert played.broken_by(f"power{number}", lose) == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_hosts_links_are_cut_and_mended(played, number):
    if not played.site.network.can_be_cut:
        pytest.skip("no network namespaces here: no link can be cut")
    host = played.site.machines[number].host

    def cut() -> None:
        host.cut()
        time.sleep(AWAY)
        host.mend()

    assert played.broken_by(f"links{number}", cut) == []


def test_files_are_sent_while_a_host_is_away(played):
    machine = played.site.machines[1]
    machine.lose_power()
    both, came = pictures_both_ways(played)
    shown = [one["url"] for one in came if one["side"] == "im"]
    assert [urllib.request.urlopen(url, timeout=20).read() for url in shown] == both[:1]
    played.site.switch_on(machine)
    assert set(both) <= stored(played.site.files)
    assert len(arrived(played.site.stack)) == len(came)
