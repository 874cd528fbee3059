"""The two ends of the bridge: WeChat accounts and the Tencent IM app. Their secrets are encrypted at rest."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from bridge.fields import KeyField, SecretField

AES_KEY_LENGTH = 43


def validate_aes_key(value: str) -> None:
    """Refuse what cannot be an EncodingAESKey: 43 characters of base64 without padding."""
    if len(value) != AES_KEY_LENGTH:
        raise ValidationError(
            _("An EncodingAESKey has %(want)d characters, this one has %(have)d.")
            % {"want": AES_KEY_LENGTH, "have": len(value)}
        )
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
        raise ValidationError(_("An EncodingAESKey holds only letters, digits, + and /."))


class Trouble(models.Model):
    """What an endpoint says while its platform refuses it as a whole (wrong secret, IP not allowed, ...)."""

    trouble = models.CharField(_("trouble"), max_length=300, blank=True, editable=False)
    trouble_since = models.DateTimeField(_("in trouble since"), null=True, editable=False)

    class Meta:
        abstract = True


class WeChatAccount(Trouble):
    """One WeChat Official Account (公众号)."""

    class Encryption(models.TextChoices):
        PLAIN = "plain", _("plain (not recommended)")
        COMPATIBLE = "compatible", _("compatible")
        SECURE = "secure", _("secure")

    slug = models.SlugField(_("slug"), unique=True, max_length=50, help_text=_("Stands in the callback address."))
    name = models.CharField(_("name"), max_length=100)
    app_id = KeyField(_("app id"), max_length=64, unique=True)
    app_secret = SecretField(_("app secret"), max_length=128)
    token = SecretField(_("token"), max_length=64, help_text=_("The same as in WeChat's console."))
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
    group = models.CharField(
        _("first group"), max_length=50, blank=True, help_text=_("The slug of the group its customers go to first.")
    )
    first_mode = models.CharField(
        _("first mode"),
        max_length=30,
        default="transform",
        help_text=_("The chatbot that receives a new conversation: transform looks for a seat at once."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.encryption != self.Encryption.PLAIN and not self.encoding_aes_key:
            raise ValidationError({"encoding_aes_key": _("Compatible and secure mode need an EncodingAESKey.")})


class TencentIMApp(Trouble):
    """The Tencent IM application whose clients the seats use. There is one."""

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
    allow_unsigned = models.BooleanField(_("allow unsigned callbacks"), default=False)
    api_base = models.URLField(_("API address"), default="https://console.tim.qq.com", max_length=200)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("Tencent IM app")
        verbose_name_plural = _("Tencent IM app")

    def __str__(self) -> str:
        return str(self.sdk_app_id)
