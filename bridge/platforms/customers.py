"""What one platform asks of the platform that a customer writes on, whichever that is."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from bridge.base import clock
from bridge.live.endpoints import account_id_of, endpoints
from bridge.models import Customer, Delivery
from bridge.platforms.base import Platform, Profile
from bridge.platforms.registry import get_platform
from bridge.values.outcomes import DeliveryError, Outcome

logger = logging.getLogger(__name__)

SECONDS = 60.0  # for which an account that did not answer is not asked for profiles
PROFILE_LIFE = timedelta(days=30)
_unreachable: dict[int, float] = {}  # account -> until when it is not asked for profiles


def forget() -> None:
    """Ask every account for profiles again; for tests."""
    _unreachable.clear()


def source_of(delivery: Delivery) -> Platform:
    """Return the platform that has the files which the delivery's customer sent; one that has none where the account is gone."""
    account = endpoints.account(account_id_of(delivery))
    return get_platform(account.platform) if account else Platform()


def read_profile(customer: Customer) -> None:
    """Ask the customer's platform who they are, now and then. It is a kindness: where it fails, the message goes on without."""
    now, account = clock.now(), customer.account
    if customer.profile_at and now - customer.profile_at < PROFILE_LIFE:
        return
    if account.trouble or time.monotonic() < _unreachable.get(account.pk, 0.0):
        return
    try:
        profile = get_platform(account.platform).profile(customer) or Profile()
    except DeliveryError as error:
        logger.info("no profile of customer %s: %s", customer.pk, error.code)
        if error.outcome is not Outcome.FAIL or not error.code.lstrip("-").isdigit():
            # The platform did not answer, or not now: the next customers' messages do not wait for it as well.
            _unreachable[account.pk] = time.monotonic() + SECONDS
            return
        profile = Profile()
    customer.profile_at = now
    customer.unionid = profile.unionid[:64] or customer.unionid
    customer.remark = customer.remark or profile.remark[:100]
    customer.scene = customer.scene or profile.scene[:100]
    customer.save(update_fields=["profile_at", "unionid", "remark", "scene"])
