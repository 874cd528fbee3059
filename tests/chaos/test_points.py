"""The marks are around functions that the product calls, and the product knows nothing of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.chaos import marked
from tests.chaos.cases import CASES
from tests.chaos.points import POINTS, Found, Point, When

BASE = Path(__file__).resolve().parents[2]
PRODUCT = ("config", "analytics", "seats", "chatbots", "bridge")


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_each_point_is_a_function_of_the_product(point):
    holder, name = marked.place(point.target)
    assert callable(getattr(holder, name))
    assert point.target.split(".")[0] in PRODUCT


def test_each_point_is_a_line_of_the_table():
    lines = [one.name for one in CASES if " killed: " in one.name]
    assert lines == [f"{'web' if 'WEB' in point.found.name else 'worker'} killed: {point.name}" for point in POINTS]


def sources() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *PRODUCT, "manage.py"], cwd=BASE, capture_output=True, text=True)
    paths = listed.stdout.split() if listed.returncode == 0 else [str(one) for top in PRODUCT for one in (BASE / top).rglob("*.py")]  # fmt: skip
    return [BASE / path for path in paths if path.endswith(".py") and (BASE / path).exists()]


def test_in_production_there_is_nothing_that_could_be_switched_on():
    """No line of the product imports from the tests, so the hook costs nothing there and has no switch; the image has no tests."""
    found = sources()
    assert len(found) > 100
    imports = re.compile(r"^\s*(?:from|import)\s+tests\b", re.M)
    assert [str(path) for path in found if imports.search(path.read_text("utf-8"))] == []
    assert not any(b"SIGKILL" in (BASE / point.target.split(":")[0].replace(".", "/")).with_suffix(".py").read_bytes() for point in POINTS)  # fmt: skip
    assert "tests" in (BASE / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (BASE / "Dockerfile").read_text(), re.M)
    assert copied
    assert not {"tests", "."} & {word for line in copied for word in line.split()}


class Thing:
    """Something with a method, to be marked."""

    def double(self, number: int, *, plus: int = 0) -> int:
        """Return it twice, and more."""
        return 2 * number + plus


@pytest.mark.parametrize(("when", "seen"), [(When.BEFORE, ["reached", 3]), (When.AFTER, [3, "reached"])])
def test_a_mark_is_reached_on_its_side_and_changes_nothing(monkeypatch, when, seen):
    order: list[object] = []
    monkeypatch.setattr(Thing, "double", lambda self, number, plus: order.append(number) or 2 * number + plus)
    marked.mark(Point("", f"{__name__}:Thing.double", when, Found.LOAD), lambda: order.append("reached"))
    assert Thing().double(3, plus=1) == 7
    assert order == seen
