"""Names of lanes: each customer has one, and each seat."""

from __future__ import annotations

import base64
import hashlib
import re

LONGEST = 32  # bytes: what the seats' platforms take as an account
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_PLAIN = re.compile("[A-Za-z0-9_-]*")


def lane_of_customer(account: int, openid: str) -> str:
    """Return the lane of an account's customer, which is also the account under which seats see them: at most 32 bytes.

    The account's number in base 36, a dot and the customer's id on their platform. An id that is too long, or that holds more
    than letters, digits, - and _, is hashed.

    >>> lane_of_customer(71, "oGZUI0egBJY1zhBYw2KhdUfwVJJE")
    '1z.oGZUI0egBJY1zhBYw2KhdUfwVJJE'
    >>> lane_of_customer(1, "+86 139 0000 0000")
    '1.8JSQzi34y8ljQSkHUQdUKeJc_wOjEf'
    """
    prefix = f"{_base36(account)}."
    if len(prefix) + len(openid) > LONGEST or not _PLAIN.fullmatch(openid):
        digest = hashlib.sha256(openid.encode()).digest()
        openid = base64.urlsafe_b64encode(digest).decode()[: LONGEST - len(prefix)]
    return prefix + openid


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"
