"""The tasks of docs/api.md, run from its own text against a whole site: each block as it is printed, by curl and by Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

from tests.bridge.platforms.test_platform_rules import upload
from tests.support import samples
from tests.support.stack import Stack

BASE = Path(settings.BASE_DIR)
ENGLISH, CHINESE = ((BASE / f"docs/api{end}.md").read_text("utf-8") for end in ("", ".zh-CN"))
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.M | re.S)
# Alice works alone in sales, bob in care; both are away until everybody has written, so that customers wait.
SETUP = """
from django.contrib.auth.models import User
from seats.models import Seat, SeatGroup
User.objects.create_superuser("admin", password="admin-password-1")
care = SeatGroup.objects.create(slug="care", name="Care")
alice, bob = Seat.objects.get(user__username="alice"), Seat.objects.get(user__username="bob")
bob.groups.set([care])
SeatGroup.objects.get(slug="sales").supervisors.add(alice)
Seat.objects.filter(pk=alice.pk).update(availability="busy")
"""


def sections(text: str) -> list[list[tuple[str, str]]]:
    """Return the blocks of each section, in order, with their languages."""
    return [BLOCK.findall(part) for part in text.split("\n## ")[1:]]


def customer(number: int) -> str:
    return f"oApiDocsCustomer00000000000{number}"


@pytest.mark.once
def test_both_languages_print_the_same_blocks():
    def code(text: str) -> list[list[tuple[str, str]]]:
        return [[(kind, re.sub(r'"""Ask.*?"""', "", body)) for kind, body in blocks] for blocks in sections(text)]

    assert len(sections(ENGLISH)) >= 12
    assert code(ENGLISH) == code(CHINESE)


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 6, "bob": 3}, workers=1, threads=2, MEDIA_ALLOW_PRIVATE="1") as running:
        running.manage("shell", "-v0", "-c", SETUP)
        yield running


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where an integrator works: a picture to send, and the site's command where the docs have it."""
    (tmp_path / "shoe.png").write_bytes(samples.picture())
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\ncd {BASE} && exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return tmp_path


