"""Who asks, by an API token, and whether the token is for what is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from seats.api import scopes
from seats.models import TokenSeal

MOST = 20  # tokens of one user
LONGEST = 730  # days


def make_token(user: User, days: int, chosen: Iterable[str] = (scopes.READ,), name: str = "") -> tuple[AuthToken, str]:
    """Make a token that lasts for `days`, or until its owner has another password; return its row and the token itself."""
    with transaction.atomic():
        row, token = AuthToken.objects.create(user, expiry=timedelta(days=days))
        TokenSeal.objects.create(
            token=row.digest, owner=user, digest=user.get_session_auth_hash(), scopes=scopes.words(chosen), name=name
        )
    return row, token


def tokens_of(user: User) -> list[AuthToken]:
    """Return the user's tokens, oldest first, each with what its seal says."""
    seals = {seal.token: seal for seal in TokenSeal.objects.filter(owner=user.pk)}
    rows = list(AuthToken.objects.filter(user=user.pk).order_by("created"))
    for row in rows:
        seal = seals.get(row.digest)
        row.name, row.scopes = (seal.name, seal.scopes.split()) if seal else ("", [])
    return rows


def end_token(user: User, key: str) -> bool:
    """End the user's token with this beginning; return whether there was one."""
    return bool(AuthToken.objects.filter(user=user.pk, token_key=key).delete()[0])


class SealedTokenAuthentication(TokenAuthentication):
    """knox's, which also refuses a token whose owner has another password than when it was made, and one without the scope."""

    def authenticate(self, request: Request) -> tuple[Any, AuthToken] | None:
        """Return the owner and the token. Raises: AuthenticationFailed, InsufficientScope."""
        try:
            found = super().authenticate(request)
        except UnicodeDecodeError:
            raise AuthenticationFailed(_("Invalid token.")) from None
        if found:
            needed = scopes.needed(request.parser_context.get("view"), request.method)
            if needed not in found[1].scopes:
                raise scopes.InsufficientScope(needed)
        return found

    def validate_user(self, auth_token: AuthToken) -> tuple[Any, AuthToken]:
        """Return the owner and the token, with its scopes. Raises: AuthenticationFailed."""
        user, token = super().validate_user(auth_token)
        seal = TokenSeal.objects.filter(token=token.digest).first()
        digests = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
        if seal is None or not any(constant_time_compare(seal.digest, digest) for digest in digests):
            raise AuthenticationFailed(_("The password was changed since this token was made: make another one."))
        token.scopes = frozenset(seal.scopes.split())
        return user, token


class SealedTokenScheme(KnoxTokenScheme):
    """How the API's schema describes these tokens."""

    target_class = "seats.api.authentication.SealedTokenAuthentication"
