"""File names: cleaned once, where a message comes in, whatever platform or person named the file. No I/O.

A cleaned name is safe as a part of a path, of an address, of an HTTP header and of a ZIP archive, on every system.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from bridge.values.text import split_text

LIMIT = 240  # bytes of UTF-8: file systems take 255, and an export puts a number before the name
EXTENSION_LIMIT = 20  # bytes of what counts as an extension, with its dot
_JOINERS = "\u200c\u200d"  # of a family emoji, of Persian: no letter and yet part of the word
# Control, format (bidi overrides and isolates, the byte order mark), surrogate, private, unassigned; line and paragraph ends.
_REMOVED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SEPARATORS = re.compile(r"[/\\]")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_RESERVED = re.compile(r'[<>:"|?*]')  # what Windows takes in no name
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"\.\w{1,19}$")
_KINDS = {
    "image": gettext_noop("Image"),
    "voice": gettext_noop("Voice"),
    "video": gettext_noop("Video"),
    "file": gettext_noop("File"),
}


def clean(name: object) -> str:
    """Return the name as it may be stored and shown, at most LIMIT bytes; "" where nothing of it is left.

    Separators of paths become underscores, a whole path its last part; control and direction characters go; a device's
    name gets an underscore; dots and spaces at both ends go. A name that is shortened keeps its extension.
    """
    text = unicodedata.normalize("NFC", _without_controls(str(name)))
    text = _RESERVED.sub("_", _without_path(text))
    text = " ".join(text.split()).strip(". ")
    text = _shortened(text)
    return f"_{text}" if _DEVICE.match(text) else text


def _without_controls(text: str) -> str:
    # A tab or a line's end between two words is a space.
    spaced = re.sub(r"[\t\r\n\v\f\u2028\u2029]+", " ", text)
    return "".join(char for char in spaced if char in _JOINERS or unicodedata.category(char) not in _REMOVED)


def _without_path(text: str) -> str:
    """Return the last part of an absolute path, which names the sender's own folders; else all parts as one name."""
    parts = [part.strip() for part in _SEPARATORS.split(text)]
    parts = [part for part in parts if part.strip(". ")]
    return "".join(parts[-1:]) if _ABSOLUTE.match(text) else "_".join(parts)


def _shortened(text: str, limit: int = LIMIT - 1) -> str:
    if len(text.encode()) <= limit:
        return text
    found = _EXTENSION.search(text)
    extension = found.group() if found and len(found.group().encode()) <= EXTENSION_LIMIT else ""
    stem = text.removesuffix(extension)
    return split_text(stem, limit - len(extension.encode()))[0].rstrip(". ") + extension


def made_up(kind: str, at: datetime, extension: str) -> str:
    """Return the name of a file that came without one, after its kind and time, in the site's language and zone.

    >>> from datetime import UTC, datetime
    >>> made_up("image", datetime(2026, 11, 26, 7, 30, tzinfo=UTC), "jpg")
    '图片-20261126-1530.jpg'
    """
    with override(settings.LANGUAGE_CODE):
        label = _(_KINDS.get(kind, _KINDS["file"]))
    stem = f"{label}-{timezone.localtime(at, timezone.get_default_timezone()):%Y%m%d-%H%M}"
    return f"{stem}.{extension}" if extension else stem
