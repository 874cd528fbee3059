"""Alarms: what people must do something about, said on IM by the system account to those who supervise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import redis
from django.utils.translation import gettext as _

from bridge.base.redis import client
from bridge.inbox import storing
from bridge.inbox.events import AgentNotified, Event
from bridge.live.endpoints import account_id_of
from bridge.models import Account, Delivery, Endpoint, InboundEvent
from bridge.models.endpoints import title_of
from bridge.values.agents import Agent, directory, seat_lane

QUIET_SECONDS = 3600  # within which the same is not said again


def notify(agents: Iterable[Agent], words: str, post: Callable[[str, Event], Any]) -> None:
    """Let the system account say `words` to each agent: `post` tells each agent's own lane, which sends it."""
    for agent in agents:
        post(seat_lane(agent.im_id), AgentNotified(agent.im_id, words))


def raise_alarm(delivery: Delivery, code: str, said: str) -> None:
    """Tell the supervisors of the group whose customer it is about that a platform refuses; the same once an hour."""
    account = Account.objects.filter(pk=account_id_of(delivery) or 0).first()
    if account is None:
        return
    if delivery.account_id:
        words = _("%(account)s: %(platform)s refuses this account (%(said)s). Its messages are kept and wait.")
    else:
        words = _("%(account)s: %(platform)s refuses messages (%(said)s).")
    warn(
        account,
        f"{delivery.platform}:{account.pk}:{code}",
        words % {"account": account.name, "platform": title_of(delivery.platform), "said": f"{code}: {said}"},
    )


def warn(endpoint: Endpoint, key: str, words: str) -> None:
    """Say `words` to the supervisors of the account's group, those with the same `key` once an hour."""
    if _is_news(key):
        group = endpoint.group if isinstance(endpoint, Account) else ""
        notify(directory().supervisors(group), words, storing.post)


def cannot_read(event: InboundEvent) -> None:
    """Tell the supervisors of the account's group that something came which nobody can read; the same once an hour."""
    account = Account.objects.filter(pk=event.account_id or 0).first()
    if account is None or not _is_news(f"{event.platform}:{account.pk}:unreadable"):
        return
    words = _(
        "%(account)s: a push of %(platform)s could not be read (event %(event)d). It is kept, and can be worked on again."
    )
    notify(
        directory().supervisors(account.group),
        words % {"account": account.name, "platform": title_of(event.platform), "event": event.pk},
        storing.post,
    )


def _is_news(key: str) -> bool:
    try:
        return bool(client().set(f"bridge:alarm:{key}", "1", nx=True, ex=QUIET_SECONDS))
    except redis.RedisError:
        return True
