"""What a writer of bots, filters and platforms is told is whole, and runs as printed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from bridge.pipeline import actions, serving
from bridge.pipeline.actions import Action

pytestmark = pytest.mark.once
BASE = Path(settings.BASE_DIR)
CONTRIBUTING = (BASE / "CONTRIBUTING.md").read_text("utf-8")
BOTS = (BASE / "docs/chatbots.md").read_text("utf-8")


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
