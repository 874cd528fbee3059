"""Templates: words that a platform has approved, with blanks; the only messages that need no open window."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bridge.base.fields import KeyField
from bridge.models.customers import Customer
from bridge.models.endpoints import Account


class Template(models.Model):
    """A template of an account as its platform has it, and what stands in its blanks.

    `once`: each notice needs that the customer has accepted one. `blanks` are the names of the blanks in order, `words` what
    stands in each (`bridge.values.templates`). `gone`: the platform has it no more.
    """

    class Kind(models.TextChoices):
        FREE = "free", _("template message")
        ONCE = "once", _("subscription notice, one for each acceptance")
        LASTING = "lasting", _("subscription notice, accepted for good")

    account = models.ForeignKey(Account, models.CASCADE, related_name="templates", verbose_name=_("account"))
    remote_id = KeyField(_("template id"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.FREE)
    title = models.CharField(_("title"), max_length=100)
    body = models.TextField(_("approved words"), blank=True)
    example = models.TextField(_("example"), blank=True)
    blanks = models.JSONField(_("blanks"), default=list)
    words = models.JSONField(_("words in the blanks"), default=dict, blank=True)
    url = models.CharField(_("a tap opens"), max_length=1000, blank=True)
    app_id = models.CharField(_("a tap opens the mini program"), max_length=64, blank=True)
    path = models.CharField(_("page of the mini program"), max_length=500, blank=True)
    for_seats = models.BooleanField(
        _("seats may send it"), default=False, help_text=_("When the window is closed, each time with the reason why.")
    )
    when_held = models.BooleanField(
        _("sent when answers wait"),
        default=False,
        help_text=_("By itself, once, where an answer waits for the customer to write; see the account's parameters."),
    )
    gone = models.BooleanField(_("no longer there"), default=False, editable=False)
    fetched_at = models.DateTimeField(_("fetched"), editable=False)
    history = HistoricalRecords(app="bridge", excluded_fields=["body", "example", "blanks", "gone", "fetched_at"])

    class Meta:
        verbose_name = _("notice template")
        verbose_name_plural = _("notice templates")
        constraints = [models.UniqueConstraint(fields=["account", "remote_id"], name="template_once_per_account")]
        ordering = ["account", "title", "pk"]
        default_permissions = ("view", "change", "delete")

    def __str__(self) -> str:
        return self.title

    @property
    def is_ready(self) -> bool:
        """Tell whether something stands in each blank."""
        return not self.gone and all(self.words.get(name) for name in self.blanks)


class Acceptance(models.Model):
    """How many notices of a template that needs it a customer has accepted and not been sent yet, as far as we were told."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="acceptances")
    template = models.ForeignKey(Template, models.CASCADE, related_name="acceptances")
    left = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["customer", "template"], name="acceptance_once")]
