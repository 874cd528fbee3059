"""/metrics, and what the board and the alerts make of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from analytics.live import gauges
from bridge import tasks
from bridge.base import clock
from bridge.inbox import spill
from bridge.models import Endpoint, InboundEvent, Lane
from bridge.observe import counters
from bridge.platforms.wechat import tokens
from bridge.values.outcomes import DeliveryError

pytestmark = pytest.mark.once

FOLDER = Path(__file__).resolve().parents[2] / "config" / "monitoring"
TOKEN = "metrics-token"


@pytest.fixture
def ask(client, settings):
    """Return a function that asks, and returns the samples by name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def asked(**labels: str) -> dict[str, float]:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        found = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
        return {one.name: one.value for one in found if labels.items() <= one.labels.items()}

    return asked


def test_without_a_token_there_is_no_such_page(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("words", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}"])
def test_who_does_not_know_the_token_reads_nothing(client, settings, words):
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"authorization": words})
    assert (answer.status_code, b"bridge_" in answer.content) == (401, False)


def test_what_waits(site, ask):
    site.customer_says("hello")
    InboundEvent.objects.update(received_at=clock.now() - timedelta(seconds=40))
    Lane.objects.create(key="another", wake_at=clock.now() - timedelta(seconds=90))
    found = ask()
    assert found["bridge_oldest_event_seconds"] == pytest.approx(40, abs=5)
    assert (found["bridge_events_waiting"], found["bridge_lanes_waiting"], found["bridge_lanes_due"]) == (1, 1, 1)
    assert found["bridge_oldest_due_seconds"] == pytest.approx(90, abs=5)
    site.work()
    assert ask()["bridge_oldest_event_seconds"] == 0


def test_who_waits_for_a_seat(site, ask):
    site.customer_says("hello")
    site.work()
    assert ask(group="sales")["bridge_queue_customers"] == 1
    site.login("alice")
    site.work()
    found = ask()
    assert "bridge_queue_customers" not in found
    assert ask(availability="open")["bridge_seats_online"] == 1


def test_doors_turns_and_deliveries_are_counted(site, platforms, ask):
    site.login("alice")
    before, done = ask(platform="wechat", status="200"), ask(platform="tencent_im", state="done")
    site.customer_says("hello")
    site.work()
    after, sent = ask(platform="wechat", status="200"), ask(platform="tencent_im", state="done")
    assert after["bridge_door_seconds_count"] == before.get("bridge_door_seconds_count", 0) + 1
    assert sent["bridge_deliveries_total"] > done.get("bridge_deliveries_total", 0)


def test_what_a_platform_refuses_has_its_code(talking, platforms, ask):
    before = ask(platform="wechat", state="failed", code="45002").get("bridge_deliveries_total", 0)
    platforms.answer("message/custom/send", {"errcode": 45002, "errmsg": "too long"})
    talking.seat_says("an answer", "alice")
    talking.work()
    assert ask(platform="wechat", state="failed", code="45002")["bridge_deliveries_total"] == before + 1


def test_tokens_that_are_asked_for_are_counted_by_the_answer(site, platforms, ask):
    name = "bridge_token_fetches_total"
    before = ask(code="40013").get(name, 0), ask(code="0").get(name, 0)
    platforms.answer("stable_token", {"errcode": 40013, "errmsg": "invalid appid"})
    with pytest.raises(DeliveryError):
        tokens.renew(site.account)
    tokens.renew(site.account)
    assert (ask(code="40013")[name], ask(code="0")[name]) == (before[0] + 1, before[1] + 1)


def test_an_account_in_trouble(site, ask):
    Endpoint.objects.filter(platform="wechat").update(trouble="40013: invalid appid")
    assert ask(platform="wechat")["bridge_endpoints_in_trouble"] == 1


def test_what_cannot_be_read_is_left_out(site, ask, monkeypatch):
    monkeypatch.setattr(spill, "count", lambda: (_ for _ in ()).throw(OSError("gone")))
    found = ask()
    assert "bridge_waiting_for_database" not in found
    assert "bridge_events_waiting" in found


