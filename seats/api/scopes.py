"""What a token may be used for. It never does more than its owner may, and of that only what its scopes name.

`SealedTokenAuthentication` checks the scope of every request that brings a token, whichever view it is for. A view that takes
another scope than reading or answering names it as `scope`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from knox.models import AuthToken
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

READ, ANSWER, ADMINISTER, USERSIG, PERSONAL_IDS = "read", "answer", "administer", "usersig", "personal_ids"
SCOPES = {
    READ: gettext_lazy("read conversations, queues and reports"),
    ANSWER: gettext_lazy("answer customers, give commands, change your own presence"),
    ADMINISTER: gettext_lazy("make and change seats, groups, accounts, tags, replies and FAQ"),
    USERSIG: gettext_lazy("log in to Tencent IM as you (UserSig)"),
    PERSONAL_IDS: gettext_lazy("read the customers' OpenID and UnionID"),
}
SEES_IDS = "bridge.view_customer"


class InsufficientScope(PermissionDenied):
    """The token is valid, and not for this."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(_("This token is not for that: it lacks the scope %s.") % scope)
        self.auth_header = f'Bearer error="insufficient_scope", scope="{scope}"'


def needed(view: Any, method: str | None) -> str:
    """Return the scope that a request to the view takes."""
    return getattr(view, "scope", "") or (READ if method in SAFE_METHODS else ANSWER)


def words(names: Iterable[str]) -> str:
    """Return scopes as one column keeps them, in the order in which they are listed here."""
    chosen = set(names)
    return " ".join(name for name in SCOPES if name in chosen)


def may_read_personal_ids(request: Request) -> bool:
    """Tell whether who asks reads the customers' ids at their platform: by the permission with which the admin shows them."""
    scoped = not isinstance(request.auth, AuthToken) or PERSONAL_IDS in request.auth.scopes
    return scoped and request.user.has_perm(SEES_IDS)
