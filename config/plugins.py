"""Chatbots, filters and platforms that are not the product's own: named by the environment, or by an installed package.

A package names its own with Python's entry points, so that adding a bot is one `pip install`:

    [project.entry-points."wechat_bridge.chatbots"]
    ping = "wechat_ping:PingBot"

The same holds for `wechat_bridge.filters` and `wechat_bridge.platforms`. A package with models of its own also names its
Django app, in `wechat_bridge.apps`: the value is the app's dotted path.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

GROUP = "wechat_bridge"


def installed(kind: str) -> list[str]:
    """Return the dotted paths that installed packages name for `kind` ("chatbots", "filters", ...), by their names."""
    found = sorted(entry_points(group=f"{GROUP}.{kind}"), key=lambda one: one.name)
    return [one.value.replace(":", ".") for one in found]


def apps_of(platforms: Sequence[str], named: Sequence[str]) -> list[str]:
    """Return the Django apps that are not the product's own: those `named`, and the folders of platforms from outside.

    A platform is named by its class: the folder of `shop.sms.platform.Sms` is `shop.sms`.
    """
    folders = [path.rsplit(".", 2)[0] for path in platforms]
    return list(dict.fromkeys([*named, *(folder for folder in folders if not folder.startswith("bridge."))]))


def extended(own: Sequence[str], kind: str, extra: Sequence[str]) -> list[str]:
    """Return the product's `own` dotted paths, those of the environment (`extra`) and those of installed packages.

    What is named twice is taken once, at its first place.
    """
    return list(dict.fromkeys([*own, *extra, *installed(kind)]))
