"""Settings of bots: what an account keeps comes back as the default's kind, and what is no setting is refused with words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.translation import gettext_lazy

from bridge.pipeline.bot_settings import Setting, as_stored
from bridge.pipeline.bots import ChatBot
from chatbots.testing import Script

MINUTES = timedelta(minutes=5)
TO = (("care", "Care"), ("sales", "Sales"))


@pytest.mark.parametrize(
    ("default", "choices", "stored", "read"),
    [
        (3, (), None, 3), (3, (), 5, 5), (3, (), "5", 5), (3, (), 1000, 1000), (3, (), 1001, 3), (3, (), -1, 3), (3, (), True, 3),
        (3, (), "five", 3), (3, (), [], 3),
        (True, (), None, True), (True, (), False, False), (True, (), 0, False), (False, (), 1, True), (True, (), "no", True),
        ("hi", (), None, "hi"), ("hi", (), "hello", "hello"), ("hi", (), "x" * 601, "hi"), ("hi", (), 7, "hi"),
        (gettext_lazy("hi"), (), None, "hi"), (gettext_lazy("hi"), (), "hello", "hello"),
        ("care", TO, None, "care"), ("care", TO, "sales", "sales"), ("care", TO, "gone", "care"),
        (MINUTES, (), None, MINUTES), (MINUTES, (), 90, timedelta(seconds=90)), (MINUTES, (), 86401, MINUTES), (MINUTES, (), 10**30, MINUTES),
        (MINUTES, (), False, MINUTES),
    ],
)  # fmt: skip
def test_what_an_account_keeps_is_read_as_the_defaults_kind(default, choices, stored, read):
    found = Setting("it", "It.", default=default, choices=choices).read(stored)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"default": 1.5}, TypeError, "the default is an int, bool, str or timedelta, not 1.5"),
        ({"default": None}, TypeError, "not None"),
        ({"default": 3, "high": 2}, ValueError, "3 does not lie between 0 and 2"),
        ({"default": 3, "low": MINUTES}, TypeError, "no bound of a number"),
        ({"default": MINUTES, "high": 60}, TypeError, "60 is no bound of a duration"),
        ({"default": "x", "high": 60}, TypeError, "no bound of a text"),
        ({"default": "x", "choices": TO}, ValueError, "'x' is none of care, sales"),
        ({"default": 3, "name": "on"}, ValueError, "cannot be called 'on'"),
        ({"default": 3, "name": "two words"}, ValueError, "cannot be called 'two words'"),
    ],
)
def test_what_is_no_setting_is_refused_where_it_is_written(given, error, words):
    with pytest.raises(error, match=words):
        Setting(**{"name": "it", "label": "It.", **given})


def test_a_time_is_kept_as_seconds():
    assert (as_stored(MINUTES), as_stored("x")) == (300, "x")


class _Bot(ChatBot):
    name, greets = "sets", True
    settings = (Setting("most", "Most.", default=3, high=9), Setting("wait", "Wait.", default=MINUTES))

    def on_message(self, turn, loaded):
        assert self.setting(turn, "wait") == timedelta(minutes=2)
        return [self.setting(turn, "mots")]


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"sets": {"mots": 2}}, LookupError, "_Bot has no setting 'mots'; it has most, wait"),
        ({"sets": {"most": "2"}}, ValueError, "setting most: '2' is no int"),
        ({"sets": {"wait": 120}}, ValueError, "setting wait: 120 is no timedelta"),
        ({"sets": {"most": 10}}, ValueError, "10 does not lie between 0 and 9"),
        ({"sest": {}}, LookupError, "there are settings for 'sest', and no bot of this name"),
    ],
)
def test_a_script_takes_no_setting_that_an_account_could_not_have(settings, error, words):
    with pytest.raises(error, match=words):
        Script(bots=[_Bot], settings=settings)


def test_a_setting_that_the_bot_has_not_says_which_it_has():
    with pytest.raises(LookupError, match="_Bot has no setting 'mots'; it has most, wait"):
        Script(bots=[_Bot], settings={"sets": {"wait": timedelta(minutes=2)}}).customer("hi")
