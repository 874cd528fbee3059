"""The account's form has a field of the right kind for each setting of a bot; what is left empty is the default."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django import forms

from bridge.pipeline.bots import ChatBot, Setting, beside
from bridge.pipeline.turn import AccountState, EventState, Turn
from bridge.platforms.bot_fields import bots_given, make_bot_fields, show_bots

SET = {"most": 7, "thanks": False, "words": "Hello?", "to": "sales", "wait": 90}
DEFAULTS = {"most": 3, "thanks": True, "words": "Still there?", "to": "care", "wait": timedelta(minutes=5)}


class _Bot(ChatBot):
    name, greets = "asks", True
    settings = (
        Setting("most", "Most.", default=3, high=9),
        Setting("thanks", "Thanks.", default=True),
        Setting("words", "Words.", default="Still there?"),
        Setting("to", "To.", default="care", choices=(("care", "Care"), ("sales", "Sales"))),
        Setting("wait", "Wait.", default=timedelta(minutes=5), low=timedelta(minutes=1)),
    )


@pytest.fixture
def form():
    """A form of the bots' fields alone, as one class of them makes it."""
    with beside(_Bot):
        yield type("BotForm", (forms.Form,), make_bot_fields())


def given(form, **values):
    """Return the bot as an account keeps it, out of a form that is sent so. The errors where it is refused."""
    sent = form(
        {"bot_asks_on": "on", "bot_asks_position": 1, **{f"bot_asks_{name}": it for name, it in values.items()}}
    )
    if not sent.is_valid():
        return sorted(sent.errors)
    return next(one for one in bots_given(sent.cleaned_data) if one["name"] == "asks")


def read(stored) -> dict:
    turn = Turn(EventState("x", "x", ""), None, account=AccountState(1, "x", bots=[stored]))
    return {one.name: _Bot().setting(turn, one.name) for one in _Bot.settings}


def test_what_is_set_is_kept_shown_again_and_read(form):
    sent = {**SET, "thanks": "false"}
    stored = given(form, **sent)
    assert stored == {"name": "asks", "on": True, "settings": SET}
    assert read(stored) == {**SET, "wait": timedelta(seconds=90)}
    shown = form()
    show_bots(shown, [stored], "transform")
    assert {name: shown[f"bot_asks_{name}"].value() for name in SET} == sent


def test_what_is_left_empty_is_the_default_and_shown_as_such(form):
    stored = given(form, **dict.fromkeys(SET, ""))
    assert stored["settings"] == {}
    assert read(stored) == DEFAULTS
    shown = form()
    show_bots(shown, [stored], "transform")
    page = shown.as_p()
    for words in (
        'placeholder="3"',
        'placeholder="Still there?"',
        'placeholder="300"',
        "默认：是",
        "默认：Care",
        "单位为秒。",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("most", 10),
        ("most", "x"),
        ("thanks", "maybe"),
        ("to", "nobody"),
        ("wait", 59),
        ("wait", 86401),
        ("words", "x" * 601),
    ],
)
def test_what_no_setting_takes_is_refused(form, name, value):
    assert given(form, **{name: value}) == [f"bot_asks_{name}"]
