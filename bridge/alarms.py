"""Alarms: what people must do something about, said on IM by the system account to those who supervise."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bridge import inbox, nudges
from bridge.agents import Agent, directory
from bridge.endpoints import wechat_accounts
from bridge.models import Delivery


def tell(agents: Iterable[Agent], words: str) -> None:
    """Let the system account say `words` to each agent; each agent's own lane sends it."""
    for agent in agents:
        inbox.post(f"seat:{agent.im_id}", "tell", {"im_id": agent.im_id, "text": words})
    nudges.notify()


def raise_alarm(delivery: Delivery, said: str) -> None:
    """Tell the supervisors of an account's group that WeChat refuses it; the app's own trouble can't be told on IM."""
    account = wechat_accounts.get(str(delivery.account_id)) if delivery.account_id else None
    if account is not None:
        words = _("%(account)s: WeChat refuses this account (%(said)s). Its messages are kept and wait.")
        tell(directory().supervisors(account.group), words % {"account": account.name, "said": said})
