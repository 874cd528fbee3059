"""What a site's real processes log: one shape, a message's whole way by one name, and nothing personal or secret."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.support.failing import BREAKS
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.once]

OPENID, SEAT, TEXT = "oPlantedCustomer0000000000x1", "plantedseat", "我的电话是 13900000000"
ANSWER, TOKEN = "planted answer 王小明", "wcb_plantedtoken0123456789"
SECRETS = ("wxSecret0123456789abcdef01234567", "wxToken01", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "im-secret")
OURS = ("web.log", "worker.log", "beat.log", "site.log")


def lines(stack: Stack) -> list[str]:
    found = [line for name in OURS for line in _read(stack, name).splitlines()]
    return [line for line in found if line.strip()]


def _read(stack: Stack, name: str) -> str:
    path = stack.home / name
    return path.read_text() if path.exists() else ""


def said(stack: Stack, **facts: Any) -> list[dict[str, Any]]:
    every = [json.loads(line) for line in lines(stack)]
    return [one for one in every if all(one.get(name) == value for name, value in facts.items())]


def wait_for(stack: Stack, **facts: Any) -> dict[str, Any]:
    return wait_until(lambda: said(stack, **facts), said=lambda: (facts, stack.logs()))[-1]


def knock(address: str) -> None:
    """Ask with what must not be logged in the address and the header."""
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {TOKEN}"})
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(asked, timeout=20).read()


@pytest.fixture(scope="module")
def talked():
    """A site on which a customer and a seat have talked, and much has failed."""
    extra = {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO", "EXTRA_FILTERS": "tests.support.failing.Failing"}
    with Stack({SEAT: 5}, workers=1, **extra) as stack:
        play = stack.player
        play.post("customer", account="shop", openid=OPENID, text=TEXT)
        came = play.wait_for(TEXT, "im")
        play.post("seat", seat=came["seat"], to=came["peer"], text=ANSWER)
        play.wait_for(ANSWER, "phone")
        play.post("customer", account="shop", openid=OPENID, text=f"{BREAKS} {TEXT}")
        wait_for(stack, event="an event failed")
        query = f"?signature=wrong&openid={OPENID}&access_token={TOKEN}"
        for path in ("callbacks/wechat/shop/", "nothing/here/", "api/conversations/"):
            knock(f"{stack.url}/{path}{query}")
        # The last line of an answer's way is written after the phone has it.
        wait_for(stack, event="delivery", to="customer", outcome="done")
        yield stack


def test_every_line_is_json_with_the_same_head(talked):
    for line in lines(talked):
        assert list(json.loads(line))[:3] == ["time", "level", "logger"], line


def test_one_name_follows_a_message_from_the_push_to_its_delivery(talked):
    pushed = said(talked, event="came in", platform="wechat")[0]
    applied, delivered = (said(talked, event=event, trace=pushed["trace"])[0] for event in ("applied", "delivery"))
    assert pushed["kept"] == "inbox"
    assert (applied["outcome"], applied["deliveries"], applied["account"]) == ("done", 1, pushed["account"])
    assert (delivered["outcome"], delivered["to"]) == ("done", "seat")
    answer = said(talked, event="delivery", to="customer", outcome="done")[0]
    assert [one["platform"] for one in said(talked, event="came in", trace=answer["trace"])] == ["tencent_im"]
    code = (
        "from bridge.models import Exchange; "
        f"print(sorted(Exchange.objects.filter(event_id={answer['trace'][1:]}).values_list('direction', flat=True)))"
    )
    kept = lambda: talked.manage("shell", "-v0", "-c", code).splitlines()[-1]  # noqa: E731
    wait_until(lambda: kept() == "['in', 'out']", said=kept)


def test_an_error_says_its_kind_and_place_and_the_message_it_is_about(talked):
    failed = said(talked, event="an event failed")[0]
    assert failed["error"][0]["type"] == "ValueError"
    assert failed["error"][0]["where"][-1].startswith("tests/support/failing.py:")
    assert said(talked, event="came in", trace=failed["trace"])


def test_nothing_personal_and_no_secret_stands_in_any_line(talked):
    everything = "\n".join(lines(talked))
    secrets = (talked.environment["SECRET_KEY"], "callback-token", *SECRETS)
    for planted in (OPENID, OPENID[1:], SEAT, TEXT, "13900000000", ANSWER, "王小明", TOKEN, *secrets):
        assert planted not in everything
        assert json.dumps(planted)[1:-1] not in everything