class Shell:
    """A shell in which the blocks are typed one after the other; `said` is what the last one printed, line by line."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.folder = folder
        self.environment = {**stack.environment, "SITE": stack.url}

    def type(self, block: str) -> list[Any]:
        """Run a block, keep what it exports, and return the JSON that its commands printed."""
        text = re.sub(r"^export SITE=.*$", "", block, flags=re.M)
        # Each answer of curl on a line of its own; what is exported goes on to the next block.
        whole = f'set -euo pipefail\ncurl() {{ command curl "$@"; echo; }}\n{text}\nenv -0 > exported\n'
        done = subprocess.run(
            ["bash", "-c", whole],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        lines = (self.folder / "exported").read_text().split("\0")
        self.environment |= dict(
            line.split("=", 1) for line in lines if "=" in line and not line.startswith("BASH_FUNC")
        )
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "["))]


def writes(stack: Stack, number: int) -> None:
    stack.player.post("customer", account="shop", openid=customer(number), text=f"hello {number}")


def blocks_of(kind: str) -> list[list[str]]:
    return [[body for found, body in blocks if found == kind] for blocks in sections(ENGLISH)]


def sends_a_picture(stack: Stack, number: int) -> None:
    sent = upload(stack, samples.picture(), "a.png", "image/png", account="shop")
    stack.player.post("customer", account="shop", openid=customer(number), kind="image", file=sent["id"])


@pytest.mark.workers
@pytest.mark.once
@pytest.mark.timeout(300)
def test_every_task_by_curl(stack, folder):
    login, waits, read, answer, arrived, picture, transfer, close, presence, report, admin, more, listen = blocks_of(
        "bash"
    )
    shell = Shell(stack, folder)
    shell.type(login[0])
    (me,) = shell.type(login[1])
    assert me["seat"]["username"] == "alice"
    for number in (1, 2):
        writes(stack, number)
        wait_until_queued(shell, number)
    queue, taken = shell.type(waits[0])
    assert [group["waiting"] for group in queue if group["group"] == "sales"] == [2]
    assert taken["outcome"] == "done"
    shell.environment["ID"] = str(taken["conversation"])
    (mine,) = shell.type(waits[1])
    assert [one["id"] for one in mine["results"]] == [taken["conversation"]]
    sends_a_picture(stack, 1)
    assert wait_for_picture(shell, read[0]).startswith(samples.picture()[:4])
    (written,) = shell.type(answer[0])
    assert written["outcome"] == "done"
    assert shell.type(answer[0])[0]["message"] == written["message"]
    stack.player.wait_for("Good morning!", "phone")
    shell.environment["MESSAGE"] = str(written["message"]["id"])
    assert shell.type(arrived[0])[0]["delivery"]["state"] == "delivered"
    assert shell.type(picture[0])[0]["outcome"] == "done"
    assert shell.type(transfer[0])[0]["outcome"] == "done"
    (taken,) = shell.type('curl -s -X POST "$SITE/api/me/take/" -H "Authorization: Bearer $TOKEN"')
    shell.environment["ID"] = str(taken["conversation"])
    assert shell.type(close[0])[0]["outcome"] == "done"
    (closed,) = shell.type('curl -s "$SITE/api/conversations/$ID/" -H "Authorization: Bearer $TOKEN"')
    assert (closed["status"], closed["summary"]) == ("closed", "Wanted a refund, got it.")
    assert shell.type(presence[0])[0]["outcome"] == "done"
    (numbers,) = shell.type(report[0])
    assert {tile["name"] for tile in numbers["tiles"]} >= {"opened"}
    shell.type(admin[0])
    group, seat = shell.type(admin[1])
    assert (group["supervisors"], seat["user"], seat["groups"]) == (["bob"], "erin", ["returns"])
    (broadcast,) = shell.type(more[0])
    shell.environment["BROADCAST"] = str(broadcast["id"])
    count, begun, now = shell.type(more[1])
    assert (count["count"] > 0, begun["state"], now["id"]) == (True, "sending", broadcast["id"])
    shell.type(listen[0])


def wait_until_queued(shell: Shell, number: int) -> None:
    for _try in range(100):
        (queue,) = shell.type('curl -s "$SITE/api/queue/?group=sales" -H "Authorization: Bearer $TOKEN"')
        if queue[0]["waiting"] == number:
            return
    raise TimeoutError(queue)


def wait_for_picture(shell: Shell, block: str) -> bytes:
    """Read the messages until the picture is here; return what its address gives to anybody."""
    for _try in range(100):
        (messages,) = shell.type(block)
        if found := [one["media_url"] for one in messages["results"] if one["media_url"]]:
            return requests.get(found[0], timeout=10).content
    raise TimeoutError(messages)


@pytest.mark.workers
@pytest.mark.once
@pytest.mark.timeout(300)
def test_every_task_by_python(stack, folder, monkeypatch):
    blocks = blocks_of("python")
    shell = Shell(stack, folder)
    shell.type(blocks_of("bash")[0][0])
    shell.type(blocks_of("bash")[10][0])
    monkeypatch.chdir(folder)
    for name in ("SITE", "TOKEN", "ADMIN_TOKEN"):
        monkeypatch.setenv(name, shell.environment[name])
    for number in (3, 4):
        writes(stack, number)
    wait_until_queued(shell, 2)
    known: dict[str, Any] = {}
    assert [bool(section) for section in blocks] == [True] * 12 + [False], (
        "all tasks but listening, which needs no program"
    )
    for section in blocks:
        for block in section:
            # What our own docs print.
            exec(compile(block, "docs/api.md", "exec"), known)
    assert known["me"]["name"] == "alice"
    assert known["delivery"]["state"] == "delivered"
    assert known["sent"]["outcome"] == "done"
    assert known["report"]["tiles"]
    (closed,) = shell.type(f'curl -s "$SITE/api/conversations/{known["number"]}/" -H "Authorization: Bearer $TOKEN"')
    assert (closed["status"], closed["seat"]["username"]) == ("closed", "alice")
    assert (known["draft"]["items"][0]["does"], known["draft"]["changed_by"]) == ("link", "admin")
    headers = {"Authorization": f"Bearer {shell.environment['ADMIN_TOKEN']}"}
    seat = requests.get(f"{stack.url}/api/admin/seats/{known['seat']['id']}/", headers=headers, timeout=10).json()
    assert (seat["user"], seat["capacity"], seat["groups"]) == ("frank", 8, ["repairs"])
