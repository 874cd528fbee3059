"""Finds a platform by name."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from bridge.platforms.base import Platform


@cache
def _platforms() -> dict[str, Platform]:
    platforms = [import_string(path)() for path in settings.PLATFORMS]
    return {platform.name: platform for platform in platforms}


def platforms() -> list[Platform]:
    """Return all platforms there are."""
    return list(_platforms().values())


def get_platform(name: str) -> Platform:
    """Return the platform called `name`; KeyError where settings.PLATFORMS has none."""
    return _platforms()[name]
