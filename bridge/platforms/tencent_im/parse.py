"""Tencent IM callback -> content."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from bridge.conversation.preview import in_words
from bridge.platforms.tencent_im import calls, custom, elements, protocol
from bridge.platforms.tencent_im.quote import quoted
from bridge.values.content import Content, Face, Text, Typing, Unsupported
from bridge.values.foreign import text_of, whole_of
from bridge.values.incoming import Incoming

Fields = dict[str, Any]


def parse(kind: str, body: str) -> Incoming:
    """Return what a verified callback says; `kind` is its CallbackCommand. MalformedError where it is not one."""
    data = protocol.parse_json(body)
    if kind == protocol.STATE_CHANGE:
        return _presence(protocol.info_of(data), text_of(data.get("OptPlatform")))
    if kind == protocol.AFTER_READ:
        return _read(data)
    sender, recipient = protocol.text_of(data, "From_Account", "To_Account")
    if kind == protocol.AFTER_RECALL:
        original = protocol.dedup_key(protocol.AFTER_SEND, data)
        return Incoming("seat", sender, recipient, event="recall", facts={"dedup": original})
    if kind != protocol.AFTER_SEND:
        return Incoming("seat", sender, recipient, event=kind, ignored=_("%s is not a message") % kind)
    if reason := _not_to_relay(data):
        return Incoming("seat", sender, recipient, ignored=reason)
    return _message(sender, recipient, data)


@dataclass
class _Elements:
    """What the elements of one message say: contents, what the seat is told, and what of it is of no use to a person."""

    contents: list[Content] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    mute: bool = False  # a custom element that holds data for apps only
    call: bool = False

    def take(self, element: Any) -> None:
        try:
            kind, fields = elements.kind_of(element)
            if kind == elements.CUSTOM and calls.is_signal(fields):
                self._take_call(fields)
                return
            content = elements.content_of(kind, fields)
        except (custom.CustomError, elements.ElementError) as error:
            self.refusals.append(_("Not sent: %s") % error)
            return
        if kind == elements.CUSTOM and isinstance(content, Unsupported) and not content.detail:
            self.mute = True
        else:
            self.contents.append(content)

    def _take_call(self, fields: Fields) -> None:
        if calls.rings(fields) and not self.call:
            self.refusals.append(
                _("Calls do not reach WeChat: the customer has noticed nothing. Please write instead.")
            )
        self.call = True

    def told(self) -> list[str]:
        """Return what the seat is told; data that only an app can read are worth a word where nothing else came."""
        if self.mute and not (self.contents or self.refusals or self.call):
            words = _(
                "Not sent: this message holds only data for an app. With a description (Desc) that would be sent."
            )
            return [words]
        return self.refusals


def _message(sender: str, recipient: str, data: Fields) -> Incoming:
    body, read = data.get("MsgBody"), _Elements()
    if not isinstance(body, list):
        body = []
        read.refusals.append(_("Not sent: %s") % elements.ElementError("MsgBody", type(data.get("MsgBody")).__name__))
    for element in body:
        read.take(element)
    contents = read.contents
    if len(contents) == 1 and isinstance(contents[0], Typing):
        return Incoming("seat", sender, recipient, event="typing", facts={"typing": contents[0].on})
    if read.call and not contents and not read.refusals:
        return Incoming("seat", sender, recipient, ignored=_("a signal of a call, which does not reach WeChat"))
    online_only = bool(whole_of(data.get("OnlineOnlyFlag")))
    if online_only and not read.call and not any(isinstance(content, Text) for content in contents):
        return Incoming("seat", sender, recipient, ignored=_("a message only for whoever is online now"))
    kept = [content for content in contents if not isinstance(content, Typing)]
    if custom_data := data.get("CloudCustomData"):
        kept = _with_quote(kept, quoted(custom_data))
    return Incoming("seat", sender, recipient, contents=tuple(kept), facts={"refusals": read.told()})


def _with_quote(contents: list[Content], quote: str) -> list[Content]:
    """Put what the message answers above its first words; what has no words goes without."""
    for place, content in enumerate(contents):
        if quote and isinstance(content, Text | Face):
            said = replace(content, quote=quote) if isinstance(content, Text) else Text(in_words(content), quote=quote)
            return [*contents[:place], said, *contents[place + 1 :]]
    return contents


def _read(data: Fields) -> Incoming:
    """A seat has read the chat with a customer up to LastReadTime (seconds since the epoch)."""
    reader, peer = protocol.text_of(data, "Report_Account", "Peer_Account")
    value = data.get("LastReadTime")
    at = None if isinstance(value, bool) else whole_of(value)
    if at is None or not 0 <= at < 2**33:
        return Incoming("seat", reader, peer, ignored=_("a read report without a time"))
    return Incoming("seat", reader, peer, event="read", facts={"at": at})


def _not_to_relay(data: Fields) -> str:
    # What the REST API sends is our own: relaying it would make the bridge talk to itself for ever.
    if text_of(data.get("OptPlatform")).upper() == "RESTAPI":
        return _("sent through the REST API: our own echo")
    if data.get("SendMsgResult") is not None and (result := whole_of(data["SendMsgResult"])) != 0:
        return _("Tencent IM did not send it (%s)") % (
            text_of(data["SendMsgResult"])[:20] if result is None else result
        )
    return ""


PRESENCE = {"Login": True, "Logout": False, "Disconnect": False}


def _presence(info: Fields, platform: str) -> Incoming:
    (seat, action) = protocol.text_of(info, "To_Account", "Action")
    if action not in PRESENCE:
        return Incoming("presence", seat, event=action, ignored=_("state %s says nothing about presence") % action)
    client = protocol.client_name(platform)
    return Incoming("presence", seat, event=action, facts={"online": PRESENCE[action], "client": client})
