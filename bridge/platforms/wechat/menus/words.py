"""What the editor of a menu says, for its script."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.platforms.wechat.menus.items import ANSWER, BOT, KEY, LINK, MINI, OTHER, PERSON


def words() -> dict[str, str | dict[str, str]]:
    """Return the words by name, in the reader's language; those of what an item does by what it does."""
    return {
        "does": _does(),
        "labels": _labels(),
        "helps": _helps(),
        "what": _("What it does"),
        "choose": _("Choose what it does."),
        "usual": _("the account's own group"),
        "unnamed": _("No name"),
        "add": _("Add a button"),
        "addBelow": _("Add an item below"),
        "remove": _("Remove"),
        "removeAll": _("Remove it with all items below?"),
        "earlier": _("Move forward"),
        "later": _("Move back"),
        "none": _("Choose an item on the phone, or add one."),
        "bytes": _("{n} of {most} bytes"),
        "characters": _("{n} of {most} characters"),
        "parent": _("It opens the items above it. Take those away to let it do something itself."),
        "instead": _("Write a text instead"),
        "found": _("What was entered here before was never saved."),
        "putBack": _("Put it back"),
        "discard": _("Discard it"),
    }


def _does() -> dict[str, str]:
    return {
        PERSON: _("Leads to a person"),
        BOT: _("Asks a chatbot"),
        ANSWER: _("Answers with a text"),
        LINK: _("Opens a web page"),
        MINI: _("Opens a mini program"),
        KEY: _("Sends a key of your own"),
        OTHER: _("Does what it did before"),
    }


def _labels() -> dict[str, str]:
    return {
        "name": _("Name of the item"),
        "group": _("Group"),
        "bot": _("Chatbot"),
        "question": _("What it asks the chatbot"),
        "words": _("Answer"),
        "url": _("Address"),
        "fallback": _("Address for old phones"),
        "app_id": _("AppID of the mini program"),
        "path": _("Page"),
        "key": _("Key"),
    }


def _helps() -> dict[str, str]:
    return {
        "group": _("A person of this group is looked for. Whoever is served already stays with their seat."),
        "question": _("As if the customer had written it. Empty: the item's name."),
        "words": _(
            "Said at once, without opening a conversation. As a rule it spends none of the three messages that WeChat "
            "allows within a minute after a tap."
        ),
        "app_id": _("The mini program must be linked to the account in WeChat's console."),
        "fallback": _("Shown where the phone's WeChat is too old for mini programs."),
        "key": _(
            "It opens a conversation where the account's page names it at “what opens a conversation”; other keys are for plugins."
        ),
        "other": _("It stays as it was set up elsewhere. Only its name and place can be changed here."),
    }
