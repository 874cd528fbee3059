"""What customers do that opens the window, in words; a platform's own ones stand in its form."""

from __future__ import annotations

from django.utils.translation import gettext_noop

TRIGGER_NAMES = {
    "message": gettext_noop("after a message"),
    "click": gettext_noop("after a tap in the menu"),
    "follow": gettext_noop("after following"),
    "scan": gettext_noop("after scanning a code"),
    "payment": gettext_noop("after paying"),
    "enter": gettext_noop("after opening a mini program's chat"),
}
