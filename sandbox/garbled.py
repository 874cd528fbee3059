"""Answers that are none of a platform's: what a gateway in front of it says, or bytes that mean nothing."""

from __future__ import annotations

from django.http import HttpResponse

from sandbox.world import Fault


def garbled(fault: Fault) -> HttpResponse | None:
    """Return the answer that a fault puts in the place of the platform's; None where it speaks as the platform does."""
    if not (fault.status or fault.text):
        return None
    return HttpResponse(fault.text or "the gateway says no\n", status=fault.status or 200, content_type="text/html")
