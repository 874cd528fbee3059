"""`manage.py forget --check` finds a word wherever it stands, and nowhere after its customer was erased."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from bridge.base.redis import client
from bridge.models import Customer
from bridge.privacy import export, where

WORD = "欧阳不悔"


def places(word: str = WORD) -> set[tuple[str, str]]:
    return {(one.table, one.column) for one in where.find(word)}


def test_it_is_found_as_it_is_as_json_and_in_the_search_index(talking):
    assert places() == set()
    talking.customer_says(f"我叫{WORD}")
    talking.work()
    client().rpush("where:test", f"我叫{WORD}")
    found = places()
    client().delete("where:test")
    assert {("bridge_message", "content"), ("bridge_message", "preview"), ("bridge_searchtext", "words")} <= found
    assert ("redis where:test", "list") in found


def test_signs_of_like_are_themselves(talking):
    talking.customer_says("100 percent")
    talking.work()
    for word in ("100%percent", "100_percent"):
        assert {column for _table, column in places(word)} <= {"words"}, "the index knows no signs"
    assert ("bridge_message", "content") in places("100 percent")


def test_an_erased_customer_is_nowhere(talking):
    talking.customer_says(f"我叫{WORD}")
    talking.work()
    talking.seat_says(f"#name {WORD}")
    talking.seat_says(f"#note {WORD}")
    talking.work()
    with pytest.raises(CommandError, match="places"):
        call_command("forget", check=WORD, stdout=io.StringIO())
    export.erase(Customer.objects.get())
    talking.work()
    said = io.StringIO()
    try:
        call_command("forget", check=WORD, stdout=said)
    except CommandError:
        pytest.fail(said.getvalue())
