"""An account's own tags at WeChat.

Source: developers.weixin.qq.com, "标签管理" (tags/get, tags/create, tags/members/batchtagging). WeChat's own tags have the ids
0 to 2.
"""

from __future__ import annotations

from bridge.platforms.wechat import client
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.foreign import object_of, text_of, whole_of


def tags_of(account: WeChatAccount) -> dict[int, str]:
    """Return the names of the account's tags by their ids at WeChat. DeliveryError where it does not say."""
    rows = client.ask(account, client.TAGS).get("tags")
    found: dict[int, str] = {}
    for row in rows if isinstance(rows, list) else []:
        number, name = whole_of(object_of(row).get("id")), text_of(object_of(row).get("name"))
        if number is not None and name:
            found[number] = name[:60]
    return found
