"""One set of colours and sizes for all pages: look/tokens.css."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BASE = Path(__file__).parents[2]
TOKENS = BASE / "bridge/static/look/tokens.css"
SHEETS = [path for path in sorted(BASE.glob("*/static/**/*.css")) if path != TOKENS and "im-desk" not in path.parts]
PAGES = ("desk/base", "media/base", "reports/base", "admin/index")


def names(text: str) -> set[str]:
    return set(re.findall(r"(--[a-z0-9-]+)\s*:", text))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_stylesheet_has_a_palette_of_its_own(sheet):
    assert names(sheet.read_text("utf-8")) & names(TOKENS.read_text("utf-8")) == set()


def test_each_kind_of_page_has_the_tokens():
    for name in PAGES:
        assert "look/tokens.css" in (BASE / f"templates/{name}.html").read_text("utf-8"), name


def test_the_sandbox_serves_them(client, settings):
    settings.ROOT_URLCONF = "sandbox.urls"
    assert "/static/look/tokens.css" in (BASE / "sandbox/templates/sandbox/play.html").read_text("utf-8")
    answer = client.get("/static/look/tokens.css")
    assert b"".join(answer.streaming_content) == TOKENS.read_bytes()
