"""WeChat accounts, their menus, and the files that WeChat keeps for them for three days. Secrets are encrypted at rest."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from simple_history.models import HistoricalRecords

from bridge.base.fields import KeyField, SecretField
from bridge.models import Account, Media, Source
from bridge.models.endpoints import UNTRACED
from bridge.models.validators import validate_aes_key

NAME = "wechat"
# The secrets that rotate, each with the field that keeps its predecessor
ROTATES = {"token": "previous_token", "encoding_aes_key": "previous_aes_key"}


class WeChatAccount(Account):
    """One WeChat account: a service account, a subscription account or a mini program."""

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


class QrCode(Source):
    """A QR code with a scene. `ticket` and `url` are WeChat's; the picture is drawn from `url`.

    One that was made elsewhere has neither, but the scene that its pushes bring. Lasting ones cannot be deleted at WeChat.
    """

    class Kind(models.TextChoices):
        LASTING = "lasting", _("permanent (at most 100,000 an account; WeChat deletes none)")
        TEMPORARY = "temporary", _("temporary")
        FOREIGN = "foreign", _("made elsewhere already")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.LASTING)
    days = models.PositiveSmallIntegerField(
        _("valid for days"), default=30, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    ticket = models.CharField(max_length=200, blank=True, editable=False)
    url = models.CharField(_("address in the code"), max_length=300, blank=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = HistoricalRecords(app="bridge", excluded_fields=["ticket"])

    class Meta:
        app_label = "bridge"
        verbose_name = _("QR code")
        verbose_name_plural = _("QR codes")
        ordering = ["-pk"]


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


class ShownSeat(models.Model):
    """A seat as the customers of an account see it: an account of WeChat's customer service, by its name there."""

    account = models.ForeignKey(WeChatAccount, models.CASCADE, related_name="shown_seats", verbose_name=_("account"))
    seat_id = models.BigIntegerField(_("seat"))
    kf_account = KeyField(
        _("name at WeChat"),
        max_length=64,
        help_text=_("Letters and digits, @, and the account's WeChat ID: alice@myshop."),
    )
    nickname = models.CharField(_("name that customers see"), max_length=16)
    picture = models.ForeignKey(Media, models.SET_NULL, null=True, editable=False, related_name="+")
    history = HistoricalRecords(app="bridge", excluded_fields=["picture"])

    class Meta:
        app_label = "bridge"
        verbose_name = _("seat as customers see it")
        verbose_name_plural = _("seats as customers see them")
        ordering = ["account", "nickname"]
        constraints = [
            models.UniqueConstraint(fields=["account", "seat_id"], name="seat_shown_once"),
            models.UniqueConstraint(fields=["account", "kf_account"], name="kf_account_once"),
        ]

    def __str__(self) -> str:
        return self.nickname


class AccountMenu(models.Model):
    """The menu of an account as staff edit it: `items` are `menus.items.Item` as JSON objects. `version` counts the saves."""

    account = models.OneToOneField(WeChatAccount, models.CASCADE, related_name="menu", verbose_name=_("account"))
    items = models.JSONField(_("items"), default=list)
    version = models.PositiveIntegerField(_("version"), default=0)
    changed_at = models.DateTimeField(_("changed"), null=True)
    changed_by = models.CharField(_("changed by"), max_length=150, blank=True)

    class Meta:
        app_label = "bridge"
        verbose_name = _("menu")
        verbose_name_plural = _("menus")
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return str(self.account)


class ConditionalMenu(models.Model):
    """A menu for the followers with one of the account's tags at WeChat, instead of AccountMenu's; its columns are as there.

    `published` is what WeChat has taken, `menu_id` its number there, "" where it shows none.
    """

    account = models.ForeignKey(
        WeChatAccount, models.CASCADE, related_name="conditional_menus", verbose_name=_("account")
    )
    tag_id = models.PositiveIntegerField(_("tag"))
    tag_name = models.CharField(_("tag"), max_length=60)
    items = models.JSONField(_("items"), default=list)
    version = models.PositiveIntegerField(_("version"), default=0)
    changed_at = models.DateTimeField(_("changed"), null=True)
    changed_by = models.CharField(_("changed by"), max_length=150, blank=True)
    published = models.JSONField(_("items"), default=list)
    menu_id = models.CharField(max_length=40, blank=True)

    class Meta:
        app_label = "bridge"
        verbose_name = _("menu by tag")
        verbose_name_plural = _("menus by tag")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "tag_id"], name="menu_once_per_tag")]

    def __str__(self) -> str:
        return f"{self.account} {self.tag_name}"


class PublishedMenu(models.Model):
    """A menu that WeChat has taken, as AccountMenu holds it; the newest one is what phones show. Without items: it was deleted."""

    account = models.ForeignKey(
        WeChatAccount, models.CASCADE, related_name="published_menus", verbose_name=_("account")
    )
    items = models.JSONField(_("items"), default=list)
    published_at = models.DateTimeField(_("published"))
    published_by = models.CharField(_("published by"), max_length=150, blank=True)

    class Meta:
        app_label = "bridge"
        verbose_name = _("published menu")
        verbose_name_plural = _("published menus")
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.account} {self.published_at:%Y-%m-%d %H:%M}"
