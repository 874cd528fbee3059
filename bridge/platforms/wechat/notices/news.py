"""What WeChat pushes about notices: what became of one, and what a customer accepts. No Django models, no I/O.

Sources: developers.weixin.qq.com, "事件推送" of template messages (TEMPLATESENDJOBFINISH: `MsgID`, `Status` in several spellings)
and of subscription notices (subscribe_msg_popup_event, _change_event, _sent_event: one or several `List`).
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.pipeline.template_news import CAME, CONSENT
from bridge.values.foreign import read_json, text_of

_LIST = re.compile(r"<List>(.*?)</List>", re.DOTALL)
_FIELD = re.compile(r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", re.DOTALL)
_GROUP = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}
EVENTS = ("templatesendjobfinish", *_GROUP)
_TROUBLES = {
    "userblock": gettext_noop("the customer takes no messages of the account"),
    "systemfailed": gettext_noop("WeChat could not deliver it"),
    "freqlimit": gettext_noop("the customer was sent too many notices"),
}


def read(name: str, fields: dict[str, str], body: str) -> tuple[str, list[dict[str, Any]]]:
    """Return what an event of EVENTS says: as `template_news` has it, its event and its notices."""
    if name == "templatesendjobfinish":
        number = fields.get("MsgID") or fields.get("MsgId", "")
        return CAME, [{"id": number, "template": "", "trouble": _trouble(fields.get("Status", ""))}]
    lists = _lists(body, _GROUP[name])
    if name == "subscribe_msg_sent_event":
        return CAME, [
            {"id": one.get("MsgID", ""), "template": one.get("TemplateId", ""), "trouble": _refused(one)}
            for one in lists
        ]
    said = [(one.get("TemplateId", ""), one.get("SubscribeStatusString", "")) for one in lists]
    # Who takes no more in their settings has accepted none; who closes the question has changed nothing.
    takes_back = name == "subscribe_msg_change_event"
    return CONSENT, [
        {"template": template, "on": answer == "accept"}
        for template, answer in said
        if answer == "accept" or (takes_back and answer == "reject")
    ]


def _lists(body: str, group: str) -> list[dict[str, str]]:
    """Return each `List`; in JSON it is one or several, with or without the element around it."""
    if not body.lstrip("\ufeff \t\r\n").startswith("{"):
        return [{one[1]: one[2] or one[3] or "" for one in _FIELD.finditer(inner)} for inner in _LIST.findall(body)]
    read = read_json(body)
    within = read.get(group)
    found = (within if isinstance(within, dict) else read).get("List")
    rows = found if isinstance(found, list) else [found]
    return [{name: text_of(value) for name, value in row.items()} for row in rows if isinstance(row, dict)]


def _trouble(status: str) -> str:
    """Return why it did not arrive, "" where it did."""
    plain = re.sub(r"[^a-z]", "", status.lower())
    if plain == "success":
        return ""
    words = _TROUBLES.get(plain.removeprefix("failed"))
    return _(words) if words else _("WeChat says of it: %s") % status[:100]


def _refused(one: dict[str, str]) -> str:
    if one.get("ErrorCode", "") in ("0", ""):
        return ""
    return _("WeChat says of it: %s") % f"{one.get('ErrorStatus', '')} ({one['ErrorCode']})"[:100]
