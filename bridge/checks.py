"""System checks: what must be so for no message to be garbled or lost."""

from __future__ import annotations

import importlib.util
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection, connections

from bridge.base import secrets
from bridge.models import InboundEvent
from bridge.platforms.base import SEATS
from bridge.platforms.registry import platforms


@register()
def media_storage(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """MEDIA_STORAGE must be one that there is, with the package it needs."""
    if settings.MEDIA_STORAGE not in ("local", "s3"):
        hint = "Set MEDIA_STORAGE to local or s3."
        return [Error(f"MEDIA_STORAGE is {settings.MEDIA_STORAGE}, which is unknown.", hint=hint, id="bridge.E002")]
    if settings.MEDIA_STORAGE == "s3" and importlib.util.find_spec("boto3") is None:
        hint = "pip install -r requirements-s3.txt"
        return [Error("MEDIA_STORAGE=s3 needs the package boto3.", hint=hint, id="bridge.E003")]
    return []


@register(Tags.database)
def secret_key(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every stored secret must be readable with SECRET_KEY or its fallbacks."""
    if not databases or InboundEvent._meta.db_table not in connection.introspection.table_names():
        return []
    lost = sum(secrets.unreadable().values())
    if not lost:
        return []
    hint = (
        "Set SECRET_KEY to what it was, or put the old key into SECRET_KEY_FALLBACKS; if it is gone, enter the secrets anew "
        "on the pages of the accounts and of the Tencent IM app."
    )
    return [Error(f"{lost} stored secrets cannot be read: SECRET_KEY was changed.", hint=hint, id="bridge.E004")]


@register()
def seats_platform(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Exactly one of settings.PLATFORMS must serve seats: it is where they are written to."""
    serving = [platform.name for platform in platforms() if platform.serves == SEATS]
    if len(serving) == 1:
        return []
    hint = "Name one platform in PLATFORMS whose `serves` is SEATS."
    return [Error(f"Of PLATFORMS these serve seats: {', '.join(serving) or 'none'}.", hint=hint, id="bridge.E005")]


@register(Tags.database)
def character_set(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """MySQL's databases must be utf8mb4, else an emoji cannot be stored."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "mysql":
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@character_set_database")
            (name,) = cursor.fetchone()
        if name != "utf8mb4":
            hint = (
                "Before the first migrate: ALTER DATABASE ... CHARACTER SET utf8mb4; emoji cannot be stored otherwise."
            )
            found.append(Error(f"The database's character set is {name}, not utf8mb4.", hint=hint, id="bridge.E001"))
    return found
