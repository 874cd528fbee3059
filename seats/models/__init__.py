"""The seats' tables, one file a noun."""

from seats.models.assignments import Assignment, QueueEntry
from seats.models.seats import Seat, SeatGroup

__all__ = ["Assignment", "QueueEntry", "Seat", "SeatGroup"]
