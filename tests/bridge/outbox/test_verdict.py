"""The outbox's whole table of transitions: state + answer + rules → state, and what the line does next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.base.flight import Trace
from bridge.models import Delivery
from bridge.outbox import verdict
from bridge.outbox.verdict import Follow, Rules, judge
from bridge.values.outcomes import Chance, DeliveryError, Outcome
from bridge.values.windows import COUNT, TIME

NOW = datetime(2026, 11, 26, tzinfo=UTC)
State = Delivery.State
NEXT, SAME, WAIT = Follow.NEXT, Follow.SAME, Follow.WAIT
RULES = Rules(
    max_tries=8,
    repeats=False,
    over_count=Outcome.HOLD,
    over_time=Outcome.FAIL,
    storage_pause=300,
    storage_patience=3600,
)
FILE = {"content": {"type": "Image"}, "payload": {}}
LONG_AGO = NOW - timedelta(hours=2)
TOKEN, PAUSED = {"chance": Chance.TOKEN}, {"chance": Chance.COUNT, "pause": 1.0, "after": Outcome.HOLD}


def delivery(**fields):
    return Delivery(**{"state": State.SENDING, "attempts": 1, "payload": {"a": 1}, "due_at": NOW, **fields})


def error(outcome, **fields):
    return DeliveryError("7", "why", outcome, **fields)


# answer, its details, the delivery before, rules → state, line, seconds until due (None: as before), tries, told
TABLE = [
    (Outcome.CHANCE, TOKEN, {}, {}, State.QUEUED, SAME, 0, 1, None),
    (Outcome.CHANCE, TOKEN, {"chances": ["sig"]}, {}, State.QUEUED, SAME, 0, 1, None),
    (Outcome.CHANCE, TOKEN, {"chances": ["token"]}, {}, State.FAILED, NEXT, None, 1, State.FAILED),
    (Outcome.CHANCE, {**TOKEN, "after": Outcome.STOP}, {"chances": ["token"]}, {}, State.QUEUED, WAIT, 60, 0, None),
    (Outcome.CHANCE, PAUSED, {}, {}, State.QUEUED, WAIT, 1, 1, None),
    (Outcome.CHANCE, {**PAUSED, "window": COUNT}, {"chances": ["count"]}, {}, State.HELD, NEXT, None, 1, State.HELD),
    (Outcome.RETRY, {}, {}, {}, State.QUEUED, WAIT, 1, 1, None),
    (Outcome.RETRY, {}, {"attempts": 4}, {}, State.QUEUED, WAIT, 8, 4, None),
    (Outcome.RETRY, {"pause": 61.0}, {}, {}, State.QUEUED, WAIT, 61, 1, None),
    (Outcome.RETRY, {}, {"attempts": 11}, {"max_tries": 12}, State.QUEUED, WAIT, 300, 11, None),
    (Outcome.RETRY, {}, {"attempts": 7}, {}, State.QUEUED, WAIT, 64, 7, None),
    (Outcome.RETRY, {}, {"attempts": 8}, {}, State.FAILED, NEXT, None, 8, State.FAILED),
    (Outcome.STOP, {}, {}, {}, State.QUEUED, WAIT, 60, 0, None),
    (Outcome.STOP, {"pause": 3600.0}, {"attempts": 3}, {}, State.QUEUED, WAIT, 3600, 2, None),
    (Outcome.WAIT, {"pause": 2.0}, {}, {}, State.SENDING, WAIT, 2, 1, None),
    (Outcome.ASIDE, {}, FILE, {}, State.ASIDE, NEXT, 5, 0, State.ASIDE),
    (Outcome.ASIDE, {}, {**FILE, "aside_since": NOW - timedelta(seconds=40)}, {}, State.ASIDE, NEXT, 20, 0, State.ASIDE),
    (Outcome.ASIDE, {}, {**FILE, "aside_since": NOW - timedelta(seconds=900)}, {}, State.ASIDE, NEXT, 300, 0, State.ASIDE),
    (Outcome.ASIDE, {}, {**FILE, "state": State.ASIDE, "reason": "why"}, {}, State.ASIDE, NEXT, 5, 0, None),
    (Outcome.ASIDE, {}, {**FILE, "state": State.ASIDE, "reason": "else"}, {}, State.ASIDE, NEXT, 5, 0, State.ASIDE),
    (Outcome.ASIDE, {}, {**FILE, "aside_since": LONG_AGO}, {}, State.FAILED, NEXT, None, 1, State.FAILED),
    (Outcome.LIMIT, {"pause": 61.0}, FILE, {}, State.ASIDE, NEXT, 61, 0, State.ASIDE),
    (Outcome.LIMIT, {"pause": 61.0}, {**FILE, "aside_since": LONG_AGO}, {}, State.ASIDE, NEXT, 61, 0, State.ASIDE),
    (Outcome.LIMIT, {"pause": 61.0}, {**FILE, "payload": {"a": 1}}, {}, State.QUEUED, WAIT, 61, 0, State.HELD),
    (Outcome.LIMIT, {"pause": 61.0}, {}, {}, State.QUEUED, WAIT, 61, 0, State.HELD),
    (Outcome.LIMIT, {"pause": 61.0}, {"reason": "why"}, {}, State.QUEUED, WAIT, 61, 0, None),
    (Outcome.HOLD, {"window": COUNT}, {}, {}, State.HELD, NEXT, None, 1, State.HELD),
    (Outcome.HOLD, {"window": COUNT}, {}, {"over_count": Outcome.FAIL}, State.FAILED, NEXT, None, 1, State.FAILED),
    (Outcome.HOLD, {"window": COUNT}, {"notice": True}, {}, State.DROPPED, NEXT, None, 1, None),
    (Outcome.FAIL, {"window": TIME}, {}, {}, State.FAILED, NEXT, None, 1, State.FAILED),
    (Outcome.FAIL, {"window": TIME}, {}, {"over_time": Outcome.HOLD}, State.HELD, NEXT, None, 1, State.HELD),
    (Outcome.FAIL, {"window": TIME}, {"ephemeral": True}, {"over_time": Outcome.HOLD}, State.DROPPED, NEXT, None, 1, None),
    (Outcome.FAIL, {}, {}, {}, State.FAILED, NEXT, None, 1, State.FAILED),
    (Outcome.FAIL, {}, {"notice": True}, {}, State.FAILED, NEXT, None, 1, State.FAILED),
    (Outcome.FAIL, {}, {"ephemeral": True}, {}, State.FAILED, NEXT, None, 1, None),
    (Outcome.UNKNOWN, {}, {}, {}, State.UNKNOWN, NEXT, None, 1, State.UNKNOWN),
    (Outcome.UNKNOWN, {}, {"ephemeral": True}, {}, State.UNKNOWN, NEXT, None, 1, None),
    (Outcome.UNKNOWN, {}, {}, {"repeats": True}, State.QUEUED, WAIT, 1, 1, None),
    (Outcome.UNKNOWN, {}, {"attempts": 8}, {"repeats": True}, State.FAILED, NEXT, None, 8, State.FAILED),
    (Outcome.DROP, {}, {}, {}, State.DROPPED, NEXT, None, 1, None),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "details", "before", "rules", "state", "follow", "due", "tries", "told"), TABLE)
def test_the_table(outcome, details, before, rules, state, follow, due, tries, told):
    row = delivery(**before)
    found = judge(row, error(outcome, **details), replace(RULES, **rules), NOW)
    assert (found.state, found.follow, found.told) == (state, follow, told)
    assert found.changes.get("due_at") == (None if due is None else NOW + timedelta(seconds=due))
    assert found.changes.get("attempts", row.attempts) == tries
    assert ("finished_at" in found.changes) == (state in (State.DONE, State.FAILED, State.UNKNOWN, State.DROPPED))
    said = {} if outcome is Outcome.WAIT else {"code": "7", "reason": "why"}
    assert {name: found.changes[name] for name in ("code", "reason") if name in found.changes} == said


def test_every_outcome_stands_in_the_table():
    assert {row[0] for row in TABLE} == set(Outcome)


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING])
@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_worth_nothing_later_never_waits(state, outcome):
    """Nothing of it is in the line afterwards, except for a second chance that comes at once."""
    details = {"chance": Chance.TOKEN} if outcome is Outcome.CHANCE else {"pause": 9.0}
    found = judge(delivery(ephemeral=True, state=state), error(outcome, **details), RULES, NOW)
    assert found.told is None
    if outcome is Outcome.CHANCE:
        assert (found.state, found.follow) == (State.QUEUED, SAME)
    else:
        assert found.follow is NEXT
        assert found.state in (State.DROPPED, State.FAILED, State.UNKNOWN)
        assert found.changes["finished_at"] == NOW


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.UNKNOWN, Outcome.RETRY])
def test_what_is_not_kept_is_dropped_where_it_would_fail(outcome):
    """Nobody can send it once more, as its words are gone; nor hears of it."""
    found = judge(delivery(kept=False, attempts=8), error(outcome), RULES, NOW)
    assert (found.state, found.follow, found.told, found.outcome) == (State.DROPPED, NEXT, None, outcome_of(outcome))
    assert found.changes["finished_at"] == NOW


def outcome_of(outcome):
    return Outcome.FAIL if outcome is Outcome.RETRY else outcome


def test_the_state_before_makes_no_difference():
    for outcome in set(Outcome) - {Outcome.WAIT, Outcome.ASIDE, Outcome.LIMIT}:
        details = {"chance": Chance.TOKEN} if outcome is Outcome.CHANCE else {}
        found = [
            judge(delivery(state=one), error(outcome, **details), RULES, NOW)
            for one in (State.QUEUED, State.SENDING, State.ASIDE)
        ]
        assert found[0] == found[1] == found[2]


def test_a_chance_is_used_once_and_a_refused_upload_is_prepared_afresh():
    row = delivery(**FILE, chances=["token"])
    row.payload = {"media_id": "old"}
    found = judge(row, error(Outcome.CHANCE, chance=Chance.MEDIA), RULES, NOW)
    assert found.changes["chances"] == ["token", "media"]
    assert found.changes["payload"] == {}
    found = judge(delivery(), error(Outcome.CHANCE, chance=Chance.MEDIA), RULES, NOW)
    assert "payload" not in found.changes


def test_a_file_is_set_aside_since_the_first_time():
    first = judge(delivery(**FILE), error(Outcome.ASIDE), RULES, NOW)
    assert first.changes["aside_since"] == NOW
    again = judge(delivery(**FILE, aside_since=LONG_AGO), error(Outcome.LIMIT, pause=5.0), RULES, NOW)
    assert again.changes["aside_since"] == LONG_AGO


def test_what_was_taken_keeps_only_what_was_said_while_it_was_prepared():
    done = verdict.delivered(delivery(reason="made smaller"), NOW)
    assert (done.state, done.follow, done.changes["reason"]) == (State.DONE, NEXT, "made smaller")
    after_trouble = verdict.delivered(delivery(code="-1", reason="busy"), NOW)
    assert (after_trouble.changes["code"], after_trouble.changes["reason"]) == ("", "")


def test_the_endpoints_pace():
    waits = verdict.postponed(delivery(state=State.ASIDE), 3.0, NOW)
    assert (waits.state, waits.follow) == (State.ASIDE, WAIT)
    assert waits.changes == {"due_at": NOW + timedelta(seconds=3)}
    gone = verdict.postponed(delivery(state=State.QUEUED, ephemeral=True), 3.0, NOW)
    assert (gone.state, gone.follow) == (State.DROPPED, NEXT)


@pytest.mark.parametrize(
    ("fields", "state", "told"),
    [({}, State.HELD, State.HELD), ({"notice": True}, State.DROPPED, None), ({"ephemeral": True}, State.DROPPED, None)],
)
def test_behind_a_held_one(fields, state, told):
    head = delivery(state=State.HELD, code="45047", reason="used up")
    found = verdict.held_behind(delivery(state=State.QUEUED, **fields), head, NOW)
    assert (found.state, found.told, found.changes["reason"]) == (state, told, "used up")


def test_behind_a_file_without_room():
    first = delivery(**FILE, state=State.ASIDE, code="storage", reason="full", due_at=NOW + timedelta(seconds=9))
    found = verdict.aside_behind(delivery(**FILE, state=State.QUEUED, attempts=2), first, NOW)
    assert (found.state, found.told, found.changes["due_at"]) == (State.ASIDE, State.ASIDE, first.due_at)
    assert "attempts" not in found.changes
    waits = delivery(**FILE, state=State.ASIDE, due_at=first.due_at)
    assert verdict.aside_behind(waits, first, NOW) is None
    first.due_at = NOW - timedelta(seconds=9)
    found = verdict.aside_behind(delivery(**FILE, state=State.QUEUED), first, NOW)
    assert found.changes["due_at"] == NOW


@pytest.mark.parametrize(
    ("trace", "looks", "outcome"),
    [
        (Trace.NOT_SENT, 0, None),
        (Trace.SENT, 0, Outcome.UNKNOWN),
        (Trace.UNKNOWN, 0, Outcome.UNKNOWN),
        (Trace.PENDING, 0, Outcome.WAIT),
        (Trace.PENDING, verdict.LOOKS - 1, Outcome.WAIT),
        (Trace.PENDING, verdict.LOOKS, Outcome.UNKNOWN),
    ],
)
def test_after_a_crash(trace, looks, outcome):
    found = verdict.interrupted(delivery(looks=looks), trace)
    assert (found.outcome if found else None) is outcome


def test_each_look_is_counted():
    found = judge(delivery(looks=3), error(Outcome.WAIT, pause=2.0), RULES, NOW)
    assert found.changes["looks"] == 4
