"""What a start leaves out: files that are collected already; pages and heavy libraries in processes that need none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.run import statics

BASE = Path(__file__).resolve().parents[2]
# What few tasks need: they import it themselves. A worker holds each for as long as it lives.
HEAVY = {"numpy", "openpyxl", "PIL", "holidays", "pywebpush", "tablib", "drf_spectacular.generators", "segno", "valkey"}
LOADED = """
import sys
from config.celery import app
app.loader.import_default_modules()
from bridge.platforms.tencent_im import pace
pace.warm_up()
print(*sys.modules)
"""


@pytest.fixture
def collected(monkeypatch, settings, tmp_path):
    """Static files in a folder; returns which commands `statics.collect` ran."""
    source, ran = tmp_path / "source", []
    source.mkdir()
    (source / "a.css").write_text("a")
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS, settings.STATICFILES_FINDERS = (
        [source],
        ["django.contrib.staticfiles.finders.FileSystemFinder"],
    )
    statics.get_finders.__globals__["get_finder"].cache_clear()

    def run(name, **_words):
        ran.append(name)
        settings.STATIC_ROOT.mkdir(exist_ok=True)

    monkeypatch.setattr(statics, "call_command", run)
    yield source, ran
    statics.get_finders.__globals__["get_finder"].cache_clear()


def test_static_files_are_collected_when_something_changed(collected, settings):
    source, ran = collected
    statics.collect()
    statics.collect()
    assert ran == ["collectstatic"]
    (source / "b.css").write_text("b")
    statics.collect()
    assert len(ran) == 2
    settings.STATIC_ROOT.rmdir()
    statics.collect()
    statics.collect()
    assert len(ran) == 3


def test_a_worker_loads_no_pages_but_gives_signs_of_life():
    environment = {**os.environ, "CELERY_SKIP_CHECKS": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=BASE, env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "bridge.observe.liveness" in loaded
    assert loaded.isdisjoint({"config.urls", "bridge.admin", "seats.admin"})
    assert loaded.isdisjoint(HEAVY)
