"""Who asks, by an API token."""

from __future__ import annotations

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

from seats.models import TokenSeal


def make_token(user: User, days: int) -> tuple[AuthToken, str]:
    """Make a token that lasts for `days`, or until its owner has another password; return its row and the token itself."""
    with transaction.atomic():
        row, token = AuthToken.objects.create(user, expiry=timedelta(days=days))
        TokenSeal.objects.create(token=row.digest, owner=user, digest=user.get_session_auth_hash())
    return row, token


class SealedTokenAuthentication(TokenAuthentication):
    """knox's, which also refuses a token whose owner has another password than when it was made."""

    def validate_user(self, auth_token: AuthToken) -> tuple[Any, AuthToken]:
        """Return the owner and the token. Raises: AuthenticationFailed."""
        user, token = super().validate_user(auth_token)
        seal = TokenSeal.objects.filter(token=token.digest).values_list("digest", flat=True).first() or ""
        digests = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
        if not any(constant_time_compare(seal, digest) for digest in digests):
            raise AuthenticationFailed(_("The password was changed since this token was made: make another one."))
        return user, token


class SealedTokenScheme(KnoxTokenScheme):
    """How the API's schema describes these tokens."""

    target_class = "seats.api.authentication.SealedTokenAuthentication"
