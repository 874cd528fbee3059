"""What the screens tell is counted rightly: a table that cannot fail would show nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.rows import Row, row

ENDED = 100.0


def screens(*lines: tuple[str, Any]) -> list[dict[str, Any]]:
    """Return entries: ("> text", at) was written and acknowledged, (">? text", at) was not, ("< text", at) came."""
    found = []
    for number, (words, at) in enumerate(lines):
        sign, text = words.split()
        state = {">": "acked", ">?": "failed"}.get(sign, "")
        found.append({"id": number, "text": text, "mine": sign != "<", "state": state, "at": at, "took": 0.5})
    return found


def counted(*lines: tuple[str, Any], owed: dict[str, str] | None = None) -> Row:
    return row("a case", "k1", screens(*lines), owed or {}, ENDED)


def test_all_is_well():
    found = counted(("> k1c0-0", 90), ("< k1c0-0", 91), ("> k1s0-0", 92), ("< k1s0-0", 93))
    assert found == Row("a case", 2, 2, 2, 0, 0, 0, 0, 0.0, 0.5)
    assert found.broken(()) == []


@pytest.mark.parametrize(
    ("lines", "owed", "broken"),
    [
        ([("> k1c0-0", 90)], {}, "1 lost"),
        ([("> k1c0-0", 90)], {"k1c0-0": "failed"}, "1 lost"),
        ([("> k1c0-0", 90)], {"k1c0-0": "unknown"}, "1 unknown"),
        ([("> k1c0-0", 90), ("< k1c0-0", 91)], {"k1c0-0": "unknown"}, "1 unknown"),
        ([("> k1c0-0", 90), ("< k1c0-0", 91), ("< k1c0-0", 92)], {}, "1 doubled"),
        ([("> k1c0-0", 90), ("> k1c0-1", 90), ("< k1c0-1", 91), ("< k1c0-0", 92)], {}, "1 reordered"),
        ([(">? k1c0-0", 90)], {}, "1 refused"),
        ([("> k1c0-0", 90), ("< k1c0-0", 275)], {}, "it took 175 s to recover"),
        ([("> k2c0-0", 90)], {}, "nothing was pushed"),
    ],
)
def test_what_no_promise_allows(lines, owed, broken):
    assert counted(*lines, owed=owed).broken(()) == [broken]


@pytest.mark.parametrize(
    ("side", "later", "doubled"),
    [("im", [119], 1), ("im", [121], 0), ("phone", [121], 1), ("im", [1, 200], 1), ("im", [121, 122], 1)],
)
def test_a_seat_gets_once_more_what_tencent_im_knows_no_more(side, later, doubled):
    came = screens(("> k1c0-0", 1), ("< k1c0-0", 5), *(("< k1c0-0", 5 + seconds) for seconds in later))
    assert row("a case", "k1", [{**one, "side": side} for one in came], {}, ENDED).doubled == doubled


def test_chats_and_directions_have_orders_of_their_own():
    lines = [("> k1c0-0", 1), ("> k1c0-1", 2), ("> k1c1-0", 3), ("> k1s0-0", 4)]
    came = [("< k1c0-0", 5), ("< k1c0-1", 6), ("< k1c1-0", 7), ("< k1s0-0", 8)]
    assert counted(*lines, *came).broken(()) == []


def test_what_is_allowed_is_no_failure():
    found = counted(("> k1c0-0", 90), (">? k1c0-1", 90), owed={"k1c0-0": "unknown"})
    assert found.broken({"unknown", "refused"}) == []


def test_wechat_waits_five_seconds():
    late = screens(("> k1c0-0", 90), ("< k1c0-0", 91))
    late[0]["took"] = 5.2
    assert row("a case", "k1", late, {}, ENDED).broken(()) == ["an acknowledgement took 5.2 s"]
