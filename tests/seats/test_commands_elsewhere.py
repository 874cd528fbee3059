"""A command given elsewhere than on IM is one and the same event, whoever posts it: none forgets who its author is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User

from bridge.inbox import events
from bridge.inbox.events import CommandGiven
from bridge.models import InboundEvent
from seats.models import Seat
from tests.support.actors import seat_message
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


@pytest.fixture
def floor(day, monkeypatch):
    """Alice, who may oversee every group, has customer 1; customer 2 waits."""
    day.site.alice.user.user_permissions.add(Permission.objects.get(codename="oversee"))
    day.site.login("alice")
    day.arrive(1)
    Seat.objects.update(availability="busy")
    day.arrive(2)
    day.works_at_once(monkeypatch)
    return day


def by_the_api(day) -> str:
    client_of("alice").post(f"/api/conversations/{conversation(2).pk}/commands/take/", {}, "application/json")
    return "alice"


def by_the_api_whoever_waits_longest(day) -> str:
    client_of("alice").post("/api/me/take/", {}, "application/json")
    day.site.work()
    return "alice"


def from_another_chat(day) -> str:
    day.site.im_callback(
        "C2C.CallbackAfterSendMsg", seat_message("alice", "bridge_system", f"#take -c {conversation(2).pk}")
    )
    day.site.work()
    return "alice"


def in_the_admin(day) -> str:
    User.objects.create_superuser("chief")
    data = {
        "action": "reassign_selected",
        "_selected_action": [conversation(2).pk],
        "target": "sales",
        "confirm": "yes",
    }
    client_of("chief").post("/admin/bridge/conversation/", data)
    return "chief"


@pytest.mark.parametrize(
    ("way", "oversees", "quiet"),
    [
        (by_the_api, True, True),
        (by_the_api_whoever_waits_longest, True, True),
        (from_another_chat, False, False),
        (in_the_admin, True, True),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_the_author_comes_along(floor, way, oversees, quiet):
    name = way(floor)
    stored = InboundEvent.objects.filter(lane=floor.customer(2).im_id, kind=CommandGiven.kind).get()
    event = events.read(stored.kind, stored.body)
    assert isinstance(event, CommandGiven)
    assert (event.author.site, event.author.quiet) == (oversees, quiet)
    assert (event.author.agent.name, event.conversation) == (name, conversation(2).pk)
