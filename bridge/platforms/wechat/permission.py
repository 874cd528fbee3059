"""What a customer's action allows us to send them. No Django, no I/O.

Source: developers.weixin.qq.com, "客服消息" (service and subscription accounts) and "发送客服消息" (mini programs). The 5 of a
message holds since 2023-06-12; before, it was 20. So all of it can be overridden per account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.values.windows import Grant

DAYS_2 = 48 * 3600
OFFICIAL = {
    "message": Grant(5, DAYS_2),
    "click": Grant(3, 60),
    "follow": Grant(3, 60),
    "scan": Grant(3, 60),
    "payment": Grant(0, DAYS_2),
}
MINI_PROGRAM = {"message": Grant(5, DAYS_2), "enter": Grant(2, 60)}
TRIGGERS = ("message", "click", "follow", "scan", "payment", "enter")
# Which event is which trigger.
EVENT_TRIGGERS = {
    "subscribe": "follow",
    "SCAN": "scan",
    "CLICK": "click",
    "scancode_push": "click",
    "scancode_waitmsg": "click",
    "user_pay_from_pay_cell": "payment",
    "user_enter_tempsession": "enter",
}


def defaults(kind: str) -> dict[str, Grant]:
    """Return WeChat's own rules for a kind of account."""
    return MINI_PROGRAM if kind == "mini_program" else OFFICIAL


def grant(kind: str, rules: Mapping[str, Sequence[int]], trigger: str) -> Grant | None:
    """Return what `trigger` allows on an account of this kind with these rules of its own, None for nothing."""
    if trigger in rules:
        count, seconds = rules[trigger]
        return Grant(count, seconds) if seconds > 0 else None
    return defaults(kind).get(trigger)


def check_rules(rules: object) -> str:
    """Return what is wrong with an account's own rules, "" where nothing is: {trigger: [messages, seconds]}."""
    if not isinstance(rules, Mapping):
        return "not a table"
    for trigger, values in rules.items():
        if trigger not in TRIGGERS:
            return f"{trigger}: known are {', '.join(TRIGGERS)}"
        whole = isinstance(values, Sequence) and all(type(value) is int and value >= 0 for value in values)
        if not whole or len(values) != 2:
            return f"{trigger}: write [messages, seconds], whole numbers; 0 messages is no limit"
    return ""
