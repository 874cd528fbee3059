"""Events about who serves a conversation: the seats app posts them, the bot of the conversation's mode decides on them.

They only say what was found; the lane decides, with what is true by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop

from bridge.inbox.events import ConversationEvent


@dataclass(frozen=True)
class PlaceFree(ConversationEvent):
    """There may be a place for this customer, who is the first of a queue."""

    kind = "place_free"
    title = gettext_noop("a place is free")


@dataclass(frozen=True)
class SeatSought(ConversationEvent):
    """A seat is looked for: a chatbot hands the conversation over unasked, or it was in no group and its account has one by now."""

    kind = "seat_sought"
    title = gettext_noop("a group is there now")


@dataclass(frozen=True)
class OverflowDue(ConversationEvent):
    """The customer has waited long enough for a second group."""

    kind = "overflow"
    title = gettext_noop("another group may take it")


@dataclass(frozen=True)
class WaitOver(ConversationEvent):
    """The customer has waited too long, or it is closed now."""

    kind = "give_up"
    title = gettext_noop("the wait is over")


@dataclass(frozen=True)
class SeatSilent(ConversationEvent):
    """The seat has not answered what the customer wrote at `since`."""

    kind = "remind_seat"
    title = gettext_noop("the seat has not answered")

    since: datetime


@dataclass(frozen=True)
class CustomerSilent(ConversationEvent):
    """The customer has said nothing since the seat's last word, at `last`."""

    kind = "remind_customer"
    title = gettext_noop("the customer is silent")

    last: datetime


@dataclass(frozen=True)
class ConversationIdle(ConversationEvent):
    """Nobody has said anything for long since the seat's last word, at `last`."""

    kind = "close_idle"
    title = gettext_noop("nobody has written for long")

    last: datetime


@dataclass(frozen=True)
class SeatGone(ConversationEvent):
    """The customer waits for a seat that went offline at `since`."""

    kind = "take_back"
    title = gettext_noop("the seat has gone")

    since: datetime


@dataclass(frozen=True)
class OfferOver(ConversationEvent):
    """Nobody has accepted the offered conversation in time."""

    kind = "offer_over"
    title = gettext_noop("the transfer request has expired")
