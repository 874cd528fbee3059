"""Addresses in what is said, as links: Chinese puts no spaces round them."""

from __future__ import annotations

import re

import pytest

from seats.templatetags.desk import linked

pytestmark = pytest.mark.either


@pytest.mark.parametrize(
    ("said", "address", "shown"),
    [
        ("晚上在家，https://a.example/b?x=1&y=2这是地图", "https://a.example/b?x=1&amp;y=2", "https://a.example/b?x=1&amp;y=2"),
        ("单号见（http://a.example/c）。", "http://a.example/c", "http://a.example/c"),
        ("请看www.example.com，谢谢", "https?://www.example.com", "www.example.com"),
        ("写信到kf@example.com。", "mailto:kf@example.com", "kf@example.com"),
        ("see https://a.example/b.", "https://a.example/b", "https://a.example/b"),
        ("“https://a.example/caf\u00e9”", "https://a.example/caf%C3%A9", "https://a.example/caf\u00e9"),
    ],
)  # fmt: skip
def test_an_address_is_a_link_and_the_words_round_it_are_not(said, address, shown):
    ((href, words),) = re.findall(r'<a target="_blank" href="([^"]+)"[^>]*>([^<]+)</a>', linked(said))
    assert re.fullmatch(address.replace("?x", r"\?x"), href)
    assert words == shown


@pytest.mark.parametrize("said", ["今天发货，后天到。", "1 < 2  & <a href='x'>b</a>\n  <script>", "价格3.5元", ""])
def test_words_without_an_address_stay_as_they_are_and_nothing_in_them_is_a_tag(said):
    shown = linked(said)
    assert "<" not in shown
    assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&amp;", "&") == said
