"""In step: what a platform had of a customer when both sides last said the same."""

from __future__ import annotations

from django.db import models

from bridge.models.customers import Customer
from bridge.models.endpoints import Account
from bridge.models.tags import Tag


class TagInStep(models.Model):
    """A tag that an account has at its platform under `number`; `name` and `ours` are what it was called there and here last."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    number = models.BigIntegerField()
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    ours = models.CharField(max_length=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "number"], name="tag_in_step_once")]
        default_permissions = ()


class InStep(models.Model):
    """Remark and tags that both sides had at `seen_at`: whichever side differs from them now has changed since."""

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="in_step")
    remark = models.CharField(max_length=100, blank=True)
    # A remark that the platform did not take of this customer: it is not offered again, a changed one is.
    refused = models.CharField(max_length=100, blank=True, default="")
    tags = models.ManyToManyField(Tag, related_name="+")
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
