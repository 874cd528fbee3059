"""What a process remembers, forgotten: nothing of one test is known in the next."""

from __future__ import annotations

from bridge.base import outage
from bridge.base.redis import client
from bridge.live import endpoints, parameters
from bridge.observe import exchanges
from bridge.outbox import quickness
from bridge.platforms import customers
from bridge.platforms.tencent_im import accounts as im_accounts
from bridge.platforms.tencent_im import pace
from bridge.platforms.wechat import door as wechat_door
from seats.routing import opening


def forget() -> None:
    """Forget what was remembered of accounts, customers, parameters and outages, and empty the Redis."""
    client().flushdb()
    outage.database.over()
    wechat_door.accounts.forget()
    endpoints.forget()
    im_accounts.forget()
    pace.forget()
    customers.forget()
    quickness.forget()
    exchanges.recorder.clear()
    opening.plans.forget()
    # Nothing is changed in the admin; a test that changes something forgets this. Most need no database for it.
    parameters.stored.remember({})
