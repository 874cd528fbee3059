"""Finds the platforms of settings.PLATFORMS, by name, and the parts of their folders."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from bridge.inbox.events import Event
from bridge.platforms.base import SEATS, Platform
from bridge.values.incoming import INTERNAL, UNREADABLE


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


def event_words(platform: str, kind: str) -> str:
    """Return in words what an event says; one that nobody has words for by its kind."""
    if platform == INTERNAL:
        own = Event.kinds.get(kind)
        return gettext(own.title) if own and own.title else kind
    if kind == UNREADABLE:
        return gettext("could not be read")
    found = _platforms().get(platform)
    return (found.event_words(kind) if found else "") or gettext("another event (%s)") % kind


@cache
def seats_platform() -> Platform:
    """Return the platform on which seats read and write. LookupError where settings.PLATFORMS has none."""
    for platform in platforms():
        if platform.serves == SEATS:
            return platform
    raise LookupError("settings.PLATFORMS names no platform that serves seats")


def import_parts(name: str) -> None:
    """Import the module `name` ("models", "admin") of each platform's folder that has one and is no Django app of its own.

    Django itself finds those of a folder that is an app.
    """
    for path in settings.PLATFORMS:
        folder = folder_of(path)
        if not _is_app(folder) and find_spec(f"{folder}.{name}"):
            import_module(f"{folder}.{name}")


def folder_of(path: str) -> str:
    """Return the package that holds a platform, by the dotted path of its class: "shop.sms.platform.Sms" is in "shop.sms"."""
    return path.rsplit(".", 2)[0]


def _is_app(folder: str) -> bool:
    return any(config.name == folder for config in apps.app_configs.values())
