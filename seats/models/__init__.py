"""The seats' tables, one file a noun."""

from seats.models.assignments import Assignment, QueueEntry, TransferOffer
from seats.models.groups import SeatGroup
from seats.models.seats import Connection, Seat

__all__ = ["Assignment", "Connection", "QueueEntry", "Seat", "SeatGroup", "TransferOffer"]
