"""Commands by the API: an event in the conversation's lane, like one written on IM, and its answer."""

from __future__ import annotations

import time
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from bridge.live.parameters import parameters
from bridge.models import InboundEvent
from bridge.pipeline.bots import command_table
from bridge.pipeline.commands import Command
from seats.api import outcomes
from seats.api.problems import MEDIA_TYPE, problem

POLL = 0.02
State = InboundEvent.State


def find(name: str) -> Command:
    """Return the seats' command called `name`. NotFound where there is none."""
    found = command_table().get(name.lower())
    if found is None or "seat" not in found[1].sides:
        raise NotFound(_("There is no command %s.") % name)
    return found[1]


def arguments(command: Command, given: Any) -> dict[str, str]:
    """Return the command's arguments out of a request's body. ValidationError naming what is wrong."""
    if not isinstance(given, dict):
        raise ValidationError(_("Send an object with the command's arguments."))
    known = {flag.name: flag for flag in command.flags}
    wrong: dict[str, str] = {}
    for name, value in given.items():
        if name not in known:
            wrong[name] = _("Unknown; known are: %s.") % (", ".join(known) or "-")
        elif not isinstance(value, str) or len(value) > 2000:
            wrong[name] = _("Must be a text of at most 2000 characters.")
    for flag in command.flags:
        if flag.required and not str(given.get(flag.name) or "").strip():
            wrong.setdefault(flag.name, _("Is missing."))
    if wrong:
        raise ValidationError(wrong)
    return dict(given.items())  # of a form too, whose fields are lists otherwise


def wait_for(keys: list[str]) -> dict[str, InboundEvent]:
    """Return the events with these keys once they are done, or as they are after API_WAIT_SECONDS."""
    ends = time.monotonic() + parameters.API_WAIT_SECONDS
    while True:
        events = {event.dedup: event for event in InboundEvent.objects.filter(dedup__in=keys)}
        if all(event.state != State.NEW for event in events.values()) or time.monotonic() >= ends:
            return events
        time.sleep(POLL)


def wait_one(key: str) -> InboundEvent:
    """Return the event with this key once it is done, or as it is after API_WAIT_SECONDS."""
    return wait_for([key])[key]


def wait_delivered(key: str) -> InboundEvent:
    """Return the event with this key once the message that it writes has arrived or failed, or after API_WAIT_SECONDS."""
    ends, event = time.monotonic() + parameters.API_WAIT_SECONDS, wait_one(key)
    while event.state == State.DONE and time.monotonic() < ends:
        written = outcomes.message_of(event)
        if written is None or written["state"] not in outcomes.UNDER_WAY:
            break
        time.sleep(POLL)
    return event


def answer(key: str) -> Response:
    """Return the answer for one event."""
    return answer_with(outcomes.of(wait_one(key)))


def answer_message(key: str, *, wait: bool) -> Response:
    """Return the answer for an event that writes to the customer; with `wait` only once it has arrived or failed."""
    event = wait_delivered(key) if wait else wait_one(key)
    return answer_with(outcomes.of_message(event, taken_in=not wait))


def answer_with(came: dict[str, Any]) -> Response:
    """Return the answer that says what came of an event; where nothing did, it is a problem that says so as well."""
    status = outcomes.STATUS[came["outcome"]]
    if status < 400:
        return Response(came, status)
    return Response({**came, **problem(status, came["outcome"], came["detail"])}, status, content_type=MEDIA_TYPE)
