"""docs/promises.md names tests and lines of the chaos table that there are, the same in both languages."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.chaos.cases import CASES

BASE = Path(__file__).resolve().parents[2]
PAGES = ["promises.md", "promises.zh-CN.md"]
PROMISES = 8


def text_of(name: str) -> str:
    return (BASE / "docs" / name).read_text("utf-8")


def named_tests(text: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)


def named_lines(text: str) -> list[str]:
    """Return the lines of the chaos table that a page names: what stands in italics behind the word."""
    return [
        one
        for cell in re.findall(r"(?:chaos: |故障演练：)([^|\n]*) \|", text)
        for one in re.findall(r"\*([^*]+)\*", cell)
    ]


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((BASE / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_promise_names_is_there(page):
    named = named_tests(text_of(page))
    assert named
    assert [(path, name) for path, name in named if name not in functions_of(path)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_the_chaos_table_belongs_to_a_promise(page):
    """Where a promise names "worker killed: …", all lines that begin so are meant."""
    names = {re.sub(r": .*", ": …", one.name) for one in CASES}
    assert names - {"nothing at all"} == set(named_lines(text_of(page)))


@pytest.mark.parametrize("page", PAGES)
def test_each_of_the_eight_is_shown_by_a_test(page):
    parts = re.split(r"^## \d\. ", text_of(page), flags=re.M)[1:]
    assert len(parts) == PROMISES
    assert all(named_tests(part) for part in parts)


def test_both_languages_name_the_same():
    english, chinese = (text_of(page) for page in PAGES)
    assert named_tests(english) == named_tests(chinese)
    assert named_lines(english) == named_lines(chinese)


def test_the_table_that_is_shown_has_every_case():
    # What `make cluster` plays is not among the cases.
    table = text_of("chaos.md").split("\n## A whole host")[0]
    assert re.findall(r"^\| ([^|]+?) \| \d+ \|", table, re.M) == [one.name for one in CASES]
