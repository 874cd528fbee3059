"""Keys of menu items, and what a tap on each brings about."""

from __future__ import annotations

from django.db import models

from bridge.base.fields import KeyField
from bridge.models.auto_answers import AutoAnswer
from bridge.models.endpoints import Account
from bridge.values.taps import Tap


class MenuKey(models.Model):
    """What the key of an account's menu item stands for: a `bridge.values.taps.Tap`, its answer as a row of its own.

    It stays when the menu changes: a customer's phone may show an older menu for a while.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="menu_keys")
    key = KeyField(max_length=128)
    leads = models.JSONField()
    answer = models.ForeignKey(AutoAnswer, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="menu_key_once")]

    def __str__(self) -> str:
        return self.key

    @property
    def tap(self) -> Tap:
        """What a tap brings about."""
        return Tap.read(self.leads, self.answer.said if self.answer else None)

    @classmethod
    def keep(cls, account: Account, key: str, tap: Tap) -> None:
        """Let the key stand for this from now on."""
        known = cls.objects.filter(account=account, key=key).select_related("answer").first()
        answer = AutoAnswer.keep(tap.answer, known.answer if known else None) if tap.answer else None
        cls.objects.update_or_create(account=account, key=key, defaults={"leads": tap.leads(), "answer": answer})
