"""Which tag here is which at WeChat: told by WeChat's numbers, so that a tag that is renamed on either side stays the same tag.

Source: developers.weixin.qq.com, "标签管理" (tags/update; WeChat's own tags 0 to 2 keep their names).
"""

from __future__ import annotations

from bridge.models import Tag, TagInStep
from bridge.platforms.wechat import client
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import DeliveryError

NAME = 50  # characters of a tag's name here
OF_WORDS = ("45056", "45157", "45158")  # refusals of one word, that keep no other back
OWN = "45058"  # of one of WeChat's own tags, which keep their names


def as_here(account: WeChatAccount, names: dict[int, str], *, both: bool) -> dict[int, str]:
    """Return WeChat's tags by the names that they have here, without the words that are put on conversations here.

    What was renamed here is renamed there; with `both` also the other way. DeliveryError. A database that takes VIP and vip for
    the same has one tag for both.
    """
    rows = {row.number: row for row in TagInStep.objects.filter(account=account).select_related("tag")}
    TagInStep.objects.filter(account=account).exclude(number__in=names).delete()
    found: dict[int, str] = {}
    for number, name in names.items():
        row = rows.get(number)
        tag = (row and _renamed(account, row, name, both=both)) or Tag.objects.filter(name=name[:NAME]).first()
        if tag is None or tag.of == Tag.Of.CUSTOMER:
            found[number] = tag.name if tag else name[:NAME]
        if tag and tag.of == Tag.Of.CUSTOMER and row is None:
            known(account, number, tag, name)
    return found


def known(account: WeChatAccount, number: int, tag: Tag, name: str = "") -> None:
    """Keep that the tag here has this number at WeChat, and is called `name` there, where it is called otherwise."""
    TagInStep.objects.update_or_create(
        account=account, number=number, defaults={"tag": tag, "name": name or tag.name, "ours": tag.name}
    )


def _renamed(account: WeChatAccount, row: TagInStep, name: str, *, both: bool) -> Tag | None:
    """Bring a new name to the other side, ours first; return the tag, None where WeChat's is another one by now."""
    tag = row.tag
    if tag.name != row.ours:
        row.name = tag.name if _written(account, row.number, tag.name) else name
    elif name != row.name and both:
        if Tag.objects.filter(name=name[:NAME]).exclude(pk=tag.pk).exists():
            row.delete()
            return None
        tag.name = name[:NAME]
        tag.save(update_fields=["name"])
        row.name = name
    if tag.name != row.ours:
        row.ours = tag.name
        row.save(update_fields=["name", "ours"])
    return tag


def _written(account: WeChatAccount, number: int, name: str) -> bool:
    try:
        client.call(account, client.TAG_UPDATE, {"tag": {"id": number, "name": name}})
    except DeliveryError as error:
        if error.code not in (*OF_WORDS, OWN):
            raise
        return False
    return True
