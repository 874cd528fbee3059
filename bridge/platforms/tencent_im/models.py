"""The Tencent IM app. Its secrets are encrypted at rest."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bridge.base.fields import KeyField, SecretField
from bridge.models.endpoints import UNTRACED, Endpoint
from bridge.models.validators import IM_ID

NAME = "tencent_im"
# The secret that rotates, with the field that keeps its predecessor
ROTATES = {"callback_token": "previous_callback_token"}
REGIONS = {
    "china": "https://console.tim.qq.com",
    "singapore": "https://adminapisgp.im.qcloud.com",
    "seoul": "https://adminapikr.im.qcloud.com",
    "tokyo": "https://adminapijpn.im.qcloud.com",
    "frankfurt": "https://adminapiger.im.qcloud.com",
    "silicon_valley": "https://adminapiusa.im.qcloud.com",
    "jakarta": "https://adminapiidn.im.qcloud.com",
}


class TencentIMApp(Endpoint):
    """The Tencent IM application whose clients the seats use. There is one.

    Its REST API lives at its region's address (cloud.tencent.com/document/product/269/1519).
    """

    PLATFORM = NAME
    TITLE = gettext_noop("Tencent IM")

    class Region(models.TextChoices):
        CHINA = "china", _("China")
        SINGAPORE = "singapore", _("Singapore")
        SEOUL = "seoul", _("Seoul")
        TOKYO = "tokyo", _("Tokyo")
        FRANKFURT = "frankfurt", _("Frankfurt")
        SILICON_VALLEY = "silicon_valley", _("Silicon Valley")
        JAKARTA = "jakarta", _("Jakarta")

    sdk_app_id = models.BigIntegerField(_("SDKAppID"), unique=True)
    secret_key = SecretField(_("secret key"), max_length=128)
    admin = models.CharField(_("administrator account"), max_length=32, default="administrator")
    callback_token = SecretField(
        _("callback token"),
        max_length=128,
        blank=True,
        null=True,
        help_text=_("Signs the callbacks. Without it they are refused, unless unsigned ones are allowed."),
    )
    previous_callback_token = SecretField(
        _("previous callback token"),
        max_length=128,
        blank=True,
        null=True,
        help_text=_("Still accepted until Tencent's console has the new one."),
    )
    allow_unsigned = models.BooleanField(_("allow unsigned callbacks"), default=False)
    region = models.CharField(_("region"), max_length=15, choices=Region.choices, default=Region.CHINA)
    api_base = models.URLField(
        _("API address"), blank=True, max_length=200, help_text=_("Empty: the one of the region.")
    )
    rate_limit = models.PositiveIntegerField(
        _("calls a second"),
        default=200,
        validators=[MinValueValidator(1)],
        help_text=_("Of each command; Tencent's own limit is 200."),
    )
    system_account = KeyField(
        _("system account"),
        max_length=32,
        default="bridge_system",
        validators=[IM_ID],
        help_text=_("The IM account from which seats hear what belongs to no customer. It is imported by itself."),
    )
    system_name = models.CharField(
        _("name of the system account"), max_length=50, blank=True, help_text=_("What the seats' clients show.")
    )
    history = HistoricalRecords(
        app="bridge", excluded_fields=[*UNTRACED, "secret_key", "callback_token", "previous_callback_token"]
    )

    class Meta:
        app_label = "bridge"
        verbose_name = _("Tencent IM app")
        verbose_name_plural = _("Tencent IM app")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the app under its number, which is the only name that Tencent gives it."""
        self.name = str(self.sdk_app_id)
        super().save(*args, **kwargs)

    @classmethod
    def called(cls, name: str) -> str:
        """Return the app's number with what it is the number of."""
        return f"{gettext(cls.TITLE)} {name}"

    @property
    def address(self) -> str:
        """Return the base of the REST API's addresses, without a slash at its end."""
        return (self.api_base or REGIONS[self.region]).rstrip("/")
