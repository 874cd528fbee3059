"""What one platform asks of the platform that a customer writes on, whichever that is."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import WayLearned
from bridge.live.endpoints import account_id_of, endpoints
from bridge.live.parameters import parameters_of
from bridge.models import Account, Customer, Delivery
from bridge.platforms.base import Platform, Profile
from bridge.platforms.registry import get_platform
from bridge.values.outcomes import DeliveryError, Outcome

logger = logging.getLogger(__name__)

SECONDS = 60.0  # for which an account that did not answer is not asked for profiles
PROFILE_LIFE = timedelta(days=30)
WAY_LIFE = timedelta(days=2)
WAYS_A_RUN, ASKED_AT_ONCE = 1000, 100  # customers of an account
_unreachable: dict[int, float] = {}  # account -> until when it is not asked for profiles


def forget() -> None:
    """Ask every account for profiles again; for tests."""
    _unreachable.clear()


def source_of(delivery: Delivery) -> Platform:
    """Return the platform that has the files which the delivery's customer sent; one that has none where the account is gone."""
    account = endpoints.account(account_id_of(delivery))
    return get_platform(account.platform) if account else Platform()


def is_known(customer: Customer) -> bool:
    """Tell whether their platform need not be asked who they are: it was, not long ago."""
    return customer.profile_at is not None and clock.now() - customer.profile_at < PROFILE_LIFE


def read_profile(customer: Customer) -> None:
    """Ask the customer's platform who they are, now and then. It is a kindness: where it fails, the message goes on without."""
    now, account = clock.now(), customer.account
    if is_known(customer):
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
    customer.way = customer.way or profile.way
    customer.save(update_fields=["profile_at", "unionid", "remark", "scene", "way"])


def learn_ways() -> int:
    """Ask by which ways people began to follow of whom that is not known yet; return of how many it is now.

    The newest are asked for first. After WAY_LIFE without an answer nobody is asked for any more.
    """
    waiting = Customer.objects.filter(way_asked_since__gte=clock.now() - WAY_LIFE, subscribed=True)
    return sum(
        _learn(account, list(waiting.filter(account=pk).order_by("-way_asked_since")[:WAYS_A_RUN]))
        for pk in sorted(set(waiting.values_list("account", flat=True)))
        if (account := endpoints.account(pk)) and not account.trouble
    )


def _learn(account: Any, customers: list[Customer]) -> int:
    """Post what the platform says of these customers of the account in their lanes. Where it refuses, the rest waits."""
    learned = 0
    for at in range(0, len(customers), ASKED_AT_ONCE):
        page = customers[at : at + ASKED_AT_ONCE]
        try:
            ways = get_platform(account.platform).ways(account, [one.openid for one in page])
        except DeliveryError as error:
            logger.info("how followers came to account %s: %s %s", account.pk, error.code, error.reason)
            return learned
        for one in page:
            if one.way_asked_since and (way := ways.get(one.openid)):
                key = f"way:{one.pk}:{one.way_asked_since.timestamp()}"
                learned += bool(storing.post(one.im_id, WayLearned(one.way_asked_since, way), key=key))
    return learned


def keep_in_step() -> int:
    """Keep remarks and tags in step for the accounts that want it; return how many. One that refuses waits for the next run."""
    kept = 0
    for row in Account.objects.order_by("pk"):
        wanted = parameters_of(row.pk).PROFILES_IN_STEP
        account = endpoints.account(row.pk)
        if wanted == "off" or account is None or account.trouble:
            continue
        try:
            get_platform(account.platform).keep_in_step(account, both=wanted == "both")
            kept += 1
        except DeliveryError as error:
            logger.warning("remarks and tags of account %s: %s %s", row.pk, error.code, error.reason)
    return kept


def came_from(customer: Customer) -> str:
    """Return in words where the customer came from; "" where that is not known."""
    return get_platform(customer.account.platform).source_words(customer.scene) if customer.scene else ""
