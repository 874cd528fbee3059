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
