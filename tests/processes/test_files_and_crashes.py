"""Real workers killed while they take files in and pass them on: each file arrives once, whole, in its place."""

from __future__ import annotations

import io
import random
import threading
import time
import urllib.request
from collections import defaultdict

import pytest
from PIL import Image

from tests.bridge.platforms.test_platform_rules import upload
from tests.support.stack import Stack

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(400)]
CUSTOMERS, ROUNDS, KILLS = 4, 4, 6

# The files in the storage are whole, each is there once, and nothing half-written is used or waits.
STORED = """
import hashlib
from django.core.files.storage import storages
from bridge.models import Delivery, Media
for media in Media.objects.filter(ready=True):
    with storages["media"].open(media.path) as file: body = file.read()
    assert hashlib.sha256(body).hexdigest() == media.sha256 and len(body) == media.size, media
print(Media.objects.filter(ready=True).count(), "whole;", *Delivery.objects.exclude(state="done").values_list("state", "reason"))
"""


def openid(number: int) -> str:
    return f"oFilesCustomer000000000000{number:02d}"


def picture(seed: int) -> bytes:
    """Return about a megabyte that no other seed gives, so that to store it takes a while."""
    out = io.BytesIO()
    Image.frombytes("RGB", (700, 500), random.Random(seed).randbytes(700 * 500 * 3)).save(out, "PNG")
    return out.getvalue()


class Killer(threading.Thread):
    """Kills a worker whenever a file is being taken, until it has killed enough."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack, self.kills, self.over = stack, 0, threading.Event()

    def run(self) -> None:
        drafts = self.stack.home / "drafts"
        while not self.over.wait(0.005) and self.kills < KILLS:
            if drafts.exists() and any(path.stat().st_size for path in self._files(drafts)):
                for position in range(len(self.stack.workers)):
                    self.stack.kill_worker(position)
                self.kills += 1
                for path in self._files(drafts):
                    path.unlink(missing_ok=True)  # so that the next kill is of another try
                time.sleep(1.5)

    @staticmethod
    def _files(folder):
        return [path for path in folder.iterdir() if path.exists()]


def talk(stack):
    """Return what has arrived on all screens, without what the product says itself."""
    return [entry for entry in stack.entries() if not entry["mine"] and not entry["text"].startswith("【系统】")]


def kinds(entry):
    """Return what an entry is in the order of a chat: its text, or what it carries."""
    if entry["kind"] in ("text", "TIMTextElem"):
        return entry["text"]
    return "picture"


def test_files_arrive_once_whole_and_in_order_while_workers_are_killed():
    rules = {"MEDIA_ALLOW_PRIVATE": "1", "LEASE_SECONDS": "2"}
    with Stack({"alice": 10}, workers=2, threads=2, **rules) as stack:
        peers = []
        for number in range(CUSTOMERS):
            stack.player.post("customer", account="shop", openid=openid(number), text=f"hello {number}")
            peers.append(stack.player.wait_for(f"hello {number}", "im", 60)["peer"])
        killer = Killer(stack)
        killer.start()
        for turn in range(ROUNDS):
            for number, peer in enumerate(peers):
                theirs = upload(stack, picture(turn * 100 + number), "a.png", "image/png", account="shop")
                stack.player.post("customer", account="shop", openid=openid(number), kind="image", file=theirs["id"])
                stack.player.post("customer", account="shop", openid=openid(number), text=f"c{turn}")
                ours = upload(stack, picture(turn * 100 + number + 50), "b.png", "image/png")
                info = {"UUID": "u", "ImageFormat": 3, "ImageInfoArray": [{"Type": 1, "Size": 1, "URL": ours["url"]}]}
                stack.player.post(
                    "seat", seat="alice", to=peer, elements=[{"MsgType": "TIMImageElem", "MsgContent": info}]
                )
                stack.player.post("seat", seat="alice", to=peer, text=f"s{turn}")
        wanted = CUSTOMERS * ROUNDS * 2 * 2 + CUSTOMERS
        deadline = time.monotonic() + 150
        while len(talk(stack)) < wanted and time.monotonic() < deadline:
            time.sleep(0.5)
        killer.over.set()
        killer.join()
        time.sleep(2)
        received = talk(stack)
        stored = stack.manage("shell", "-v0", "-c", STORED)
        chats = defaultdict(list)
        for entry in received:
            # A customer who wrote before the seats' log-ins were worked on is told a place first.
            if "排在第" not in str(entry.get("text")):
                chats[entry["peer"] or entry["openid"]].append(kinds(entry))
        shown = [entry["url"] for entry in received if entry["side"] == "im" and entry["url"]]
        sizes = [len(urllib.request.urlopen(url, timeout=20).read()) for url in shown]
    assert killer.kills >= 3
    for number, peer in enumerate(peers):
        assert chats[peer][1:] == [line for turn in range(ROUNDS) for line in ("picture", f"c{turn}")], stored
        assert chats[openid(number)] == [line for turn in range(ROUNDS) for line in ("picture", f"s{turn}")], stored
    assert stored.startswith(f"{CUSTOMERS * ROUNDS * 2} whole;"), stored
    assert len(sizes) == CUSTOMERS * ROUNDS
    assert min(sizes) > 900_000
