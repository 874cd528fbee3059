"""The seats' tables, one file a noun."""

from seats.models.assignments import Assignment, QueueEntry, TransferOffer
from seats.models.groups import SeatGroup
from seats.models.push import PushKey, PushSubscription
from seats.models.replies import CannedReply
from seats.models.roles import ReadyMadeRole
from seats.models.seats import Connection, Seat, Team
from seats.models.tokens import TokenSeal

__all__ = [
    "Assignment",
    "CannedReply",
    "Connection",
    "PushKey",
    "PushSubscription",
    "QueueEntry",
    "ReadyMadeRole",
    "Seat",
    "SeatGroup",
    "Team",
    "TokenSeal",
    "TransferOffer",
]
