"""Fetches an account's templates: those of template messages, and those of subscription notices.

Source: developers.weixin.qq.com, "获取模板列表" (template/get_all_private_template), "获取私有模板" (newtmpl/gettemplate).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bridge.models import Template
from bridge.platforms.wechat import client
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.notices import blanks
from bridge.values.foreign import text_of
from bridge.values.outcomes import DeliveryError

LASTING = "3"  # the type of a subscription notice that is accepted for good; 2 is of one for each acceptance
NO_RIGHT = ("48001",)  # an account may have only one of the two kinds
Row = dict[str, Any]


def fetch(account: WeChatAccount, now: datetime) -> int:
    """Take over the account's templates as WeChat has them; return how many. DeliveryError where it does not say.

    What stands in the blanks stays, for those that are still there.
    """
    found = [*_asked(account, client.TEMPLATES, "template_list", "template_id", subscribed=False)]
    found += _asked(account, client.SUBSCRIPTIONS, "data", "priTmplId", subscribed=True)
    for row in found:
        Template.objects.update_or_create(
            account=account, remote_id=row.pop("remote_id"), defaults={**row, "gone": False, "fetched_at": now}
        )
    Template.objects.filter(account=account, fetched_at__lt=now).update(gone=True)
    return len(found)


def _asked(account: WeChatAccount, path: str, listed: str, named: str, *, subscribed: bool) -> list[Row]:
    if account.kind == WeChatAccount.Kind.MINI_PROGRAM and not subscribed:
        return []
    try:
        rows = client.ask(account, path).get(listed)
    except DeliveryError as error:
        if error.code in NO_RIGHT:
            return []
        raise
    usable = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [_row(row, text_of(row.get(named)), subscribed=subscribed) for row in usable if text_of(row.get(named))]


def _row(said: dict[str, Any], remote_id: str, *, subscribed: bool) -> Row:
    body = text_of(said.get("content"))
    subscription = Template.Kind.LASTING if text_of(said.get("type")) == LASTING else Template.Kind.ONCE
    return {
        "remote_id": remote_id[:100],
        "kind": subscription if subscribed else Template.Kind.FREE,
        "title": (text_of(said.get("title")) or remote_id)[:100],
        "body": body,
        "example": text_of(said.get("example")),
        "blanks": blanks.names(body),
    }
