"""Backup and restore as docs/operations.md says: what a site knows comes back with it, and it takes customers' messages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.support.stack import ACCOUNT, BASE, SEAT, SITE

pytestmark = pytest.mark.once

DATABASE = settings.DATABASES["default"]
DOCS = (BASE / "docs/operations.md").read_text()
# A customer's push comes in: the door checks it with the stored token, and decrypting it needs the stored key.
PUSH = """
import json
from django.test import Client
from bridge.models import InboundEvent
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import encrypted_push, text_xml
account = WeChatAccount.objects.get()
push = text_xml("hello", "oRestoredCustomer00000000001", %d)
query, body = encrypted_push(push, app_id=account.app_id, token=account.token, key=account.encoding_aes_key)
status = Client(SERVER_NAME="127.0.0.1").post("/callbacks/wechat/shop/?" + query, body, content_type="text/xml").status_code
print(json.dumps([status, account.token, InboundEvent.objects.filter(platform="wechat").count()]))
"""


def blocks(title: str) -> list[str]:
    """Return the blocks of commands below a heading."""
    section = re.search(rf"^## {title}\n(.*?)^## ", DOCS, re.S | re.M)
    assert section
    return re.findall(r"```sh\n(.*?)```", section[1], re.S)


def steps(title: str) -> str:
    """Return the first block of commands below a heading, as far as it starts nothing."""
    return blocks(title)[0].replace("make run\n", "")


def on_mariadb(title: str, program: str, database: str) -> str:
    """Return the containers' command with `program` below a heading, as it runs here, without a container, on `database`."""
    line = next(line for line in blocks(title)[1].splitlines() if program in line)
    server = {"-h": DATABASE["HOST"], "-P": DATABASE["PORT"] or 3306, "-u": DATABASE["USER"]}
    words = " ".join(f"{key} {value}" for key, value in server.items())
    here = line.replace("docker compose exec -T database ", "").replace(
        '-u bridge -p"$MARIADB_PASSWORD" bridge', f"{words} {database}"
    )
    assert here.count(database) == 1
    return here


@pytest.fixture
def project(tmp_path):
    """A project's folder, in which a site has run whose secrets are encrypted with a key of its own."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    home = tmp_path / "var"
    home.mkdir()
    manage(home, "migrate", "-v0")
    (home / "site.toml").write_text(
        (SITE + ACCOUNT + SEAT.format(name="alice", capacity=2)).format(sandbox="http://127.0.0.1:1")
    )
    manage(home, "provision", str(home / "site.toml"))
    (home / "media/ab").mkdir(parents=True)
    (home / "media/ab/picture").write_bytes(b"picture")
    return tmp_path


def manage(home: Path, *words: str) -> str:
    """Run one of the commands of the site below `home`, which makes its own secret key; return what it prints."""
    here = {
        "DATA_DIR": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "BACKGROUND_THREADS": "0",
        "LOG_LEVEL": "CRITICAL",
        "PLATFORM_ALLOW_PRIVATE": "1",
    }
    unset = dict.fromkeys(("SECRET_KEY", "DATABASE_URL", "PROVISION"), "")
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=BASE,
        env={**os.environ, **here, **unset},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(home: Path, number: int) -> Any:
    return json.loads(manage(home, "shell", "-v0", "-c", PUSH % number).splitlines()[-1])


def test_a_site_comes_back_from_its_backup(project):
    home = project / "var"
    assert push(home, 1) == [200, "wxToken01", 1]
    subprocess.run(["sh", "-ec", steps("Backup")], cwd=project, check=True)
    shutil.rmtree(home)
    subprocess.run(["sh", "-ec", steps("Restore")], cwd=project, check=True)
    assert (home / "media/ab/picture").read_bytes() == b"picture"
    assert push(home, 2) == [200, "wxToken01", 2]
    (home / "secret-key").write_text("another")
    with pytest.raises(AssertionError, match="SECRET_KEY was changed"):
        manage(home, "check", "--database", "default")


def contents(cursor, database: str) -> dict[str, tuple[str, object]]:
    """Return how each table and view of a database is made, and the checksum of its rows."""
    cursor.execute(f"SHOW FULL TABLES FROM {database}")
    found = {}
    for name, kind in cursor.fetchall():
        cursor.execute(f"SHOW CREATE TABLE {database}.{name}")
        made = cursor.fetchone()[1].replace(f"`{database}`.", "")
        rows = None
        if kind == "BASE TABLE":
            cursor.execute(f"CHECKSUM TABLE {database}.{name} EXTENDED")
            rows = cursor.fetchone()[1]
        found[name] = (made, rows)
    return found


@pytest.mark.skipif(connection.vendor != "mysql", reason="about MariaDB's own tools")
@pytest.mark.django_db(transaction=True)
def test_a_dump_of_mariadb_brings_back_every_row(site, tmp_path):
    site.login("alice")
    site.customer_says("你好 👋 \\ ' \0 \U0001f1e8\U0001f1f3")
    site.work()
    (tmp_path / "backup").mkdir()
    source, target = connection.settings_dict["NAME"], f"{connection.settings_dict['NAME']}_restored"
    environment = {**os.environ, "MYSQL_PWD": DATABASE["PASSWORD"] or ""}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {target}")
        cursor.execute(f"CREATE DATABASE {target} CHARACTER SET utf8mb4")
        try:
            for command in (on_mariadb("Backup", "mariadb-dump", source), on_mariadb("Restore", "mariadb ", target)):
                subprocess.run(["sh", "-ec", command], cwd=tmp_path, check=True, env=environment)
            before = contents(cursor, source)
            assert len([rows for _made, rows in before.values() if rows]) > 10
            assert contents(cursor, target) == before
        finally:
            cursor.execute(f"DROP DATABASE {target}")
