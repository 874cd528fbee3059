"""What becomes of a push whose signature is right: an event of its customer's lane, or one that nobody can read yet."""

from __future__ import annotations

from bridge.inbox.storing import NewEvent
from bridge.observe.redaction import Redactor
from bridge.platforms.wechat import protocol
from bridge.platforms.wechat.models import NAME
from bridge.platforms.wechat.redaction import RULES
from bridge.values.incoming import UNREADABLE
from bridge.values.lanes import lane_of_customer

_redactor = Redactor([RULES])


def event_of(account: int, fields: dict[str, str], body: str) -> NewEvent:
    """Return the event of a push's fields. MalformedError where they do not say whose it is, or what."""
    openid, kind = protocol.check_openid(fields.get("FromUserName", "")), protocol.event_kind(fields)
    if kind == UNREADABLE:
        raise protocol.MalformedError("a type that is ours")
    return NewEvent(
        lane=lane_of_customer(account, openid),
        platform=NAME,
        account_id=account,
        kind=kind,
        dedup=protocol.dedup_key(account, fields),
        body=body,
    )


def unreadable(account: int, body: str) -> NewEvent:
    """Return the event of a push that makes no sense: it fails in a lane of its own, and can be replayed after a fix."""
    kept = _redactor.loose(body)
    return NewEvent(
        lane=protocol.unreadable_lane(account),
        platform=NAME,
        account_id=account,
        kind=UNREADABLE,
        dedup=protocol.unreadable_key(account, body),
        body=kept,
    )


def reread(account: int, body: str) -> NewEvent:
    """Return the event of a push that could not be read when it came. MalformedError where it still cannot be."""
    return event_of(account, protocol.read_push(body), body)
