"""What the sandbox's WeChat keeps for an account: followers, tags, menus, QR codes, templates, customer-service accounts."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.world import world


@dataclass
class Follower:
    """Somebody who follows, or once followed, an account. `scene` is what the QR code said they came by."""

    follows: bool = True
    since: int = field(default_factory=lambda: int(time.time()))
    how: str = "ADD_SCENE_SEARCH"
    scene: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)


@dataclass
class State:
    """One account's things. `console_*` is what somebody set up in the console, as the two calls that read it answer."""

    followers: dict[str, Follower] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=lambda: {2: "星标组"})
    menu: dict[str, Any] | None = None
    conditional: dict[int, dict[str, Any]] = field(default_factory=dict)
    tickets: dict[str, tuple[str, float]] = field(default_factory=dict)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: dict[tuple[str, str], int] = field(default_factory=dict)
    sent: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    staff: dict[str, dict[str, Any]] = field(default_factory=dict)
    cleared: list[float] = field(default_factory=list)
    console_menu: dict[str, Any] = field(default_factory=dict)
    console_replies: dict[str, Any] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(100))


def of(slug: str) -> State:
    """Return an account's things."""
    here = world()
    with here.lock:
        return here.wechat.setdefault(slug, State())


def follow(slug: str, openid: str, *, how: str = "ADD_SCENE_SEARCH", scene: str = "") -> None:
    """Somebody follows; who followed before keeps remark and tags."""
    with world().lock:
        known = of(slug).followers.setdefault(openid, Follower(how=how, scene=scene))
        if not known.follows:
            known.follows, known.since, known.how, known.scene = True, int(time.time()), how, scene


def leave(slug: str, openid: str) -> None:
    """Somebody stops following."""
    with world().lock:
        of(slug).followers.setdefault(openid, Follower()).follows = False
