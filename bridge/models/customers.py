"""Customers: one follower of one account."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bridge.base.fields import KeyField
from bridge.models.endpoints import Account, model_of
from bridge.models.tags import Tag


class Customer(models.Model):
    """One follower of one account.

    `im_id` is their account on the seats' platform, and the key of their lane. `openid` is the id by which their own platform
    knows them, whatever it calls it: the API, exports and the data dictionary have WeChat's word for it.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="customers", verbose_name=_("account"))
    openid = KeyField(_("openid"), max_length=64)
    unionid = KeyField(_("unionid"), max_length=64, blank=True)
    im_id = KeyField(_("IM account"), max_length=32, unique=True)
    remark = models.CharField(_("remark"), max_length=100, blank=True)
    subscribed = models.BooleanField(_("follows"), null=True)
    scene = models.CharField(_("came from"), max_length=100, blank=True)
    # The way by which they began to follow last, as the reports count it, see `bridge.values.ways`; "" where nobody knows.
    way = KeyField(max_length=64, blank=True, default="", editable=False)
    # When they began to follow, while the platform has not said yet by which way; else nothing.
    way_asked_since = models.DateTimeField(null=True, editable=False, db_index=True)
    # The source that says who serves their next conversation, by its scene.
    led_by = KeyField(max_length=64, blank=True, default="", editable=False)
    # The conversation from which they were sent a notice and have not written since: they come back to it.
    invited_to = models.PositiveBigIntegerField(default=0, editable=False)
    # The name and picture that the seats' platform has of the customer; empty until it has the account.
    im_shown = models.CharField(max_length=400, blank=True, editable=False)
    # Whether answers wait until the customer writes again: saves asking the outbox at every message.
    has_held = models.BooleanField(_("answers wait"), default=False, editable=False)
    # The platform's permission to write: since when, until when, how many messages it gave and how many are left. Without an
    # end nothing is known yet, and the platform decides; without a number left there is no limit.
    window_opened_at = models.DateTimeField(_("window opened"), null=True, editable=False)
    window_until = models.DateTimeField(_("window ends"), null=True, editable=False, db_index=True)
    window_limit = models.SmallIntegerField(_("messages allowed"), null=True, editable=False)
    window_left = models.SmallIntegerField(_("messages left"), null=True, editable=False)
    window_warned_at = models.DateTimeField(_("reminded of the window"), null=True, editable=False)
    profile_at = models.DateTimeField(_("profile read"), null=True, editable=False)
    tags = models.ManyToManyField(
        Tag, blank=True, related_name="customers", verbose_name=_("tags"), limit_choices_to={"of": Tag.Of.CUSTOMER}
    )
    blocked_at = models.DateTimeField(_("blocked"), null=True, editable=False)
    blocked_reason = models.CharField(_("why blocked"), max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("first seen"))
    last_message_at = models.DateTimeField(_("last message"), null=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [models.UniqueConstraint(fields=["account", "openid"], name="customer_once_per_account")]
        indexes = [
            models.Index(fields=["-last_message_at", "-id"], name="customer_recent"),
            models.Index(fields=["unionid"], name="customer_unionid"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """What people read: the remark, else the platform's word for its customers and the last four characters of the id there."""
        return self.remark or gettext(model_of(self.account.platform).CUSTOMER_WORDS) % {"tail": self.openid[-4:]}

    def same_person(self) -> models.QuerySet[Customer]:
        """Return the same person's customers of other accounts, for display; routing keeps them apart."""
        others = Customer.objects.select_related("account").exclude(pk=self.pk)
        return others.filter(unionid=self.unionid) if self.unionid else others.none()

    @property
    def im_nick(self) -> str:
        """The nickname a seat's IM client shows: account and customer."""
        return f"{self.account.name} · {self.display_name}"
