"""Accounts of echo."""

from __future__ import annotations

from django.db import models

from bridge.base.fields import SecretField
from bridge.models import Account


class EchoAccount(Account):
    """One account of echo: `key` signs what comes in and what goes out."""

    PLATFORM = "echo"
    TITLE = "Echo"

    key = SecretField("key", max_length=64)
    api_base = models.URLField("API address", default="https://echo.example")
