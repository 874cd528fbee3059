"""JSON of others: how deep it is read, which numbers are numbers, and what a field of the wrong type is worth."""

import pytest

from bridge.values.foreign import DEEPEST, object_of, read_json, text_of, whole_of

pytestmark = pytest.mark.once


def nested(depth: int, inside: str = "1") -> str:
    return "[" * depth + inside + "]" * depth


def depth_of(value) -> int:
    depth = 0
    while isinstance(value, list):
        depth, value = depth + 1, value[0]
    return depth


def test_what_lies_too_deep_is_left_out_and_what_stands_beside_it_is_not():
    assert depth_of(read_json(nested(DEEPEST))) == DEEPEST
    assert depth_of(read_json(nested(DEEPEST + 1))) == DEEPEST
    read = read_json(f'{{"before": 1, "deep": {nested(DEEPEST + 5)}, "after": "]}}"}}')
    assert (read["before"], read["after"]) == (1, "]}")
    assert depth_of(read["deep"]) == DEEPEST - 1
    # Of two in the same place too, and what stands between them.
    two = f"{nested(DEEPEST + 3)}, 7, {nested(DEEPEST + 3)}"
    assert [depth_of(one) for one in read_json(f"[{two}]")] == [DEEPEST - 1, 0, DEEPEST - 1]


def test_raw_control_characters_stand_for_themselves():
    assert read_json(b'{"a": "one\ttwo\nthree"}') == {"a": "one\ttwo\nthree"}


def test_many_brackets_side_by_side_are_not_deep():
    assert read_json("[" + ", ".join(["[1]"] * DEEPEST) + "]") == [[1]] * DEEPEST


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1" * 25, int("1" * 25)),
        ("1" * 26, float("1" * 26)),
        ("1e999", None),
        ("NaN", None),
        ("-Infinity", None),
        ("1.5", 1.5),
    ],
)
def test_numbers(written, read):
    assert read_json(written) == read
    assert type(read_json(written)) is type(read)


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ("7", 7), (" 7 ", 7), ("-7", -7), ("--7", None), ("7.0", None), ("", None), ("٧", None), ("1" * 25, int("1" * 25)), ("1" * 26, None),
        (7.0, 7), (7.5, None), (2.0**53 - 1, 2**53 - 1), (2.0**53, None), (7, 7), (None, None), ({}, None),
    ],
)  # fmt: skip
def test_whole_numbers(value, whole):
    assert whole_of(value) == whole


def test_texts_and_objects():
    assert [text_of(value) for value in ("a", 7, 1.5, True, None, ["a"])] == ["a", "7", "1.5", "", "", ""]
    assert [object_of(value) for value in ({"a": 1}, '{"a": 1}', "[1]", "{", 7)] == [{"a": 1}, {"a": 1}, {}, {}, {}]
