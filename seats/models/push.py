"""The browser's push: the site's keys, and where a seat's browsers take notifications while the desk is closed."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import models
from django.utils.translation import gettext_lazy as _
from py_vapid import Vapid02

from bridge.base.fields import KeyField, SecretField
from seats.models.seats import Seat


class PushKey(models.Model):
    """The key pair by which push services know this site (VAPID, RFC 8292); made once, as browsers subscribe to it."""

    private = SecretField(max_length=1000)

    class Meta:
        default_permissions = ()
        verbose_name = _("push key")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def of_site(cls) -> PushKey:
        """Return the site's key, made anew where there is none, or none that can be read."""
        found = cls.objects.filter(pk=1).first()
        if found and found.private:
            return found
        made = Vapid02()
        made.generate_keys()
        pem = made.private_pem().decode()
        if found is None:
            return cls.objects.get_or_create(pk=1, defaults={"private": pem})[0]
        found.private = pem
        found.save()
        return found

    def vapid(self) -> Vapid02:
        """Return it as the library takes it."""
        return Vapid02.from_pem(self.private.encode())

    @property
    def public(self) -> str:
        """Return the public half as browsers take it: the point, uncompressed, in base64url without padding."""
        point = self.vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


class PushSubscription(models.Model):
    """One browser of a seat: where to push to, and the keys with which only that browser reads it (RFC 8291).

    `digest` is that of the endpoint, which is too long to be unique; `language` that of the desk in it.
    """

    seat = models.ForeignKey(Seat, models.CASCADE, related_name="push_subscriptions", verbose_name=_("seat"))
    digest = KeyField(max_length=64, unique=True)
    endpoint = models.URLField(_("endpoint"), max_length=1000)
    p256dh = models.CharField(max_length=100)
    auth = SecretField(max_length=50)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    created_at = models.DateTimeField(_("since"))
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)

    class Meta:
        default_permissions = ()
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")

    def __str__(self) -> str:
        return f"{self.seat} #{self.pk}"

    @classmethod
    def keep(cls, seat: Seat, endpoint: str, keys: dict[str, str], language: str, now: datetime) -> PushSubscription:
        """Write down a browser, which is this seat's from now on: whoever had it before is logged out there."""
        own: dict[str, Any] = {"seat": seat, "endpoint": endpoint, "p256dh": keys["p256dh"], "auth": keys["auth"]}
        own |= {"language": language, "created_at": now, "failures": 0}
        return cls.objects.update_or_create(digest=digest_of(endpoint), defaults=own)[0]


def digest_of(endpoint: str) -> str:
    """Return what a subscription is found by."""
    return hashlib.sha256(endpoint.encode()).hexdigest()
