"""Asks which seats are connected, because a lost callback would leave a seat online or offline for ever.

Source: cloud.tencent.com/document/product/269/2566 (openim/query_online_status, at most 500 accounts a call).
"""

from __future__ import annotations

from typing import Any

from bridge.platforms.tencent_im import protocol
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.tencent_im.rest import call
from bridge.values.foreign import text_of

QUERY = "openim/query_online_status"
AT_ONCE = 500
UNKNOWN = "unknown"  # a client of which nobody says what it is


def present(app: TencentIMApp, accounts: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the connected clients of each account that Tencent knows. DeliveryError where it does not answer."""
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(accounts), AT_ONCE):
        answer = call(app, QUERY, {"To_Account": accounts[start : start + AT_ONCE], "IsNeedDetail": 1})
        results = answer.get("QueryResult")
        for result in results if isinstance(results, list) else []:
            if isinstance(result, dict) and (account := text_of(result.get("To_Account"))):
                found[account] = _clients(result)
    return found


def _clients(result: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the clients; "PushOnline" is a phone that only gets pushes, so nobody is looking at it."""
    details = result.get("Detail")
    if not isinstance(details, list):
        return (UNKNOWN,) if result.get("Status") == "Online" else ()
    online = (one for one in details if isinstance(one, dict) and one.get("Status") == "Online")
    return tuple(dict.fromkeys(protocol.client_name(text_of(one.get("Platform"))) or UNKNOWN for one in online))
