"""File names: what strangers call their files, and what is made of it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from bridge.values.filenames import LIMIT, clean, made_up

CASES = [
    ("合同.pdf", "合同.pdf"),
    ("a/b.pdf", "a_b.pdf"),
    ("a\\b.pdf", "a_b.pdf"),
    ("../../etc/passwd", "etc_passwd"),
    ("..\\..\\x.exe", "x.exe"),
    ("/home/li/合同.pdf", "合同.pdf"),
    ("C:\\Users\\li\\合同.pdf", "合同.pdf"),
    ("\\\\server\\share\\a.pdf", "a.pdf"),
    ("..", ""), (".", ""), ("/", ""), ("", ""), (" \t ", ""), ("....", ""), ("\u202e\u200b", ""),
    (".htaccess", "htaccess"), ("...a.txt", "a.txt"), ("a.txt. . ", "a.txt"),
    ("photo\u202egpj.exe", "photogpj.exe"), ("\u2066a\u2069.pdf", "a.pdf"), ("\u200f\u061ca.pdf", "a.pdf"),
    ("a\0b\x1b[1m\x7f.pdf", "ab[1m.pdf"), ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
    ("a\u2028b\ufffe.pdf", "a b.pdf"), ("\ud800a.pdf", "a.pdf"),
    ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("com1.tar.gz", "_com1.tar.gz"), ("LPT¹", "_LPT¹"), ("aux .c", "_aux .c"),
    ("console.txt", "console.txt"), ("contract.pdf", "contract.pdf"),
    ('a<b>:"c|d?*.pdf', "a_b___c_d__.pdf"),
    ("e\u0301te\u0301.pdf", "été.pdf"),
    ("👨\u200d👩\u200d👧.jpg", "👨\u200d👩\u200d👧.jpg"),
    ("a  b   c.pdf", "a b c.pdf"),
]  # fmt: skip


@pytest.mark.parametrize(("given_name", "expected"), CASES)
def test_what_a_name_becomes(given_name, expected):
    assert clean(given_name) == expected


@pytest.mark.parametrize(
    "name", ["合" * 200 + ".pdf", "x" * 300 + ".docx", "👨‍👩‍👧" * 100 + ".jpeg", "é" * 300 + ".表格"]
)
def test_a_shortened_name_keeps_its_extension(name):
    short = clean(name)
    assert len(short.encode()) <= LIMIT
    assert short.rsplit(".", 1)[1] == name.rsplit(".", 1)[1]
    assert name.startswith(short.rsplit(".", 1)[0])
    assert len(short.encode()) > LIMIT - 30


def test_what_is_no_extension_is_cut_as_well():
    assert len(clean("a." + "b" * 300).encode()) <= LIMIT


@given(st.text(st.characters(codec=None), max_size=400))
def test_a_clean_name_is_safe_everywhere(name):
    made = clean(name)
    assert clean(made) == made
    assert len(made.encode()) <= LIMIT
    assert PurePosixPath(made).name == PureWindowsPath(made).name == made
    assert made not in (".", "..")
    assert not made.startswith((".", " "))
    assert not made.endswith((".", " "))
    assert not {unicodedata.category(char) for char in made if char not in "\u200c\u200d"} & {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }
    assert not PureWindowsPath(made).is_reserved()


def test_a_name_after_kind_and_time_in_the_sites_language():
    at = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    assert made_up("image", at, "jpg") == "图片-20261126-1530.jpg"
    assert made_up("voice", at, "mp3") == "语音-20261126-1530.mp3"
    with override_settings(LANGUAGE_CODE="en"):
        assert made_up("file", at, "pdf") == "File-20261126-1530.pdf"
        assert made_up("file", at, "") == "File-20261126-1530"
