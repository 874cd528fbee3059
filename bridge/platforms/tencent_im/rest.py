"""Calls of Tencent IM's REST API.

Source: cloud.tencent.com/document/product/269/1519.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.utils.translation import gettext as _

from bridge import http
from bridge.base import clock
from bridge.platforms.answers import code_of, words_of
from bridge.platforms.reactions import Reaction
from bridge.platforms.tencent_im import errors, pace
from bridge.platforms.tencent_im.crypto import user_sig
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.values.characters import clean_all
from bridge.values.outcomes import DeliveryError, Outcome

SIG_SECONDS = 86400
UINT32 = 2**32
_sigs: dict[tuple[int, str, str], tuple[float, str]] = {}


def _signature(app: TencentIMApp) -> str:
    """Return the administrator's UserSig, made afresh when half of its life is over."""
    key = (app.sdk_app_id, app.secret_key, app.admin)
    made, sig = _sigs.get(key, (0.0, ""))
    now = clock.now().timestamp()
    if not sig or not 0 <= now - made < SIG_SECONDS / 2:
        sig = user_sig(app.sdk_app_id, app.secret_key, app.admin, int(now), SIG_SECONDS)
        _sigs[key] = (now, sig)
    return sig


def call(app: TencentIMApp, command: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make one API call as the app's administrator. DeliveryError where `ErrorCode` is not 0."""
    params = {
        "sdkappid": str(app.sdk_app_id),
        "identifier": app.admin,
        "usersig": _signature(app),
        "random": str(secrets.randbelow(UINT32)),
        "contenttype": "json",
    }
    reply = http.post_json(f"{app.address}/v4/{command}", params, clean_all(body))
    code = code_of(reply, "ErrorCode")
    if not code and reply.get("ActionStatus") == "FAIL":
        raise DeliveryError("reply", _("the platform's answer cannot be read"), Outcome.UNKNOWN)
    if code:
        reaction = errors.classify(code)
        if reaction is Reaction.SIGNATURE:
            _sigs.clear()
        if reaction is Reaction.SLOWER:
            pace.slow_down(app)
        raise errors.delivery_error(code, words_of(reply, "ErrorInfo"))
    return reply
