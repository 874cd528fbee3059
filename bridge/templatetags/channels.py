"""Channels in templates."""

from __future__ import annotations

from django import template

from bridge.platforms import channels
from bridge.platforms.base import CUSTOMERS

register = template.Library()


@register.simple_tag
def account_invitations() -> list[channels.Invitation]:
    """Return how to connect an account of each platform."""
    return list(channels.invitations(CUSTOMERS))
