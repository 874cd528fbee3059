"""Channels: the endpoints of all platforms as the back office shows them, whichever platforms there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from bridge.models import Endpoint
from bridge.models.endpoints import model_of
from bridge.platforms.base import CUSTOMERS, Platform
from bridge.platforms.registry import platforms

MOST = 50  # endpoints that are looked at


@dataclass(frozen=True)
class Invitation:
    """What an administrator may add: an endpoint of a platform, said in words, and the page to do it on."""

    model: type[Endpoint]
    text: str
    url: str


def page(platform: Platform, name: str) -> str:
    """Return the address of a page ("add", "changelist") of the platform's endpoints in the admin."""
    meta = platform.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}")


def accounts_page() -> str:
    """Return the address of the list of accounts; of the first platform's, where several have some."""
    return page(next(one for one in platforms() if one.serves == CUSTOMERS), "changelist")


def page_of(endpoint: Endpoint) -> str:
    """Return the address of an endpoint's own page in the admin."""
    meta = model_of(endpoint.platform)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[endpoint.pk])


def invitations(serves: str) -> Iterator[Invitation]:
    """Yield how to add an endpoint of each platform that serves this side."""
    for platform in platforms():
        if platform.serves == serves:
            yield Invitation(platform.model, str(platform.invitation), page(platform, "add"))


def calls(address: str) -> bool:
    """Tell whether any account has its platform's API below this address, as those on the sandbox do."""
    for one in platforms():
        found: Iterable[Any] = one.model._default_manager.all()[:MOST]
        if any(str(getattr(row, "api_base", "")).startswith(address) for row in found):
            return True
    return False
