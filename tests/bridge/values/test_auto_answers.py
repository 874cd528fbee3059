"""Automatic answers: what they are called, and what is wrong with one."""

from __future__ import annotations

import pytest

from bridge.values import auto_answers
from bridge.values.content import Image, Link, Menu, Text, Voice

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


def test_a_menu_has_a_choice_for_each_line_that_says_something():
    menu = auto_answers.menu_of("Which?", ["  Repairs ", "", "Sales"])
    assert [(one.id, one.text) for one in menu.choices] == [("auto-1", "Repairs"), ("auto-2", "Sales")]


@pytest.mark.parametrize(
    ("content", "called", "kind"),
    [
        (Text("Hello\nyou"), "Hello you", "text"),
        (Image(media=3, name="map.png"), "[Image] map.png", "picture"),
        (Link("News", "https://x/1"), "News", "card"),
        (Menu("Which?", ()), "Which?", "menu"),
        (Voice(media=2), "[Voice]", ""),
    ],
)
def test_each_has_a_name_and_a_kind(content, called, kind):
    assert (auto_answers.called(content), auto_answers.kind_of(content)) == (called, kind)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (Text("Hello"), ""),
        (Text("  "), "text"),
        (Text("a" * 601), "text"),
        (Image(), "picture"),
        (Image(media=1), ""),
        (Link("News", "https://x/1"), ""),
        (Link("", "https://x/1"), "title"),
        (Link("News", "javascript:alert(1)"), "url"),
        (Link("News", "https://x/1", picture_url="x.png"), "picture_url"),
        (auto_answers.menu_of("Which?", ["A"]), ""),
        (auto_answers.menu_of("", ["A"]), "text"),
        (auto_answers.menu_of("Which?", []), "choices"),
        (auto_answers.menu_of("Which?", ["A"] * 11), "choices"),
        (auto_answers.menu_of("Which?", ["A" * 41]), "choices"),
    ],
)
def test_what_is_wrong_stands_beside_its_part(content, part):
    found, why = auto_answers.trouble_with(content)
    assert (found, bool(why)) == (part, bool(part))
