"""Content in words: for lists, for the context, and where a platform cannot carry the thing itself."""

from __future__ import annotations

from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.values.content import (
    Content,
    Face,
    File,
    Forward,
    Gone,
    Image,
    Link,
    Location,
    Menu,
    MiniProgram,
    Notice,
    Signal,
    TemplateMessage,
    Text,
    Typing,
    Unsupported,
    Video,
    Voice,
)
from bridge.values.text import file_size


def map_url(location: Location) -> str:
    """Return an address that shows `location` on a map anyone can open (Tencent's map, by its URI API)."""
    query = urlencode(
        {
            "marker": f"coord:{location.latitude},{location.longitude};title:{location.label or _('Location')}",
            "referer": "wechat-bridge",
        }
    )
    return f"https://apis.map.qq.com/uri/v1/marker?{query}"


_SIGNALS = {
    "click": gettext_noop("Tapped in the menu"),
    "scan": gettext_noop("Scanned a code"),
    "follow": gettext_noop("Follows now"),
    "enter": gettext_noop("Opened the chat"),
}


_KINDS = {
    "Image": gettext_noop("Image"),
    "Voice": gettext_noop("Voice"),
    "Video": gettext_noop("Video"),
    "File": gettext_noop("File"),
    "Location": gettext_noop("Location"),
    "Link": gettext_noop("Link"),
    "Face": gettext_noop("Sticker"),
    "MiniProgram": gettext_noop("Mini program"),
    "TemplateMessage": gettext_noop("Notice by template"),
}


def in_short(kind: str, preview: str) -> str:
    """Return a message's preview for a list: its kind in the reader's language, then what was said, without addresses.

    >>> in_short("Text", "hello"), in_short("File", "[File] a.pdf https://example.com/a.pdf")
    ('hello', '[文件] a.pdf')
    >>> in_short("Menu", "How was it?\\nscore-7-5. Good\\nscore-7-1. Bad")
    'How was it?'
    """
    if kind == "Menu":
        return preview.split("\n", 1)[0]
    label, end, rest = preview[1:].partition("]") if preview.startswith("[") else ("", "", preview)
    if kind not in _KINDS or (kind == "Face" and label not in _NAMELESS):
        return preview
    said = [word for word in (rest if end else preview).split() if not word.startswith(("http://", "https://"))]
    return " ".join([f"[{_(_KINDS[kind])}]", *said])


_NAMELESS = ("Sticker", "动画表情")  # as what a face without data was written down, in either language


def _labelled(label: str, *parts: str) -> str:
    return " ".join([f"[{label}]", *(part for part in parts if part)])


def _named(choice: str) -> str:
    """Return what people read for a choice's id, and customers may type: of a survey's the score.

    >>> _named("2"), _named("score-5008-5")
    ('2', '5')
    """
    return choice.rpartition("-")[2] if choice.startswith("score-") else choice


def in_words(content: Content) -> str:
    """Return `content` as text a person understands; text and notices as they are, all else with a label."""
    match content:
        case Text(text=text, quote=quote):
            return "\n".join([_("“%s”") % quote, text]) if quote else text
        case Notice(text=text):
            return text
        case Gone():
            return _labelled(_("No longer kept"))
        case Image(url=url):
            return _labelled(_("Image"), url)
        case Voice(recognition=recognition, seconds=seconds, url=url):
            length = _("%(seconds)d s") % {"seconds": seconds} if seconds else ""
            return _labelled(_("Voice"), length, recognition, url)
        case Video(url=url):
            return _labelled(_("Video"), url)
        case File(name=name, url=url, size=size):
            return _labelled(_("File"), name, f"({file_size(size)})" if size else "", url)
        case Location() as place:
            return _labelled(_("Location"), place.label, map_url(place))
        case Link(title=title, description=description, url=url):
            return "\n".join(part for part in (_labelled(_("Link"), title), description, url) if part)
        case Forward(title=title, text=text):
            return "\n".join(part for part in (_labelled(_("Chat history"), title), text) if part)
        case Face(data=data):
            return data or _labelled(_("Sticker"))
        case MiniProgram(title=title, path=path):
            return _labelled(_("Mini program"), title, path)
        case Menu() as menu:
            choices = [f"{_named(choice.id)}. {choice.text}" for choice in menu.choices]
            lines = [menu.head, *choices, menu.tail]
            return "\n".join(line for line in lines if line)
        case Signal(what=what, key=key, detail=detail):
            return _labelled(_(_SIGNALS.get(what, "Event")), key, detail)
        case TemplateMessage(title=title, text=said):
            return "\n".join([_labelled(_("Notice by template"), title), said])
        case Typing():
            return _("is typing")
        case Unsupported(what=what, detail=detail):
            return _labelled(what, detail)
    raise TypeError(f"no words for {type(content).__name__}")
