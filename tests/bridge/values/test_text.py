"""Text must be perfect: splits, emoji, line breaks, characters themselves."""

import json
from datetime import UTC, datetime

import pytest
import regex
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from bridge.platforms.wechat import render
from bridge.values.content import Content, Text
from bridge.values.text import about, day_and_time, duration, file_size, json_size, short_time, split_text

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)
MARKS = ["👩‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301", "你", "a", "\n"]
EMOJI = st.lists(st.sampled_from(MARKS), max_size=400).map("".join)


@given(ANY, st.integers(4, 2048))
def test_pieces_fit_and_make_the_whole(text, limit):
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert all(pieces) or not text


@given(EMOJI)
def test_no_emoji_is_cut(text):
    assert [mark for piece in split_text(text, 60) for mark in regex.findall(r"\X", piece)] == regex.findall(
        r"\X", text
    )


def test_each_piece_is_as_full_as_can_be():
    assert split_text("a" * 9, 3) == ["aaa"] * 3
    assert split_text("aa你a", 3) == ["aa", "你", "a"]
    assert split_text("ab", 3) == ["ab"]
    # A heap of combining marks that is over the limit alone comes in pieces.
    assert split_text("xe\u0301\u0301\u0301y", 3) == ["xe", "\u0301", "\u0301", "\u0301y"]
    assert split_text("你你", 6, json_size) == ["你", "你"]


@pytest.mark.parametrize(
    ("seconds", "said", "expected"),
    [
        (0, "0s", "1 minute"), (59, "59s", "1 minute"), (60, "1m", "1 minute"), (61, "1m 1s", "2 minutes"), (300, "5m", "5 minutes"),
        (3599, "59m 59s", "60 minutes"), (3600, "1h", "60 minutes"), (7500, "2h 5m", "125 minutes"), (3661, "61m 1s", "62 minutes"),
    ],
)  # fmt: skip
def test_lengths_of_time(seconds, said, expected):
    with override("en"):
        assert (duration(seconds), about(seconds)) == (said, expected)


def test_wechats_limit():
    assert [len(body["text"]["content"].encode()) for body in render.render(Text("你" * 683))] == [2046, 3]
    assert len(render.render(Text("a" * 2048))) == 1
    assert len(render.render(Text("a" * 2049))) == 2


def test_nothing_is_sent_for_nothing():
    assert render.render(Text("")) == []
    assert render.render(Text(" \n ")) == []


@given(ANY)
def test_content_travels_through_json(text):
    content = Text(text, menu_id="1")
    assert Content.from_json(json.loads(json.dumps(content.to_json()))) == content


def test_the_wire_carries_the_characters_themselves(monkeypatch):
    from bridge import http
    from bridge.http import calls

    sent = {}

    class Reply:
        status_code = 200
        content = b'{"errcode":0}'

    class Session:
        def request(self, method, url, **kwargs):
            sent.update(kwargs)
            return Reply()

    monkeypatch.setattr(calls, "session", Session)
    http.post_json("http://x", {}, {"text": "你好 😊\n第二行"})
    assert sent["data"] == '{"text":"你好 😊\\n第二行"}'.encode()


def test_moments_and_sizes_as_people_say_them():
    now = datetime(2026, 11, 26, 15, 59, tzinfo=UTC)
    assert short_time(now) == "11-26 23:59"
    assert day_and_time(now, datetime(2026, 11, 25, 16, tzinfo=UTC)) == "23:59"
    assert day_and_time(now, datetime(2026, 11, 26, 16, tzinfo=UTC)) == "11-26 23:59"
    assert day_and_time(now, datetime(2026, 11, 24, tzinfo=UTC)) == "11-26 23:59"
    with override("en"):
        assert file_size(2048) == "2.0 KB"
