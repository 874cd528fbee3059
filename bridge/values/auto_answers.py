"""Automatic answers: what a welcome, a keyword or a menu item says to a customer without a person.

One content of four kinds. A tap on a menu message's choice comes back as its words, so it counts as writing them.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bridge.values.content import Content, Image, Link, Menu, Text

TEXT, PICTURE, CARD, MENU = "text", "picture", "card", "menu"
KINDS = (
    (TEXT, gettext_lazy("words")),
    (PICTURE, gettext_lazy("picture")),
    (CARD, gettext_lazy("card with a link")),
    (MENU, gettext_lazy("question with answers to tap")),
)
_BY_CLASS: dict[type[Content], str] = {Text: TEXT, Image: PICTURE, Link: CARD, Menu: MENU}
MOST_CHARACTERS = 600  # of a text: as one message on every platform
MOST_CHOICES = 10
MOST_OF_CHOICE = 40  # characters


def kind_of(content: Content) -> str:
    """Return which of the kinds it is; "" for content that came from elsewhere, such as a voice."""
    return _BY_CLASS.get(type(content), "")


def menu_of(head: str, choices: Iterable[str]) -> Menu:
    """Return a question with answers to tap, one for each of the lines that is not blank."""
    lines = [line.strip() for line in choices if line.strip()]
    return Menu(head, tuple({"id": f"auto-{number}", "text": line} for number, line in enumerate(lines, start=1)))


def called(content: Content) -> str:
    """Return the answer in one short line, for lists: its words, a card's title, a menu's question, a picture's name."""
    match content:
        case Text(text=words) | Menu(head=words) | Link(title=words):
            return " ".join(words.split())[:100]
        case Image(name=name):
            return " ".join(part for part in (f"[{_('Image')}]", name) if part)
    return f"[{type(content).__name__}]"


def trouble_with(content: Content) -> tuple[str, str]:
    """Return the part that is wrong ("text", "picture", "title", "url", "choices") and why; two empty texts where none is."""
    match content:
        case Text(text=words):
            return ("text", _("Write what the customer reads.")) if not words.strip() else _too_long(words)
        case Image(media=media, url=url, media_id=known):
            return ("", "") if media or url or known else ("picture", _("Choose a picture."))
        case Link() as card:
            return _trouble_with_card(card)
        case Menu() as menu:
            return _trouble_with_menu(menu)
    return "", ""


def _too_long(words: str) -> tuple[str, str]:
    if len(words) <= MOST_CHARACTERS:
        return "", ""
    return "text", _("At most %(most)d characters; this has %(now)d.") % {"most": MOST_CHARACTERS, "now": len(words)}


def _trouble_with_card(card: Link) -> tuple[str, str]:
    if not card.title.strip():
        return "title", _("A card needs a title.")
    for part, address in (("url", card.url), ("picture_url", card.picture_url)):
        if (address or part == "url") and urlsplit(address).scheme not in ("http", "https"):
            return part, _("Write a whole address, such as https://example.com/page.")
    return "", ""


def _trouble_with_menu(menu: Menu) -> tuple[str, str]:
    if not menu.head.strip():
        return "text", _("Write the question.")
    if not menu.items:
        return "choices", _("Write the answers to tap, one a line.")
    if len(menu.items) > MOST_CHOICES:
        return "choices", _("At most %d answers.") % MOST_CHOICES
    long = next((one.text for one in menu.choices if len(one.text) > MOST_OF_CHOICE), "")
    if long:
        return "choices", _("At most %(most)d characters an answer: %(answer)s") % {
            "most": MOST_OF_CHOICE, "answer": long,
        }  # fmt: skip
    return _too_long(menu.head)
