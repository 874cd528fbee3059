"""What `manage.py startbot` writes runs, is what docs/chatbots.md prints, and becomes part of a site by being installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from chatbots.management.commands.startbot import written
from config import plugins

pytestmark = pytest.mark.once
DOCS = Path(settings.BASE_DIR) / "docs" / "chatbots.md"
BLOCK = re.compile(r"```(?:python|toml)\n# (\S+)\n(.*?)```", re.DOTALL)
SAMPLE = dict(BLOCK.findall(DOCS.read_text("utf-8")))


@pytest.fixture
def package(tmp_path):
    """The sample of the docs, as files."""
    for name, text in SAMPLE.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def run(*words: str, cwd: Path = settings.BASE_DIR, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the product's folder as a user of it does, with settings of the tests' directory."""
    own = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    known = {**own, "PYTHONDONTWRITEBYTECODE": "1", **environ}
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=known,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_docs_print_what_it_writes(tmp_path):
    call_command("startbot", "echo", tmp_path / "new", stdout=open(os.devnull, "w"))  # noqa: SIM115
    assert {one.name: one.read_text("utf-8") for one in (tmp_path / "new").iterdir()} == SAMPLE


def test_its_test_passes(package):
    done = run("-m", "pytest", "-p", "no:cacheprovider", str(package))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_its_test_passes_in_its_own_folder(package):
    done = run("-m", "pytest", "-p", "no:cacheprovider", cwd=package, PYTHONPATH=str(settings.BASE_DIR))
    assert "3 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("was", "now"), [('said >= self.setting(turn, "most")', "False"), ('reply("I am here.")', "[]")]
)
def test_its_test_notices(package, was, now):
    bot = package / "echo_bot.py"
    assert was in bot.read_text("utf-8")
    bot.write_text(bot.read_text("utf-8").replace(was, now), "utf-8")
    done = run("-m", "pytest", "-p", "no:cacheprovider", str(package))
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *((name, "最多 25 个字符") for name in ("Echo", "1echo", "echo-bot", "x" * 26, "")),
        ("class", "保留字"), ("faq", "已有名为 faq 的机器人"),
    ],
)  # fmt: skip
def test_names_it_does_not_take(tmp_path, name, why):
    with pytest.raises(CommandError, match=why):
        call_command("startbot", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_overwrites_nothing(tmp_path):
    (tmp_path / "pyproject.toml").write_text("mine")
    with pytest.raises(CommandError, match=r"pyproject\.toml"):
        call_command("startbot", "echo", tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["pyproject.toml"]


# Becoming part of a site

LIST = "import django; django.setup(); from bridge.pipeline.bots import bots; print(list(bots()))"


def install(folder: Path, **entries: str) -> None:
    """Write what pip leaves behind of a package with these entry points."""
    info = folder / "wechat_bridge_echo-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wechat-bridge-echo\nVersion: 0.1.0\n")
    lines = [f"[wechat_bridge.{kind}]\n{value}\n" for kind, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))


def test_an_installed_package_brings_its_bot(package):
    install(package, chatbots="echo = echo_bot:EchoBot")
    done = run("-c", LIST, PYTHONPATH=str(package), DJANGO_SETTINGS_MODULE="config.settings")
    assert done.stdout.strip().endswith("'echo']"), done.stderr


def test_so_does_the_environment(package):
    given = {"PYTHONPATH": str(package), "EXTRA_CHATBOTS": "echo_bot.EchoBot"}
    done = run("-c", LIST, DJANGO_SETTINGS_MODULE="config.settings", **given)
    assert done.stdout.strip().endswith("'echo']"), done.stderr


def test_a_filter_from_outside_stands_right_behind_decode(tmp_path):
    install(tmp_path, filters="adverts = adverts:NoAdverts")
    named = "from config.settings import FILTERS; print(*(one.rsplit('.')[-1] for one in FILTERS))"
    done = run("-c", named, PYTHONPATH=str(tmp_path), EXTRA_FILTERS="string.Template")
    assert done.stdout.strip() == "Decode Template NoAdverts Conversation CommandParse ChatBot", done.stderr


def test_what_is_named_twice_is_taken_once_and_the_products_own_come_first(tmp_path, monkeypatch):
    install(tmp_path, chatbots="b = two:Bot\na = one:Bot\nown = mine.Own", filters="f = one.filters:Filter")
    monkeypatch.syspath_prepend(tmp_path)
    assert plugins.installed("chatbots") == ["one.Bot", "two.Bot", "mine.Own"]
    assert plugins.installed("filters") == ["one.filters.Filter"]
    assert plugins.installed("platforms") == []
    assert plugins.extended(["mine.Own"], "chatbots", ["two.Bot"]) == ["mine.Own", "two.Bot", "one.Bot"]


@pytest.mark.parametrize("name", ["EXTRA_CHATBOTS", "EXTRA_FILTERS", "EXTRA_PLATFORMS"])
def test_the_variables_are_explained(name):
    root = Path(settings.BASE_DIR)
    assert f"`{name}`" in (root / "docs/configuration.md").read_text("utf-8")
    assert f"{name}=" in (root / ".env.example").read_text("utf-8")


def test_every_file_of_the_starter_is_written():
    assert sorted(written("x")) == ["pyproject.toml", "test_x_bot.py", "x_bot.py"]
