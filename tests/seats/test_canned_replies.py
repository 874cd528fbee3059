"""Canned replies: where a name is missing, nothing is left of its place."""

from __future__ import annotations

import pytest

from seats.models import CannedReply

CASES = [
    # text, with the name 小王, without a name
    ("{customer}，您好！", "小王，您好！", "您好！"),
    ("您好，{customer}！请问…", "您好，小王！请问…", "您好！请问…"),
    ("您好{customer}，请稍候", "您好小王，请稍候", "您好，请稍候"),
    ("您好，{customer}，请稍候", "您好，小王，请稍候", "您好，请稍候"),
    ("好的。{customer}，请稍候", "好的。小王，请稍候", "好的。请稍候"),
    ("请稍候，{customer}", "请稍候，小王", "请稍候"),
    ("Hello {customer}, one moment.", "Hello 小王, one moment.", "Hello, one moment."),
    ("Thank you, {customer}.", "Thank you, 小王.", "Thank you."),
    ("{customer}", "小王", ""),
    ("{customer}{customer}，好", "小王小王，好", "好"),
    ("first\n{customer}: second", "first\n小王: second", "first\nsecond"),
    ("no name, here", "no name, here", "no name, here"),
]


@pytest.mark.parametrize(("text", "named", "without"), CASES)
def test_a_missing_name_leaves_no_comma(text, named, without):
    reply = CannedReply(text=text)
    assert reply.filled(customer="小王") == named
    assert reply.filled(customer="") == without


def test_a_seat_chooses_from_its_own_its_groups_and_everybodys(site):
    """Its own first, then by their positions; nothing of another seat or of a group that it is not in."""
    carol = site.seat("carol", site.sales, site.care)
    for title, seat, group, position in (
        ("all", None, None, 1), ("sales", None, site.sales, 0), ("care", None, site.care, 2),
        ("own", site.alice, None, 9), ("bob's", site.bob, None, 0), ("own in sales", site.alice, site.sales, 8),
    ):  # fmt: skip
        CannedReply.objects.create(title=title, text="x", seat=seat, group=group, position=position)
    assert [one.title for one in CannedReply.of(site.alice)] == ["own in sales", "own", "sales", "all"]
    assert [one.title for one in CannedReply.of(carol)] == ["sales", "all", "care"]
