"""Seats, groups, presence, assignment and queue."""
