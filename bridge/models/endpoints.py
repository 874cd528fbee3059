"""Endpoints: what a platform knows us as. An account is the endpoint that customers write to.

Here stands what the bridge itself needs of every endpoint. What only its platform needs (ids, secrets, addresses) stands in a
subclass in the platform's folder, in a table of its own that shares the primary key.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from bridge.models.hours import WorkingHours
from bridge.models.tags import MAX_PRIORITY

# What no history keeps: the workers write it.
UNTRACED = ("trouble", "trouble_since", "retry_at", "limits", "changed_over_at")


class Endpoint(models.Model):
    """One account or app by which a platform knows us. A platform subclasses this, or Account for its customers' side.

    `trouble` is what the platform says while it refuses the endpoint as a whole (wrong secret, IP not allowed, ...).
    """

    # Each subclass says the name of its platform, what people call it, and how a customer without a name of their own is called.
    PLATFORM: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    CUSTOMER_WORDS: ClassVar[str] = gettext_noop("Customer %(tail)s")

    # The subclass of each platform.
    by_platform: ClassVar[dict[str, type[Endpoint]]] = {}

    platform = models.CharField(_("platform"), max_length=20, editable=False)
    name = models.CharField(_("name"), max_length=100)
    trouble = models.CharField(_("trouble"), max_length=300, blank=True, editable=False)
    trouble_since = models.DateTimeField(_("in trouble since"), null=True, editable=False)
    # While there is trouble, one delivery tries at this time whether the platform takes calls again; the others wait.
    retry_at = models.DateTimeField(_("next try"), null=True, editable=False)
    # Calls of which the platform takes no more for a while, by their paths; see `bridge.observe.limits`.
    limits = models.JSONField(_("calls at their limit"), default=dict, blank=True, editable=False)
    # When the platform first used the present callback secrets after a change; see `bridge.platforms.rotation`.
    changed_over_at = models.DateTimeField(_("new secrets in use since"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["name"]
        # Staff see an endpoint on its platform's own page, whose permissions count.
        default_permissions = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.PLATFORM:
            Endpoint.by_platform[cls.PLATFORM] = cls

    def __str__(self) -> str:
        return model_of(self.platform).called(self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row with its platform's name."""
        self.platform = self.PLATFORM or self.platform
        super().save(*args, **kwargs)

    @classmethod
    def called(cls, name: str) -> str:
        """Return what people call the endpoint with this name."""
        return name


class Account(Endpoint):
    """An endpoint that customers write to, with all that the bridge does for them. Its platform subclasses it."""

    class Policy(models.TextChoices):
        HOLD = "hold", _("wait until the customer writes again")
        FAIL = "fail", _("fail at once")

    # Which of its platform's kinds of account it is, for a platform that has several; a subclass makes it a column.
    kind = ""

    slug = models.SlugField(_("slug"), unique=True, max_length=50, help_text=_("Stands in the callback address."))
    group = models.CharField(
        _("first group"), max_length=50, blank=True, help_text=_("The slug of the group its customers go to first.")
    )
    first_mode = models.CharField(
        _("first mode"),
        max_length=30,
        default="transform",
        help_text=_("The chatbot that receives a new conversation: transform looks for a seat at once."),
    )
    # The bots that greet its customers, in order; see `bridge.pipeline.bots.greeters`. Without any, `first_mode` does.
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
        _("reopens within"),
        default=10,
        help_text=_(
            "A customer who writes again this soon after the close comes back to the same conversation and seat. 0: never."
        ),
    )
    survey = models.BooleanField(
        _("ask how it was"),
        default=True,
        help_text=_(
            "Ask customers for 1 to 5 after a seat's conversation is closed, if the platform allows one more message."
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
    # When the platform last said itself that the count is used up. Until then the number we know is a guess; see `bridge.outbox.permit`.
    count_checked_at = models.DateTimeField(_("count confirmed"), null=True, editable=False)
    texts = models.JSONField(_("texts"), default=dict, blank=True)
    # Parameters that differ from the site's, by their names; see config.parameters.PER_ACCOUNT.
    parameters = models.JSONField(_("parameters of its own"), default=dict, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["slug"]
        default_permissions = ()


def model_of(platform: str) -> type[Endpoint]:
    """Return the model of a platform's endpoints; Endpoint itself where the platform has none, or is gone."""
    return Endpoint.by_platform.get(platform, Endpoint)


def title_of(platform: str) -> str:
    """Return what people call a platform."""
    title = model_of(platform).TITLE
    return gettext(title) if title else platform
