"""Access tokens of both kinds. They know nothing of each other: each keeps its own token alive.

`stable_token` gives the same token while it lives; `token` gives a new one at every call, and the one before dies five
minutes later. Source: developers.weixin.qq.com, "get access token" and "get stable access token".
"""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.world import TOKEN_SECONDS, World

FORCED_A_DAY, FORCED_PAUSE = 20, 30.0
OLD_SECONDS = 300


def may_force(here: World, slug: str) -> bool:
    """Tell whether a stable token may be forced anew: 20 times a day, 30 seconds apart. The call counts."""
    with here.lock:
        now = here.now()
        forced = [at for at in here.forced.get(slug, []) if now - at < 86400]
        allowed = len(forced) < FORCED_A_DAY and (not forced or now - forced[-1] >= FORCED_PAUSE)
        here.forced[slug] = [*forced, now] if allowed else forced
        return allowed


def stable(here: World, slug: str, force: bool) -> tuple[str, float]:
    """Return the account's stable token and until when it lives; a forced one kills the one before at once."""
    with here.lock:
        token, until = here.tokens.get(slug, ("", 0.0))
        if force or until < here.now():
            token, until = _new(here)
            here.tokens[slug] = (token, until)
        return token, until


def classic(here: World, slug: str) -> tuple[str, float]:
    """Return a new classic token. The one before lives for five more minutes, the one before that is dead."""
    with here.lock:
        former = here.classic_tokens.get(slug, [])[:1]
        old = [(token, min(until, here.now() + OLD_SECONDS)) for token, until in former]
        here.classic_tokens[slug] = [_new(here), *old]
        return here.classic_tokens[slug][0]


def _new(here: World) -> tuple[str, float]:
    return f"sandbox_{secrets.token_hex(32)}", here.now() + TOKEN_SECONDS


def account_of(here: World, token: str) -> tuple[str, int]:
    """Return the slug of the account whose token this is and 0, or nothing and the error code."""
    if not token:
        return "", 41001
    with here.lock:
        known = [(slug, *one) for slug, one in here.tokens.items()]
        known += [(slug, *one) for slug, several in here.classic_tokens.items() for one in several]
    for slug, one, until in known:
        if one == token:
            return slug, 0 if until > here.now() else 42001
    return "", 40001


def refusal(grant_type: Any, secret: Any, account: dict[str, Any] | None) -> tuple[int, str]:
    """Return the code with which a call for a token is refused, or 0."""
    if grant_type != "client_credential":
        return 40002, "invalid grant_type"
    if account is None:
        return 40013, "invalid appid"
    return (0, "") if secret == account["app_secret"] else (40125, "invalid appsecret")
