"""A class in settings.CHATBOTS that cannot be a bot is named at the start, with what it needs."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from bridge.pipeline import bots
from bridge.pipeline.bots import ChatBot


class Nameless(ChatBot):
    """It has no name."""


class TooLong(ChatBot):
    """Its name does not fit into the column."""

    name = "x" * 31


class Spaced(ChatBot):
    """Its name can stand in no form."""

    name = "two words"


class Faq(ChatBot):
    """It has a name that is taken."""

    name = "faq"


def no_class() -> None:
    """A function."""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Nameless", "Nameless needs a `name` of at most 30 small letters, digits, - and _, not ''"),
        ("TooLong", "TooLong needs a `name`"),
        ("Spaced", "not 'two words'"),
        ("no_class", "no_class is no chatbot: it must be a subclass of bridge.pipeline.bots.ChatBot"),
        ("Faq", "chatbots.faq.FaqBot and .*Faq are both called 'faq'"),
    ],
)
def test_what_is_no_bot_is_named(settings, name, words):
    settings.CHATBOTS = [*settings.CHATBOTS, f"{__name__}.{name}"]
    bots.bots.cache_clear()
    try:
        with pytest.raises(ImproperlyConfigured, match=words):
            bots.bots()
    finally:
        bots.bots.cache_clear()
