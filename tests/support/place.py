"""Where a server of a test's own runs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.stack import free_port


@dataclass(frozen=True)
class Place:
    """An address of this machine, and the words before a command that runs there (`nsenter ...`)."""

    address: str = "127.0.0.1"
    inside: tuple[str, ...] = ()

    def free_port(self) -> int:
        """Return a port that nobody listens to. What is free on this machine's own address is free in a namespace too."""
        return free_port("127.0.0.1" if self.inside else self.address)


HERE = Place()
