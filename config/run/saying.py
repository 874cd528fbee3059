"""What preparing and serving both say, and what the one tells the other."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True)
class Prepared:
    """A site that can be started: its supervisor's configuration, its addresses, the demo's file ("": no demo)."""

    config: str
    local: str
    public: str
    sandbox: str
    site: str
    password: str  # of the first admin, as it is shown


def say(line: str = "") -> None:
    """Print a line at once."""
    print(line, flush=True)


def fail(line: str) -> NoReturn:
    """Stop with an error in words."""
    sys.exit(f"✗ {line}")
