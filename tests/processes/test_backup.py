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

from tests.support.stack import ACCOUNT, BASE, SEAT, SITE

pytestmark = pytest.mark.once

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


def steps(title: str) -> str:
    """Return the first block of commands below a heading, as far as it starts nothing."""
    block = re.search(rf"^## {title}\n.*?```sh\n(.*?)```", DOCS, re.S | re.M)
    assert block
    return block[1].replace("make run\n", "")


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
