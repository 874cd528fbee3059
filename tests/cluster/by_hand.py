"""What is played by `make cluster` alone."""

from __future__ import annotations

import os

import pytest


def played_by_hand(missing: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a file of tests that wants what is not installed here, in words; "" where all of it is."""
    return [
        pytest.mark.workers,
        pytest.mark.services,
        pytest.mark.once,
        pytest.mark.timeout(1500),
        pytest.mark.skipif("CLUSTER" not in os.environ, reason="played by hand: make cluster"),
        pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}"),
    ]
