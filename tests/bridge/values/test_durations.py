"""Lengths of time: read as people write them, written exactly."""

from __future__ import annotations

import pytest
from django import forms
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from bridge.backoffice.durations import DurationField
from bridge.values.durations import parsed, spelled

pytestmark = pytest.mark.once


@given(st.integers(0, 10**8), st.sampled_from(["zh-hans", "en"]))
def test_what_is_written_is_read_as_the_same(seconds, language):
    with override(language):
        assert parsed(spelled(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 h 30 min", 5400), ("1h30m", 5400), ("1小时30分钟", 5400), ("1小时30分", 5400), ("1.5 小时", 5400), ("2 days", 172800),
        ("90", 90), ("１２０秒", 120), ("1 天 2 小时 3 分 4 秒", 93784), ("0", 0),
    ],
)  # fmt: skip
def test_people_write_it_in_several_ways(text, seconds):
    assert parsed(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "1 h 2 h", "30 min 1 h", "1 lightyear", "1 h 5", "1:30"])
def test_what_is_none_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- it is the text
        parsed(text)


def test_a_field_knows_what_was_changed():
    field = DurationField(unit=60)
    assert not field.has_changed(90, "1 小时 30 分钟")
    assert not field.has_changed(90, "90")
    assert field.has_changed(90, "91")


def test_a_field_has_a_range_in_words():
    with override("zh-hans"), pytest.raises(forms.ValidationError, match="最长 1 天"):
        DurationField(unit=3600, max_value=24).clean("25 小时")
