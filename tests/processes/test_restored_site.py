"""A site that lost database and files comes back from what `deploy/backup.sh` kept: it answers its customers and has their files."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from config.run import demo
from tests.bridge.platforms.test_platform_rules import upload
from tests.processes.test_files_and_crashes import picture
from tests.support.own_mariadb import OwnMariaDB, is_here
from tests.support.stack import BASE, Stack

pytestmark = [
    pytest.mark.workers,
    pytest.mark.once,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not is_here(), reason="NO MARIADB on this machine: no backup of one is tried"),
]


def back_up(stack: Stack, database: OwnMariaDB, folder: Path, **more: str) -> list[Path]:
    """Make a backup as the nightly job does; return all that are kept, the newest last."""
    where = {
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_PORT": str(database.port),
        "DATABASE_USER": stack.database,
        "DATABASE_PASSWORD": stack.database,
        "DATABASE_NAME": stack.database,
        "DATA_DIR": str(stack.home),
        "BACKUP_DIR": str(folder),
        "SETTINGS": str(folder.parent / "env"),
    }
    subprocess.run(["sh", str(BASE / "deploy/backup.sh"), "once"], env={**os.environ, **where, **more}, check=True)
    return sorted(folder.iterdir())


def picture_at_the_seat(stack: Stack) -> dict[str, Any]:
    shown = stack.state()
    return next(one for one in shown["entries"] if one["side"] == "im" and one["kind"] == "TIMImageElem")


def stop(stack: Stack) -> None:
    for process in [*stack.workers, stack.web, stack.beat]:
        process.terminate()
    for process in [*stack.workers, stack.web, stack.beat]:
        process.wait(30)


def lose_everything(stack: Stack) -> None:
    stack.run_sql(f"DROP DATABASE {stack.database}")
    stack.run_sql(f"CREATE DATABASE {stack.database} CHARACTER SET utf8mb4")
    shutil.rmtree(stack.home / "media")


def restore(stack: Stack, database: OwnMariaDB, kept: Path) -> None:
    client = f"mariadb -h 127.0.0.1 -P {database.port} -u {stack.database} {stack.database}"
    subprocess.run(
        ["sh", "-ec", f"gunzip -c {kept}/db.sql.gz | {client}; tar -C {stack.home} -xf {kept}/data.tar"],
        env={**os.environ, "MYSQL_PWD": stack.database},
        check=True,
    )


def test_a_site_that_lost_everything_answers_its_customer_again(tmp_path):
    folder = tmp_path / "backup"
    folder.mkdir()
    with (
        OwnMariaDB() as database,
        Stack({"alice": 5}, workers=1, threads=2, server=database.url, MEDIA_ALLOW_PRIVATE="1") as stack,
    ):
        (tmp_path / "env").write_text(f"SECRET_KEY={stack.environment['SECRET_KEY']}\n")
        stack.player.post("customer", account="shop", openid=demo.OPENID, text="before")
        stack.player.wait_for("before", "im", 60)
        sent = upload(stack, picture(1), "a.png", "image/png", account="shop")
        stack.player.post("customer", account="shop", openid=demo.OPENID, kind="image", file=sent["id"])
        stack.player.post("customer", account="shop", openid=demo.OPENID, text="after the picture")
        stack.player.wait_for("after the picture", "im", 60)
        link = picture_at_the_seat(stack)["url"]
        before = urllib.request.urlopen(link, timeout=20).read()
        kept = back_up(stack, database, folder)[-1]
        assert sorted(path.name for path in kept.iterdir()) == ["data.tar", "db.sql.gz", "env"]
        stop(stack)
        lose_everything(stack)
        restore(stack, database, kept)
        assert (kept / "env").read_text() == (tmp_path / "env").read_text()
        stack.workers = [stack.start_worker()]
        stack.start_web()
        stack.start_beat()
        stack.wait_healthy()
        stack.player.round_trip()
        assert urllib.request.urlopen(link, timeout=20).read() == before


def test_only_whole_backups_have_a_name_and_the_newest_stay(tmp_path):
    """With a `mariadb-dump` and a clock of the test's own."""
    programs, folder, home = tmp_path / "bin", tmp_path / "backup", tmp_path / "home"
    for one in (programs, folder, home):
        one.mkdir()

    def run(number: int, dump: str) -> int:
        for name, said in {"mariadb-dump": dump, "date": f"2026010{number}T000000Z"}.items():
            (programs / name).write_text(f"#!/bin/sh\necho '{said}'\n")
            (programs / name).chmod(0o755)
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "DATA_DIR": str(home), "BACKUP_DIR": str(folder)}
        command = ["sh", str(BASE / "deploy/backup.sh"), "once"]
        return subprocess.run(command, env={**environment, "BACKUP_KEEP": "2"}).returncode

    for number in (1, 2, 3):
        assert run(number, "-- Dump completed") == 0
    assert run(4, "half a dump") != 0
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    assert names == ["20260102T000000Z", "20260103T000000Z"]
