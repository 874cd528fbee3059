"""Access tokens: one fetch per account however many processes, kept in Redis.

Source: developers.weixin.qq.com, "获取稳定版接口调用凭据" (stable_token). Without `force_refresh` it returns the same token
while that lives; with it, the old one dies at once, at most 20 times a day.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import redis
from django.utils.translation import gettext as _

from bridge import http
from bridge.base import clock
from bridge.base.redis import client
from bridge.observe import counters, limits
from bridge.platforms.answers import code_of, words_of
from bridge.platforms.wechat.errors import delivery_error
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.foreign import whole_of
from bridge.values.outcomes import DeliveryError, Outcome

PATH = "/cgi-bin/stable_token"
MARGIN = 60  # seconds before its end at which a token is no longer used
LOCK_SECONDS = 20
LIFE = 7200  # seconds a token lives where WeChat's answer does not say it
BUSY = -1  # WeChat's code for "try again"; for an answer with neither token nor code


def _key(account: WeChatAccount) -> str:
    # The secret's digest is part of the key: with another secret or address, another token.
    origin = f"{account.api_base}\0{account.app_id}\0{account.app_secret}"
    return f"bridge:token:{hashlib.sha256(origin.encode()).hexdigest()[:32]}"


def get(account: WeChatAccount) -> str:
    """Return an access token that lives for another minute at least. DeliveryError where WeChat gives none."""
    return _cached(account) or _fetch(account, failed="")


def refresh(account: WeChatAccount, failed: str) -> None:
    """Get another token than `failed`: the one a sibling has fetched meanwhile, or a new one."""
    if _cached(account) in ("", failed):
        _fetch(account, failed)


def renew(account: WeChatAccount) -> None:
    """Ask WeChat for the token whether or not one is known; it stays the same while it lives. DeliveryError."""
    _keep(account, _ask(account, force=False))


def _cached(account: WeChatAccount) -> str:
    try:
        data = json.loads(client().get(_key(account)) or "{}")
    except (redis.RedisError, ValueError):
        return ""
    return data.get("token", "") if data.get("until", 0) > clock.now().timestamp() else ""


@contextlib.contextmanager
def _one_fetcher(account: WeChatAccount) -> Iterator[None]:
    """Let one process at a time in; without Redis all may, because asking without force changes nothing."""
    lock = client().lock(_key(account) + ":lock", timeout=LOCK_SECONDS, blocking_timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except redis.RedisError:
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(redis.RedisError):
            lock.release()


def _fetch(account: WeChatAccount, failed: str) -> str:
    with _one_fetcher(account):
        known = _cached(account)
        if known and known != failed:
            return known
        data = _ask(account, force=False)
        # Forcing kills the old token for everybody else, so only where the very token that failed comes back.
        if failed and data["access_token"] == failed:
            data = _ask(account, force=True)
        _keep(account, data)
        return data["access_token"]


def _ask(account: WeChatAccount, *, force: bool) -> dict[str, Any]:
    limits.check(account, PATH)
    try:
        data = _asked(account, force=force)
    except DeliveryError as error:
        counters.TOKENS.labels(error.code).inc()
        raise
    counters.TOKENS.labels("0").inc()
    return data


def _asked(account: WeChatAccount, *, force: bool) -> dict[str, Any]:
    body = {
        "grant_type": "client_credential",
        "appid": account.app_id,
        "secret": account.app_secret,
        "force_refresh": force,
    }
    try:
        data = http.post_json(account.api_base.rstrip("/") + PATH, {}, body)
        code = code_of(data, "errcode")
    except DeliveryError as error:
        if error.outcome is Outcome.UNKNOWN:
            # Of the token's fetch, not of the message: that was surely not sent yet.
            raise DeliveryError(error.code, error.reason, Outcome.RETRY) from None
        raise
    token = data.get("access_token")
    if code or not token or not isinstance(token, str):
        raise _refusal(account, delivery_error(code or BUSY, words_of(data, "errmsg")))
    return data


def _refusal(account: WeChatAccount, error: DeliveryError) -> DeliveryError:
    if error.outcome is Outcome.LIMIT:
        return limits.reached(account, PATH, _("access tokens"), error)
    return error


def _keep(account: WeChatAccount, data: dict[str, Any]) -> None:
    lives = max((whole_of(data.get("expires_in")) or LIFE) - MARGIN, 1)
    value = json.dumps({"token": data["access_token"], "until": clock.now().timestamp() + lives})
    with contextlib.suppress(redis.RedisError):
        client().set(_key(account), value, ex=lives)
