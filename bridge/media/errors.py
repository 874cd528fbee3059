"""Why a file cannot be taken or passed on."""

from __future__ import annotations


class MediaError(Exception):
    """A file that cannot be fetched, read or fitted; the text says why, to a person.

    `temporary`: later it may work. `refused`: its address is one that we do not open, nor pass on.
    """

    def __init__(self, reason: str, *, temporary: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary
        self.refused = refused
