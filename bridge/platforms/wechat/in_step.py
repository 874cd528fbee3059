"""Keeps remarks and tags in step with WeChat's own. It runs beside the messages: where a call fails, the rest waits for the next run.

Source: developers.weixin.qq.com, "标签管理" (tags/get, tags/create, tags/members/batchtagging and batchuntagging, 50 openids a call;
100 tags of 30 bytes), "设置用户备注名" (user/info/updateremark, under 30 characters), "批量获取用户
基本信息" (user/info/batchget, 100 a call).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bridge.inbox import storing
from bridge.inbox.events import ProfileChanged
from bridge.models import Customer, InStep, Tag
from bridge.platforms.wechat import client, tags_in_step
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.tags import tags_of
from bridge.values.foreign import object_of, text_of, whole_of
from bridge.values.outcomes import DeliveryError
from bridge.values.text import utf8_size

TAGGED_AT_ONCE, ASKED_AT_ONCE = 50, 100  # people a call
REMARKS, ASKED = 100, 500  # people a run
REMARK, TAG_BYTES, MOST_TAGS = 29, 30, 100
# Refusals of one person. They keep nobody else back, unlike those of the account or of the whole call.
OF_PEOPLE = ("40003", "45059", "46004", "49003", "50005")
_OURS, _BASE = Customer.tags.through, InStep.tags.through


def keep(account: WeChatAccount, now: datetime, *, both: bool) -> None:
    """Bring what changed here to WeChat and, with `both`, what changed there into the customers' lanes. DeliveryError."""
    names = tags_in_step.as_here(account, tags_of(account), both=both)
    written = _push_tags(account, names, now) | _push_remarks(account, now)
    if both:
        # What WeChat says right after it was written to may be of before.
        _pull(account, names, now, but=written)


def _mine(account: WeChatAccount) -> QuerySet[Customer]:
    return Customer.objects.filter(account=account, subscribed=True)


def _push_tags(account: WeChatAccount, names: dict[int, str], now: datetime) -> set[int]:
    """Return the customers whose tags were written. Tags that are made at WeChat for them are known in `names` at once."""
    written: set[int] = set()
    ids = {name: number for number, name in names.items()}
    for tag in Tag.objects.filter(of=Tag.Of.CUSTOMER):
        has = Exists(_OURS.objects.filter(customer=OuterRef("pk"), tag=tag))
        had = Exists(_BASE.objects.filter(instep=OuterRef("pk"), tag=tag))
        for on, path in ((True, client.TAG), (False, client.UNTAG)):
            rows = _mine(account).filter(has if on else ~has, ~had if on else had)
            for page in _pages(rows.order_by("pk"), TAGGED_AT_ONCE):
                number = ids.get(tag.name) or _created(account, tag, len(ids), needed=on)
                if number is None:
                    break
                ids[tag.name], names[number] = number, tag.name
                taken = _taken(account, path, page, number)
                _in_step(taken, tag, now, on=on)
                written |= {one.pk for one in taken}
    return written


def _taken(account: WeChatAccount, path: str, page: list[Customer], number: int) -> list[Customer]:
    """Put a tag on people, or take it off; return those of whom WeChat took it.

    It refuses all for one whom it does not know, or who has too many tags: then each is asked alone.
    """
    try:
        client.call(account, path, {"openid_list": [one.openid for one in page], "tagid": number})
    except DeliveryError as error:
        if error.code not in OF_PEOPLE:
            raise
        return [] if len(page) == 1 else [one for each in page for one in _taken(account, path, [each], number)]
    return page


def _created(account: WeChatAccount, tag: Tag, there: int, *, needed: bool) -> int | None:
    """Make the tag at WeChat, which has `there` already; return its number.

    None where it has no room for it, does not like its name, or there is nobody to take it off.
    """
    if not needed or utf8_size(tag.name) > TAG_BYTES or there >= MOST_TAGS:
        return None
    try:
        said = client.call(account, client.TAG_CREATE, {"tag": {"name": tag.name}})
    except DeliveryError as error:
        if error.code not in tags_in_step.OF_WORDS:
            raise
        return None
    number = whole_of(object_of(said.get("tag")).get("id"))
    if number is not None:
        # Known by its number from now on: it may be renamed before the next run.
        tags_in_step.known(account, number, tag)
    return number


def _in_step(customers: list[Customer], tag: Tag, now: datetime, *, on: bool) -> None:
    for customer in customers:
        row, _made = InStep.objects.get_or_create(customer=customer, defaults={"seen_at": now})
        (row.tags.add if on else row.tags.remove)(tag)


def _push_remarks(account: WeChatAccount, now: datetime) -> set[int]:
    """Return the customers whose remarks were written. One that is too long for WeChat goes as far as it fits."""
    written: set[int] = set()
    kept = Q(in_step__remark=F("remark")) | Q(in_step__refused=F("remark")) & ~Q(remark="")
    rows = _mine(account).filter(Q(in_step=None) & ~Q(remark="") | Q(in_step__isnull=False) & ~kept)
    for customer in rows.order_by("pk")[:REMARKS]:
        try:
            client.call(account, client.REMARK, {"openid": customer.openid, "remark": customer.remark[:REMARK]})
        except DeliveryError as error:
            if error.code not in OF_PEOPLE:
                raise
            _refused(customer, now)
            continue
        InStep.objects.update_or_create(
            customer=customer,
            defaults={"remark": customer.remark},
            create_defaults={"remark": customer.remark, "seen_at": now},
        )
        written.add(customer.pk)
    return written


def _refused(customer: Customer, now: datetime) -> None:
    """Without it, those who are refused for good would be all that a run ever comes to."""
    row, _made = InStep.objects.get_or_create(customer=customer, defaults={"seen_at": now})
    row.refused = customer.remark
    row.save(update_fields=["refused"])


def _pull(account: WeChatAccount, names: dict[int, str], now: datetime, but: set[int]) -> None:
    """Ask for those of whom nothing was heard for longest."""
    mine = _mine(account).exclude(pk__in=but).select_related("in_step")
    rows = mine.order_by(F("in_step__seen_at").asc(nulls_first=True), "-pk")[:ASKED]
    for page in _pages(rows, ASKED_AT_ONCE):
        said = client.users_info(account, [one.openid for one in page])
        known = {text_of(one.get("openid")): one for one in said}
        for customer in page:
            if customer.openid in known:
                _heard(customer, known[customer.openid], names)
            InStep.objects.update_or_create(customer=customer, defaults={"seen_at": now})


def _heard(customer: Customer, said: dict[str, Any], names: dict[int, str]) -> None:
    """Post what WeChat changed since both were in step; what was changed here meanwhile goes there with the next run."""
    base = getattr(customer, "in_step", None)
    before = set(base.tags.values_list("name", flat=True)) if base else set()
    numbers = said.get("tagid_list")
    theirs = (
        {names[one] for one in numbers if isinstance(one, int) and one in names}
        if isinstance(numbers, list)
        else before
    )
    remark = text_of(said.get("remark"))[:100]
    was = base.remark if base else ""
    news = remark if remark != was[:REMARK] and customer.remark == was else None
    on, off = tuple(sorted(theirs - before)), tuple(sorted(before - theirs))
    if news is not None or on or off:
        storing.post(customer.im_id, ProfileChanged(news, on, off))


def _pages(rows: QuerySet[Customer], size: int) -> Iterator[list[Customer]]:
    found = iter(list(rows))
    while page := list(islice(found, size)):
        yield page
