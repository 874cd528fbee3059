"""How the desk draws icons, people and lengths of time."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from bridge.conversation.preview import in_short
from bridge.models import Customer
from bridge.platforms import customers
from bridge.values.text import duration

register = template.Library()

# Which icon of look/icons.svg stands for a kind of content.
KINDS = {
    "Image": "image", "Voice": "mic", "Video": "play", "File": "file", "Location": "pin", "Link": "link", "Face": "smile",
    "MiniProgram": "store", "TemplateMessage": "bell", "Menu": "menu-ask", "Signal": "phone", "Unsupported": "alert",
}  # fmt: skip
COLOURS = 8


@register.simple_tag
@cache  # a page has thousands
def icon(name: str) -> SafeString:
    """Return an icon of the set; beside words, so it says nothing to a screen reader."""
    if not name:
        return mark_safe("")
    address = static("look/icons.svg")
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#i-{}"/></svg>', address, name)


@register.filter
def sign(kind: str) -> str:
    """Return the name of the icon for a kind of content; "" for words."""
    return KINDS.get(kind, "")


@register.inclusion_tag("desk/avatar.html")
def avatar(number: int, name: str, css: str = "", presence: str = "", *, known: bool = True) -> dict[str, Any]:
    """Show a person: the first character of the name on a colour that is theirs by their number; a figure where there is no name."""
    letter = name.strip()[:1].upper() if known else ""
    return {"letter": letter, "colour": number % COLOURS + 1 if letter else 0, "css": css, "presence": presence}


@register.filter
def linked(text: str) -> SafeString:
    """Return words with their addresses as links; line breaks and runs of spaces stay as they are.

    >>> linked("看https://a.example/b，谢谢")
    '看<a target="_blank" href="https://a.example/b" rel="nofollow">https://a.example/b</a>，谢谢'
    """
    # Chinese puts no spaces round an address: a piece without Chinese characters may be one.
    pieces = _PIECES.split(text)
    pieces[1::2] = [urlize(one, nofollow=True, autoescape=True) for one in pieces[1::2]]
    pieces[::2] = [escape(one) for one in pieces[::2]]
    # urlize escapes; with rel=nofollow and no target it is `tabbed` that opens another tab.
    return mark_safe("".join(pieces).replace("<a ", '<a target="_blank" '))  # noqa: S308


# Ideographs, kana, and what stands between them: ，。（）“” and the like.
_PIECES = re.compile("([^\\s\u2010-\u2027\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]+)")


@register.filter
def last(conversation: Any) -> str:
    """Return the last thing said in a conversation that `feed.with_extras` has read, in one line."""
    return in_short(conversation.last_type or "", conversation.last_text or "")


@register.filter
def came_from(customer: Customer) -> str:
    """Return in words where the customer came from; "" where that is not known."""
    return customers.came_from(customer)


@register.filter
def waited(since: datetime, now: datetime) -> str:
    """Return how long ago `since` was, in people's words: seconds, then whole minutes, as the script goes on with it."""
    seconds = max(0, int((now - since).total_seconds()))
    return duration(seconds if seconds < 60 else seconds - seconds % 60)


@register.filter
def when(at: datetime, now: datetime) -> str:
    """Return when something was: the time today, "yesterday", else the day, with the year if it is another one."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    if local.date() == today:
        return f"{local:%H:%M}"
    if (today - local.date()).days == 1:
        return _("yesterday")
    return f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"
