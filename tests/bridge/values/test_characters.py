"""Characters that a platform refuses or has cut in half, and words of an index."""

import pytest

from bridge.values import grams
from bridge.values.characters import clean, clean_all, mended

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"), ("a\tb\nc", "a\tb\nc"), ("a\r\nb\rc", "a\nb\nc"), ("a\x0bb\x0cc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("\x00a\x08\x0e\x1f\x7f\x80\x9f\ufffe\uffff", "a"), ("\ud83da\udfff", "a"), ("你\xa0😊\ufffd", "你\xa0😊\ufffd"),
    ],
)  # fmt: skip
def test_what_is_left_of_a_text(text, cleaned):
    assert clean(text) == cleaned


def test_every_text_within_is_cleaned():
    assert clean_all({"a": ["x\x00", {"b": ("y\x1b", 7)}], "c": None}) == {"a": ["x", {"b": ("y", 7)}], "c": None}
    assert mended("a\ud800\udfffb\ud7ff\ue000") == "a\ufffd\ufffdb\ud7ff\ue000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""), ("a_b", "zza zzb"), ("Ä", "zza"), ("1234", "zz1234"), ("a1234", "zza1234 zz1234"), ("123", "zz123"),
        ("x" * 61, "zz" + "x" * 60), ("款", "0l6m"), ("款a", "0l6m zza"),
    ],
)  # fmt: skip
def test_what_an_index_holds(text, words):
    assert grams.indexed(text) == words


def test_the_ends_of_a_long_number_are_found_to_the_last_four():
    words = grams.indexed("9" + "1" * 39 + "2345").split()
    assert words[0] == "zz9" + "1" * 39 + "2345"
    assert words[1:] == ["zz" + ("1" * 28 + "2345")[at:] for at in range(29)]


@pytest.mark.parametrize(
    ("text", "question"),
    [("", ""), ("款", "<0l6m>"), ("x" * 61, f"<zz{'x' * 60}>"), ("退款 a", "[0sg00l6m]&<zza>")],
)
def test_what_asks_an_index(text, question):
    assert grams.asked(text, prefix="<{}>", phrase="[{}]", join="&") == question
