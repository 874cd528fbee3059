"""The accounts, groups and seats of the demo's history."""

from __future__ import annotations

import random
import secrets
import string
from dataclasses import dataclass

from django.contrib.auth.models import User

from analytics.demo.words import GIVEN, SURNAMES, TOPICS
from bridge.models import Tag
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat, SeatGroup

# Slug, name, group, share of the conversations
ACCOUNTS = (
    ("demo-flagship", "旗舰店", "demo-sales", 0.42),
    ("demo-members", "会员服务号", "demo-members", 0.27),
    ("demo-repair", "维修中心", "demo-repair", 0.19),
    ("demo-outlet", "奥莱折扣店", "demo-sales", 0.12),
)
GROUPS = (("demo-sales", "销售咨询", 8), ("demo-members", "会员服务", 5), ("demo-repair", "维修售后", 5))


@dataclass(frozen=True)
class Agent:
    """One seat: how fast it answers (1 is usual, less is faster) and how well customers like it (0 to 1)."""

    id: int
    name: str
    pace: float
    charm: float


@dataclass(frozen=True)
class Account:
    """One account, with the group its customers go to."""

    id: int
    group: str
    share: float
    platform: str


@dataclass(frozen=True)
class DemoSite:
    """What the history is about."""

    accounts: tuple[Account, ...]
    groups: dict[str, tuple[Agent, ...]]
    tags: dict[str, int]


def build(hand: random.Random) -> DemoSite:
    """Return the demo's accounts, groups and seats, made where they are not there yet. Nobody can log in as them."""
    groups: dict[str, tuple[Agent, ...]] = {}
    number = 0
    for slug, name, seats in GROUPS:
        group, _made = SeatGroup.objects.get_or_create(slug=slug, defaults={"name": name})
        agents = []
        for _seat in range(seats):
            number += 1
            agents.append(_agent(group, number, hand))
        groups[slug] = tuple(agents)
    tags = {topic: Tag.objects.get_or_create(name=topic)[0].pk for topic, _asked, _answered in TOPICS}
    return DemoSite(tuple(_account(*one) for one in ACCOUNTS), groups, tags)


def _agent(group: SeatGroup, number: int, hand: random.Random) -> Agent:
    family, given = SURNAMES[number % len(SURNAMES)], GIVEN[(number * 7) % len(GIVEN)]
    user, made = User.objects.get_or_create(
        username=f"demo{number:02d}", defaults={"first_name": f"{family}{given}", "is_active": True}
    )
    if made:
        user.set_unusable_password()
        user.save()
    seat, _made = Seat.objects.get_or_create(user=user, defaults={"im_user_id": f"demo_seat_{number:02d}"})
    seat.groups.add(group)
    return Agent(seat.pk, user.first_name, hand.uniform(0.6, 1.7), hand.uniform(0.45, 0.95))


def _account(slug: str, name: str, group: str, share: float) -> Account:
    random_text = "".join(secrets.choice(string.ascii_letters + string.digits) for _at in range(43))
    defaults = {
        "name": name,
        "app_id": f"wx{slug}",
        "app_secret": secrets.token_hex(16),
        "token": secrets.token_hex(12),
        "encoding_aes_key": random_text,
        "group": group,
    }
    row, _made = WeChatAccount.objects.get_or_create(slug=slug, defaults=defaults)
    return Account(row.pk, group, share, row.platform)
