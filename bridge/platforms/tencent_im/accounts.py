"""The accounts that write to the seats: customers and the system account, made known to Tencent IM with name and picture.

Source: cloud.tencent.com/document/product/269/1608 (account_import), 269/1640 (portrait_set).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from bridge.base.prepared import Given, Select
from bridge.models import Customer
from bridge.platforms.customers import is_known, read_profile
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.tencent_im.rest import call

IMPORT, PORTRAIT = "im_open_login_svc/account_import", "profile/portrait_set"
NICK_BYTES = 500
REMEMBERED = 50_000
SECONDS = 60.0  # for which a process need not look again whether a customer is called something else by now
_known: dict[str, float] = {}
_LANES: list[Any] = [Given("lanes")]
_CUSTOMERS = Select(Customer.objects.select_related("account").filter(im_id__in=_LANES))


def forget() -> None:
    """Look everybody up again; for tests."""
    _known.clear()


def introduce(app: TencentIMApp, im_id: str, *, again: bool = False) -> None:
    """Make the sender of a message known to Tencent IM: a customer, or with "" the system account.

    `again` where Tencent IM has forgotten them. Later changes of name and picture are taken over too.
    """
    if not again and _is_remembered(im_id):
        return
    if im_id:
        _introduce_customer(app, im_id, again=again)
    else:
        import_account(app, app.system_account, app.system_name or _("Customer service"))
    _remember(im_id)


def look_ahead(senders: Iterable[str]) -> None:
    """Look at many senders at once: of those whom Tencent IM knows as they are, `introduce` has nothing to do."""
    wanted = [im_id for im_id in set(senders) if im_id and not _is_remembered(im_id)]
    if wanted:
        for customer in _CUSTOMERS.all(lanes=wanted):
            if is_known(customer) and customer.im_shown == _shown(customer):
                _remember(customer.im_id)


def _is_remembered(im_id: str) -> bool:
    return time.monotonic() - _known.get(im_id, -SECONDS) < SECONDS


def _remember(im_id: str) -> None:
    if len(_known) >= REMEMBERED:
        _known.clear()
    _known[im_id] = time.monotonic()


def _shown(customer: Customer) -> str:
    """Return what Tencent IM is to show of the customer, as we remember it."""
    return f"{customer.im_nick}\n{customer.account.avatar_url}"[:400]


def import_account(app: TencentIMApp, user_id: str, nick: str, face: str = "") -> None:
    """Make `user_id` known to Tencent IM; importing it twice does no harm."""
    call(app, IMPORT, {"UserID": user_id, "Nick": _short(nick), **({"FaceUrl": face} if face else {})})


def _introduce_customer(app: TencentIMApp, im_id: str, *, again: bool) -> None:
    customer = Customer.objects.select_related("account").filter(im_id=im_id).first()
    if customer is None:
        return
    read_profile(customer)
    nick, face, shown = customer.im_nick, customer.account.avatar_url, _shown(customer)
    if again or not customer.im_shown:
        import_account(app, im_id, nick, face)
    elif customer.im_shown != shown:
        _set_portrait(app, im_id, nick, face)
    else:
        return
    Customer.objects.filter(pk=customer.pk).update(im_shown=shown)


def _set_portrait(app: TencentIMApp, im_id: str, nick: str, face: str) -> None:
    items = [{"Tag": "Tag_Profile_IM_Nick", "Value": _short(nick)}]
    if face:
        items.append({"Tag": "Tag_Profile_IM_Image", "Value": face})
    call(app, PORTRAIT, {"From_Account": im_id, "ProfileItem": items})


def anonymize(app: TencentIMApp, im_id: str) -> None:
    """Take name and picture from an account that is not used any more.

    It is not deleted: in Tencent's paid editions a deleted UserID cannot be imported for three months, and a customer who
    writes again would reach no seat (cloud.tencent.com/document/product/269/36443).
    """
    _known.pop(im_id, None)
    items = [{"Tag": "Tag_Profile_IM_Nick", "Value": "-"}, {"Tag": "Tag_Profile_IM_Image", "Value": ""}]
    call(app, PORTRAIT, {"From_Account": im_id, "ProfileItem": items})


def _short(nick: str) -> str:
    return nick.encode()[:NICK_BYTES].decode("utf-8", "ignore")
