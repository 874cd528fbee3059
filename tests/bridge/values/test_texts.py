"""What the product says of its own accord: whose words are in force, what fills their places, what is wrong with them."""

from datetime import UTC, datetime

import pytest
from django.utils.translation import override

from bridge.values import texts

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("own", "site", "key", "words"),
    [
        ({"closed": "own"}, {"closed": "site"}, "closed", "own"),
        ({"closed": ""}, {"closed": "site"}, "closed", ""),
        ({}, {"closed": "site"}, "closed", "site"),
        ({}, {"closed": ""}, "closed", None),
        ({}, {}, "closed", None),
        ({"queued": "own"}, {}, "queued_wait", "own"),
        ({"queued": "own"}, {"queued_wait": "site"}, "queued_wait", "own"),
        ({"queued": "plain", "queued_wait": "wait"}, {}, "queued_wait", "wait"),
        ({}, {"queued": "site"}, "queued_wait", "site"),
        ({"queued_wait": "own"}, {}, "queued", None),
    ],
)
def test_whose_words_are_in_force(own, site, key, words):
    assert texts.in_force(own, site).get(key) == words


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("Number %(place)d", "Number 3"), ("100 %", "100 %"), ("%(nobody)s", "%(nobody)s"), ("%d of", "%d of"), ("", ""),
        (None, "All our staff are busy. You are number 3 in line; we will answer you here."),
    ],
)  # fmt: skip
def test_what_is_wrongly_written_is_said_as_it_stands(own, said):
    with override("en"):
        assert texts.text({} if own is None else {"queued": own}, "queued", place=3) == said


def test_the_wait_is_said_where_one_is_expected():
    with override("en"):
        assert "wait is about 2 minutes" in texts.place({}, 3, 90)
        assert "wait" not in texts.place({}, 3, 0).removesuffix("here.")


@pytest.mark.parametrize(
    ("hours", "account", "opens", "said"),
    [
        ("Back at %(open)s", {"closed": "account"}, NOW, "Back at 10:00"), ("", {"closed": "From %(open)s"}, NOW, "From 10:00"),
        ("", {"closed": "From %(open)s"}, None, "From soon"), ("", {"closed": ""}, NOW, ""),
    ],
)  # fmt: skip
def test_outside_of_working_hours(hours, account, opens, said):
    with override("en"):
        assert texts.closed(account, hours, opens, NOW) == said


@pytest.mark.parametrize(
    ("own", "wrong"),
    [
        ({}, ""),
        ({"closed": ""}, ""),
        ({"closed": "x", "queued": 7}, "queued: must be a text"),
        ([], "not a table"),
        (None, "not a table"),
    ],
)
def test_what_is_wrong_with_own_texts(own, wrong):
    assert texts.check(own) == wrong


def test_a_key_nobody_knows_is_named_with_those_that_are_known():
    assert texts.check({"hello": "x"}).startswith("hello: known are queued, ")