def test_other_processes_are_added_up_and_the_dead_have_no_desks(site, ask):
    """A process that ended leaves its counts; what it said of its present is gone with it."""
    before = ask(lanes="one").get("bridge_turn_seconds_count", 0)
    program = (
        "from django import setup; setup(); from bridge.observe import counters; "
        "counters.TURNS.labels('one').observe(1); counters.DESKS.labels('desk').inc()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=OURS)
    found = ask(lanes="one")
    assert found["bridge_turn_seconds_count"] == before + 1
    assert ask().get("bridge_desks_connected", 0) == 0


# Another test's process may have been told of the sandbox's settings.
OURS = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
COUNT = (
    "from django import setup; setup(); from bridge.observe import counters; counters.TURNS.labels('one').observe(1)"
)


def test_a_process_whose_environment_was_replaced_counts_on(site, ask):
    """As the processes of a site that are forked: what their parent has set is gone."""
    before = ask(lanes="one").get("bridge_turn_seconds_count", 0)
    forked = "import os\nif not os.fork():\n os.environ.pop('PROMETHEUS_MULTIPROC_DIR')\n counters.TURNS.labels('one').observe(1)\nelse: os.wait()"
    subprocess.run([sys.executable, "-c", f"{COUNT}\n{forked}"], check=True, env=OURS)
    assert ask(lanes="one")["bridge_turn_seconds_count"] == before + 2


def test_what_is_old_goes_and_what_lives_stays(db, settings):
    names = (
        "histogram_host-1.db",
        f"gauge_livesum_{counters._HOST}-999999999.db",
        f"gauge_livesum_{counters._HOST}-{os.getpid()}.db",
    )
    old, dead, alive = (settings.METRICS_DIR / name for name in names)
    counters.DESKS.labels("desk").inc(0)
    for path in (old, dead):
        path.touch()
    os.utime(old, (0, 0))
    tasks.tidy()
    assert [path.exists() for path in (old, dead, alive)] == [False, False, True]


def test_where_nobody_asks_no_file_is_made(tmp_path):
    words = {**OURS, "METRICS_DIR": str(tmp_path / "metrics"), "METRICS_TOKEN": ""}
    subprocess.run([sys.executable, "-c", COUNT], env=words, check=True)
    assert not (tmp_path / "metrics").exists()


def test_without_room_for_the_numbers_nothing_fails(tmp_path):
    (tmp_path / "metrics").touch()
    words = {**OURS, "METRICS_DIR": str(tmp_path / "metrics" / "below")}
    done = subprocess.run([sys.executable, "-c", COUNT], env=words, capture_output=True, text=True, check=False)
    assert (done.returncode, "takes no files" in done.stderr) == (0, True), done.stderr


def known() -> set[str]:
    """Return the names of all samples that there are."""
    names = {
        name for one in counters.COUNTED for family in one.collect() for name in _samples_of(family.name, family.type)
    }
    for part in gauges.PARTS:
        names |= {family.name for family in part()}
    return names | {"bridge_check"}


def _samples_of(name: str, kind: str) -> set[str]:
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(kind, ("",))
    return {name + end for end in ends}


def expressions() -> list[str]:
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
    board = json.loads((FOLDER / "grafana.json").read_text())
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return alerts + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_the_board_and_the_alerts_name_what_there_is(site):
    named = {name for one in expressions() for name in re.findall(r"\bbridge_\w+", one)}
    assert named - known() == set()
    shown = {re.sub("_(bucket|count|sum)$", "", one) for one in named}
    assert {re.sub("_(bucket|count|sum)$", "", one) for one in known()} == shown, "each is on the board or in an alert"


def test_each_alert_says_what_to_do():
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert rules
    for rule in rules:
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["todo"]
        assert rule["labels"]["severity"] in ("critical", "warning")
