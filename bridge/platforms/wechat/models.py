"""WeChat accounts, and the files that WeChat keeps for them for three days. Secrets are encrypted at rest."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from simple_history.models import HistoricalRecords

from bridge.base.fields import KeyField, SecretField
from bridge.models import Account, Media
from bridge.models.endpoints import UNTRACED
from bridge.models.validators import validate_aes_key

NAME = "wechat"


class WeChatAccount(Account):
    """One WeChat account: a service account, a subscription account (公众号) or a mini program (小程序)."""

    PLATFORM = NAME
    TITLE = gettext_noop("WeChat")
    CUSTOMER_WORDS = gettext_noop("WeChat user %(tail)s")

    class Kind(models.TextChoices):
        SERVICE = "service", _("service account")
        SUBSCRIPTION = "subscription", _("subscription account")
        MINI_PROGRAM = "mini_program", _("mini program")

    class Encryption(models.TextChoices):
        PLAIN = "plain", _("plain (not recommended)")
        COMPATIBLE = "compatible", _("compatible")
        SECURE = "secure", _("secure")

    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices, default=Kind.SERVICE)
    app_id = KeyField(_("app id"), max_length=64, unique=True)
    app_secret = SecretField(_("app secret"), max_length=128)
    token = SecretField(_("token"), max_length=64, help_text=_("The same as in WeChat's console."))
    previous_token = SecretField(
        _("previous token"),
        max_length=64,
        blank=True,
        null=True,
        help_text=_("Still accepted while WeChat changes over to a new token."),
    )
    encoding_aes_key = SecretField(
        _("EncodingAESKey"), max_length=64, blank=True, null=True, validators=[validate_aes_key]
    )
    previous_aes_key = SecretField(
        _("previous EncodingAESKey"),
        max_length=64,
        blank=True,
        null=True,
        validators=[validate_aes_key],
        help_text=_("Still accepted while WeChat changes over to a new key."),
    )
    encryption = models.CharField(_("encryption"), max_length=12, choices=Encryption.choices, default=Encryption.SECURE)
    api_base = models.URLField(_("API address"), default="https://api.weixin.qq.com", max_length=200)
    history = HistoricalRecords(
        app="bridge",
        excluded_fields=[
            *UNTRACED,
            "count_checked_at",
            "app_secret",
            "token",
            "previous_token",
            "encoding_aes_key",
            "previous_aes_key",
        ],
    )

    class Meta:
        app_label = "bridge"
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["slug"]

    def clean(self) -> None:
        if self.encryption != self.Encryption.PLAIN and not self.encoding_aes_key:
            raise ValidationError({"encoding_aes_key": _("Compatible and secure mode need an EncodingAESKey.")})


class Upload(models.Model):
    """A media file as WeChat's temporary media of one account: WeChat's id for it lives for three days."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="uploads")
    account = models.ForeignKey(WeChatAccount, models.CASCADE)
    kind = models.CharField(max_length=10)
    remote_id = models.CharField(max_length=150)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "bridge"
        constraints = [models.UniqueConstraint(fields=["media", "account", "kind"], name="upload_once")]
