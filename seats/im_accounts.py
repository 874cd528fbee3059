"""Which IM accounts can be a seat's. A seat may log in to its own one, so it must be nobody else's."""

from __future__ import annotations

from bridge.models import Customer
from bridge.platforms.registry import seats_platform


def may_be_seats(im_id: str) -> bool:
    """Tell whether the account can be a seat's: not the platform's administrator's, not ours, not a customer's."""
    reserved = {one.lower() for one in seats_platform().reserved()}
    return im_id.lower() not in reserved and not Customer.objects.filter(im_id=im_id).exists()
