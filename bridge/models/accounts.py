"""The two ends of the bridge: WeChat accounts and the Tencent IM app. Their secrets are encrypted at rest."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bridge.fields import KeyField, SecretField
from bridge.models.hours import WorkingHours
from bridge.models.tags import MAX_PRIORITY

AES_KEY_LENGTH = 43
# What no history keeps: secrets, and what the workers write.
_UNTRACED = ["trouble", "trouble_since", "retry_at"]
IM_ID = RegexValidator(r"^[\x21-\x7e]{1,32}$", _("At most 32 printable ASCII characters, no spaces."))


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
    # While there is trouble, one delivery tries at this time whether the platform takes calls again; the others wait.
    retry_at = models.DateTimeField(_("next try"), null=True, editable=False)

    class Meta:
        abstract = True


class WeChatAccount(Trouble):
    """One WeChat account: a service account, a subscription account (公众号) or a mini program (小程序)."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("service account")
        SUBSCRIPTION = "subscription", _("subscription account")
        MINI_PROGRAM = "mini_program", _("mini program")

    class Encryption(models.TextChoices):
        PLAIN = "plain", _("plain (not recommended)")
        COMPATIBLE = "compatible", _("compatible")
        SECURE = "secure", _("secure")

    class Policy(models.TextChoices):
        HOLD = "hold", _("wait until the customer writes again")
        FAIL = "fail", _("fail at once")

    slug = models.SlugField(_("slug"), unique=True, max_length=50, help_text=_("Stands in the callback address."))
    name = models.CharField(_("name"), max_length=100)
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
    group = models.CharField(
        _("first group"), max_length=50, blank=True, help_text=_("The slug of the group its customers go to first.")
    )
    first_mode = models.CharField(
        _("first mode"),
        max_length=30,
        default="transform",
        help_text=_("The chatbot that receives a new conversation: transform looks for a seat at once."),
    )
    # The bots that greet its customers, in order; see `bridge.bots.greeters`. Without any, `first_mode` does.
    bots = models.JSONField(_("chatbots"), default=list, blank=True)
    hours = models.ForeignKey(
        WorkingHours,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("working hours"),
        help_text=_("Outside of them customers leave a message. Empty: those of the group alone."),
    )
    priority = models.SmallIntegerField(
        _("priority in the queue"),
        default=0,
        validators=[MinValueValidator(-MAX_PRIORITY), MaxValueValidator(MAX_PRIORITY)],
        help_text=_("Customers of an account with a higher number are served first. 0 is usual."),
    )
    reopen_minutes = models.PositiveIntegerField(
        _("minutes to reopen"),
        default=10,
        help_text=_(
            "Who writes again this soon after the close comes back to the same conversation and seat. 0: never."
        ),
    )
    survey = models.BooleanField(
        _("ask how it was"),
        default=True,
        help_text=_(
            "Ask customers for 1 to 5 after a seat's conversation is closed, if WeChat allows one more message."
        ),
    )
    opening_keys = models.TextField(
        _("what opens a conversation"),
        blank=True,
        help_text=_(
            "Keys of menu items and scenes of QR codes, one a line, at which a customer's tap or scan opens a conversation "
            "as a message would; * stands for all."
        ),
    )
    avatar_url = models.URLField(
        _("avatar"), max_length=300, blank=True, help_text=_("Shown beside its customers in the seats' IM clients.")
    )
    window_rules = models.JSONField(_("window rules"), default=dict, blank=True)
    over_count = models.CharField(
        _("when the count is used up"), max_length=5, choices=Policy.choices, default=Policy.HOLD
    )
    over_time = models.CharField(
        _("when the window is closed"), max_length=5, choices=Policy.choices, default=Policy.FAIL
    )
    # When WeChat last said itself that the count is used up. Until then the number we know is a guess; see permits.py.
    count_checked_at = models.DateTimeField(_("count confirmed"), null=True, editable=False)
    # Calls of which WeChat takes no more for a while, by their paths; see `bridge.limits`.
    limits = models.JSONField(_("calls at their limit"), default=dict, blank=True, editable=False)
    texts = models.JSONField(_("texts"), default=dict, blank=True)
    # Parameters that differ from the site's, by their names; see config.parameters.PER_ACCOUNT.
    parameters = models.JSONField(_("parameters of its own"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = HistoricalRecords(
        excluded_fields=[
            *_UNTRACED,
            "limits",
            "count_checked_at",
            "app_secret",
            "token",
            "previous_token",
            "encoding_aes_key",
            "previous_aes_key",
        ]
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.encryption != self.Encryption.PLAIN and not self.encoding_aes_key:
            raise ValidationError({"encoding_aes_key": _("Compatible and secure mode need an EncodingAESKey.")})


REGIONS = {
    "china": "https://console.tim.qq.com",
    "singapore": "https://adminapisgp.im.qcloud.com",
    "seoul": "https://adminapikr.im.qcloud.com",
    "tokyo": "https://adminapijpn.im.qcloud.com",
    "frankfurt": "https://adminapiger.im.qcloud.com",
    "silicon_valley": "https://adminapiusa.im.qcloud.com",
    "jakarta": "https://adminapiidn.im.qcloud.com",
}


class TencentIMApp(Trouble):
    """The Tencent IM application whose clients the seats use. There is one.

    Its REST API lives at its region's address (cloud.tencent.com/document/product/269/1519).
    """

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
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = HistoricalRecords(excluded_fields=[*_UNTRACED, "secret_key", "callback_token"])

    class Meta:
        verbose_name = _("Tencent IM app")
        verbose_name_plural = _("Tencent IM app")

    def __str__(self) -> str:
        return str(self.sdk_app_id)

    @property
    def address(self) -> str:
        """Return the base of the REST API's addresses, without a slash at its end."""
        return (self.api_base or REGIONS[self.region]).rstrip("/")
