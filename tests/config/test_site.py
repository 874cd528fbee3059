"""The site around it: health, languages, production settings, layers."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import polib
import pytest
import redis
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerAway

from bridge.inbox import spill
from bridge.observe import liveness
from bridge.pipeline.bots import command_table
from chatbots.help_texts import HELP_TEXTS
from config.celery import app
from config.run import health

BASE = Path(__file__).resolve().parents[2]
PO = BASE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def test_livez(client):
    assert client.get("/livez").json() == {"status": "ok"}


def test_healthz_says_which_part_is_down(db, client, monkeypatch):
    monkeypatch.setitem(health.CHECKS, "broker", lambda: None)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "ok", "redis": "ok", "broker": "ok", "secrets": "ok", "storage": "ok", "worker": "down", "beat": "down",
        "exchanges": "ok", "callbacks": "ok",
    }  # fmt: skip
    liveness.sign("worker")
    liveness.sign("beat")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("error", [OSError("refused"), BrokerAway("away"), redis.ConnectionError(), None])
def test_healthz_answers_where_the_broker_cannot_say_how_many_wait(db, client, monkeypatch, error):
    def count():
        if error:
            raise error
        return 7

    monkeypatch.setattr(spill, "count", count)
    answer = client.get("/healthz")
    assert answer.status_code == 503, "nobody has signed"
    assert answer.json()["waiting_for_database"] == (None if error else 7)


def test_every_text_has_its_translation_and_the_compiled_file_is_current():
    po, compiled = polib.pofile(str(PO)), polib.mofile(str(PO.with_suffix(".mo")))
    assert [entry.msgid for entry in po if not entry.translated() or "fuzzy" in entry.flags] == []
    told = [{(one.msgctxt, one.msgid): one.msgstr or one.msgstr_plural for one in file} for file in (compiled, po)]
    assert told[0] == told[1]


def test_help_texts_are_the_commands_docstrings():
    docs = {" ".join(getattr(bot, command.method).__doc__.split()) for bot, command in command_table().values()}
    assert docs == set(HELP_TEXTS)
    translated = {entry.msgid for entry in polib.pofile(str(PO))}
    assert docs <= translated


def test_the_site_always_answers_where_health_and_the_platforms_ask(tmp_path):
    """Else `make run` would wait in silence for a health page that refuses it, and every callback would be 400."""
    say = "from django.conf import settings; print(*settings.ALLOWED_HOSTS)"
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path),
        "PUBLIC_URL": "https://bridge.example.com", "ALLOWED_HOSTS": "other.example.com",
    }  # fmt: skip
    said = subprocess.run([sys.executable, "-c", say], cwd=BASE, env=environment, capture_output=True, text=True)
    assert set(said.stdout.split()) >= {"127.0.0.1", "bridge.example.com", "other.example.com"}, said.stderr


@pytest.mark.parametrize("url", ["https://bridge.example.com"])
def test_production_settings_pass_djangos_check(url, tmp_path):
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PUBLIC_URL": url, "DEBUG": "0",
        "DATA_DIR": str(tmp_path), "SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "bridge.example.com",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_database_that_cannot_hold_emoji_is_named(db):
    from django.db import connection

    from bridge.checks import character_set

    assert character_set(databases=["default"]) == []
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT DATABASE()")
            (name,) = cursor.fetchone()
            cursor.execute(f"ALTER DATABASE `{name}` CHARACTER SET latin1")
            try:
                assert [error.id for error in character_set(databases=["default"])] == ["bridge.E001"]
            finally:
                cursor.execute(f"ALTER DATABASE `{name}` CHARACTER SET utf8mb4")


def test_no_migration_is_missing(db, settings):
    from django.core.management import call_command

    settings.MIGRATION_MODULES = {}  # the tests' own tables are made without migrations, which takes half the time
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


PURE = [
    *(BASE / "bridge" / "values").rglob("*.py"),
    *(BASE / "bridge" / "pipeline").rglob("*.py"),
    *(
        path
        for name in ("protocol", "crypto", "parse", "render")
        for path in (BASE / "bridge" / "platforms").glob(f"*/{name}.py")
    ),
]
IMPURE = (
    "django.db",
    "django.core.cache",
    "django.utils.timezone.now",
    "django.utils.timezone.localtime",
    "time",
    "redis",
)


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(BASE)))
def test_pure_rooms_reach_no_database_and_read_no_clock(path):
    """What the import contracts cannot say: they know no part of Django, and no call."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("datetime.now", "datetime.utcnow", "date.today", "timezone.now"), path
        for name in names:
            assert not any(name == one or name.startswith(f"{one}.") for one in IMPURE), (path, name)


def test_only_one_place_talks_http():
    for path in (BASE / "bridge").rglob("*.py"):
        if path.parent != BASE / "bridge" / "http":
            assert "import requests" not in path.read_text(), path


def test_the_language_of_the_site_is_chinese_first():
    assert settings.LANGUAGE_CODE == "zh-hans"
    assert settings.TIME_ZONE == "Asia/Shanghai"


def test_workers_and_beat_wait_for_the_broker_for_as_long_as_it_is_away():
    assert app.conf.broker_connection_retry
    assert app.conf.broker_connection_max_retries is None
