"""What WeChat's console answers by itself -> replies in the bridge's words. No I/O.

Source: developers.weixin.qq.com, "获取公众号的自动回复规则" (get_current_autoreply_info): the reply to new followers, the reply to any
message (at most once an hour), and keyword replies; only what was set in the console.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge.platforms.wechat.moving.console_contents import content_of, listed
from bridge.values.console_replies import Keyword, Replies, Rule
from bridge.values.content import Content
from bridge.values.foreign import object_of, text_of, whole_of


def read_replies(said: Any) -> Replies:
    """Return the replies of an answer, whatever is missing or strange in it. What is switched off is left out."""
    given, notes = object_of(said), list[str]()
    is_answering = whole_of(given.get("is_autoreply_open")) == 1
    follow = default = None
    if whole_of(given.get("is_add_friend_reply_open")) == 1:
        follow = _content(given.get("add_friend_autoreply_info"), _("Reply to new followers"), notes)
    if is_answering and given.get("message_default_autoreply_info"):
        default = _content(given["message_default_autoreply_info"], _("Reply to any message"), notes)
    rules = [_rule(one, notes) for one in listed(given.get("keyword_autoreply_info"))] if is_answering else []
    return Replies(follow, default, tuple(one for one in rules if one), tuple(notes))


def _content(said: Any, name: str, notes: list[str]) -> Content | None:
    given = object_of(said)
    content = content_of(given, name, notes)
    if content is None:
        kind = text_of(given.get("type")) or "–"
        notes.append(
            _("“%(name)s” holds something that cannot be taken over (%(kind)s).") % {"name": name, "kind": kind}
        )
    return content


def _rule(said: dict[str, Any], notes: list[str]) -> Rule | None:
    name = text_of(said.get("rule_name")).strip()
    words = tuple(
        Keyword(text, text_of(one.get("match_mode")) == "equal")
        for one in listed(said.get("keyword_list_info"))
        if (text := text_of(one.get("content")).strip())
    )
    name = name or "、".join(one.text for one in words)
    answers = [_content(one, name, notes) for one in listed(said.get("reply_list_info"))]
    kept = tuple(one for one in answers if one)
    return Rule(name, words, kept, text_of(said.get("reply_mode")) == "random_one") if words and kept else None
