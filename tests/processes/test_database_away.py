"""The database goes away while pushes come in: each is acknowledged, kept, stored later, and arrives, in order."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

import pytest
import requests

from config.run import demo
from tests.support.actors import encrypted_push, text_xml
from tests.support.lines import Line
from tests.support.own_mariadb import OwnMariaDB, is_here
from tests.support.stack import Stack, free_port, lives, services
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.services, pytest.mark.once, pytest.mark.timeout(300)]
CUSTOMERS, MESSAGES = 12, 30
AWAY = 5.0  # seconds
KEYS = {"key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "app_id": "wx1234567890abcdef", "token": "wxToken01"}


@pytest.mark.skipif("DATABASE_URL" not in services(), reason="needs a database server to take away")
def test_acknowledged_means_kept_even_without_the_database():
    with Stack({"alice": 5}, workers=2, threads=2) as stack:
        say = lambda text: stack.player.post("customer", account="shop", openid=demo.OPENID, text=text)  # noqa: E731
        say("before")
        stack.player.wait_for("before", "im", 30)
        # The server takes the site's rights and connections away, and gives them back later.
        stack.refuse_database()
        say("while it was away")
        wait_until(lambda: "acked" in [e["state"] for e in stack.entries() if e["text"] == "while it was away"])
        health = stack.health()
        assert health["checks"]["database"] == "down"
        assert health["waiting_for_database"] == 1
        stack.admit_database()
        stack.player.wait_for("while it was away", "im", 90)
        say("afterwards")
        stack.player.wait_for("afterwards", "im", 30)
        assert stack.health()["waiting_for_database"] == 0
        texts = [e["text"] for e in stack.entries() if e["side"] == "im" and not e["mine"]]
        assert [text for text in texts if not text.startswith("【")] == ["before", "while it was away", "afterwards"]


class WeChat:
    """Twelve customers who write one message after another, each pushed to whichever web process comes next."""

    def __init__(self, webs: list[str]) -> None:
        self.webs = webs
        self.acked: dict[str, list[str]] = defaultdict(list)
        self.slowest = 0.0

    def writes(self, number: int) -> None:
        openid, session = f"oDatabaseAwayTest0000000000{number:02d}", requests.Session()
        for index in range(MESSAGES):
            if self._push(session, openid, f"c{number}-{index}", number + index):
                self.acked[openid].append(f"c{number}-{index}")
            time.sleep(0.2)

    def _push(self, session: requests.Session, openid: str, text: str, turn: int) -> bool:
        """Push it as WeChat does: three times, where no answer comes within five seconds."""
        xml = text_xml(text, openid)
        for one in range(3):
            query, body = encrypted_push(xml, **KEYS)
            began = time.monotonic()
            try:
                url = f"{self.webs[(turn + one) % len(self.webs)]}/callbacks/wechat/shop/?{query}"
                answer = session.post(url, data=body.encode(), timeout=5)
            except requests.RequestException:
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status_code == 200:
                return True
        return False

    def everybody_writes(self, meanwhile: Callable[[], None]) -> None:
        threads = [threading.Thread(target=self.writes, args=(number,)) for number in range(CUSTOMERS)]
        for thread in threads:
            thread.start()
        meanwhile()
        for thread in threads:
            thread.join()


def read(stack: Stack) -> dict[str, list[str]]:
    """Return what the seats have read, by customer."""
    found = defaultdict(list)
    for entry in stack.entries():
        if entry["side"] == "im" and not entry["mine"] and entry["text"].startswith("c"):
            found[entry["peer"].split(".", 1)[1]].append(entry["text"])
    return found


@pytest.mark.skipif(not is_here(), reason="needs MariaDB's server to start one that can be killed")
@pytest.mark.parametrize("what", ["killed", "frozen", "cut off from one of two"])
def test_no_message_passes_another_whatever_happens_to_the_database(what):
    with OwnMariaDB() as database:
        line = Line(database.port)
        given = {name: url for name, url in services().items() if name != "DATABASE_URL"}
        second = free_port()
        with Stack({"alice": 6, "bob": 6}, workers=2, threads=2, server=database.url, **given) as stack:
            address = stack.environment["DATABASE_URL"]
            cuttable = address.replace(f":{database.port}/", f":{line.port}/")
            stack.start_web(port=second, DATABASE_URL=cuttable)
            wait_until(lambda: lives(second))
            wechat = WeChat([stack.url, f"http://127.0.0.1:{second}"])

            def meanwhile() -> None:
                time.sleep(2)
                {"killed": database.kill, "frozen": database.freeze}.get(what, line.cut)()
                time.sleep(AWAY)
                {"killed": database.start, "frozen": database.thaw}.get(what, line.mend)()

            wechat.everybody_writes(meanwhile)
            total = sum(map(len, wechat.acked.values()))
            assert total >= CUSTOMERS * MESSAGES * 0.98, "the doors must go on acknowledging"
            wait_until(lambda: sum(map(len, read(stack).values())) >= total, 90)
            assert read(stack) == wechat.acked
            assert stack.health()["waiting_for_database"] == 0
        line.close()
