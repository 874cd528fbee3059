"""Who carries out the seats' actions; called by `bridge.apply.scene` inside the event's transaction.

Importing the package registers them all.
"""

from seats.handlers import assigning, presence, reporting, transferring

__all__ = ["assigning", "presence", "reporting", "transferring"]
