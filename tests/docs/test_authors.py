"""What a writer of bots, filters and platforms is told is whole, and runs as printed."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from bridge.inbox.events import BotWoken
from bridge.pipeline import actions, serving
from bridge.pipeline.actions import Action, Answer, HandOver, Record, SwitchMode, Wake
from bridge.pipeline.bots import ChatBot, Setting
from bridge.values.content import Menu, Text
from chatbots.testing import Script

pytestmark = pytest.mark.once
BASE = Path(settings.BASE_DIR)
CONTRIBUTING = (BASE / "CONTRIBUTING.md").read_text("utf-8")
BOTS = (BASE / "docs/chatbots.md").read_text("utf-8")


class _Asks(ChatBot):
    """Offers a menu, then says what was tapped; whatever was typed goes on."""

    name = "asks"
    greets = True
    menu: Menu

    def on_message(self, turn, loaded):
        content = turn.incoming.contents[0]
        kept = Record(content, "customer", handled=True)
        if not turn.conversation.data:
            return [kept, Answer(self.menu, self.name), SwitchMode(self.name, {"asked": True})]
        if content.menu_id:
            return [kept, Answer(Text(f"tapped {content.menu_id}"), self.name)]
        return [HandOver()]


def test_every_action_is_listed_with_what_it_does():
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", BOTS, re.M))
    known = [one for module in (actions, serving) for one in vars(module).values() if isinstance(one, type)]
    named = {one.__name__: one for one in known if issubclass(one, Action) and one is not Action}
    assert set(named) <= set(listed)
    for name, one in named.items():
        assert listed[name] in " ".join((one.__doc__ or "").split())


def test_the_filter_runs_as_printed(tmp_path, monkeypatch):
    samples = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", CONTRIBUTING, re.S))
    assert set(samples) == {"adverts.py", "test_adverts.py"}
    for name, text in samples.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("test_adverts").test_advertising_reaches_nobody()


def test_the_filters_test_runs_by_the_line_that_is_printed(tmp_path):
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", CONTRIBUTING, re.S):
        (tmp_path / name).write_text(text, "utf-8")
    line = "`DJANGO_SETTINGS_MODULE=config.settings .venv/bin/python -m pytest ../adverts`"
    assert line in CONTRIBUTING
    known = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=BASE, env=known, capture_output=True, text=True, timeout=120, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_tap_comes_as_the_docs_say():
    (menu,) = re.findall(r"`Answer\((Menu\(.+?\)), author", BOTS)
    # What our own docs print.
    offered = eval(menu, {"Menu": Menu})
    talk = Script(bots=[_Asks], seats=["alice"])
    _Asks.menu = offered
    talk.customer("hi")
    assert talk.acted(Answer) == [Answer(offered, "asks")]
    talk.customer(Text("A", menu_id=offered.choices[0].id))
    assert talk.customer.reads == ["tapped echo-a"]
    talk.customer("A")
    assert talk.seat("alice").reads[-1] == "A"


@pytest.mark.parametrize("text", [CONTRIBUTING, BOTS], ids=["CONTRIBUTING", "chatbots"])
def test_dotted_names_are_there(text):
    for dotted in set(re.findall(r"`((?:bridge|chatbots|seats)(?:\.\w+)+)", text)):
        module, attributes = dotted, []
        while module:
            try:
                found = importlib.import_module(module)
                break
            except ModuleNotFoundError:
                module, _, last = module.rpartition(".")
                attributes.insert(0, last)
        for name in attributes:
            found = getattr(found, name)


@pytest.mark.parametrize("text", [CONTRIBUTING, BOTS], ids=["CONTRIBUTING", "chatbots"])
def test_files_are_there(text):
    for path in re.findall(r"`((?:bridge|chatbots|seats|tests|docs)/[\w/.-]+)`", text):
        assert (BASE / path).exists(), path


def test_the_settings_and_the_waking_run_as_printed():
    printed = re.findall(r"^\| `(Setting\(.+?\))` \|", BOTS, re.M)
    names = {"Setting": Setting, "timedelta": timedelta}
    # What our own docs print.
    kinds = [eval(one, names).kind for one in printed]
    assert kinds == ["number", "switch", "text", "choice", "duration"]
    (code,) = re.findall(r"```python\n(def on_message.*?)```", BOTS, re.S)
    methods = {**names, **{one.__name__: one for one in (Answer, BotWoken, HandOver, Record, SwitchMode, Text, Wake)}}
    exec(code, methods)
    members = {name: methods[name] for name in ("on_message", "on_event", "ask")}
    talk = Script(
        bots=[type("Asks", (ChatBot,), {"name": "wakes", "greets": True, **members})],
        seats={"sales": ["alice"], "care": ["carol"]},
    )
    talk.customer("hi")
    assert talk.after(minutes=5).customer.reads == ["Are you still there?"]
    assert talk.after(minutes=5).owner == "carol"
