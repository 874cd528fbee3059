"""Reception: makes of what came a file that every browser and client shows, whoever sent it from whichever side.

Pictures become JPEG, PNG, GIF or WebP, upright and without personal data; sounds MP3; films MP4 (H.264, AAC) with a first
picture. Streams decide what a file is: a film without pictures is a sound. What can't be read or is over a bound is kept
as a plain file, and says why (`Media.trouble`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.media import store, workshop
from bridge.media.errors import SCALED, MediaError
from bridge.media.marks import Sniffed
from bridge.media.store import Draft
from bridge.models import Media
from bridge.values.content import Content, File

PREVIEW_LIMIT = 64 * 1024
# Pictures that somebody who sends them as a file means to be seen; others (a scan in TIFF) stay the files they are.
SEEN = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif")
Kind = Media.Kind


def receive(drafted: Draft, meant: type[Content] | None = None) -> Media:
    """Store the draft as it is shown. `meant`: as which content it was sent, None where the file itself decides.

    MediaError, temporary, where it cannot be read now.
    """
    what = drafted.sniffed()
    make = _MAKERS.get(what.kind)
    if meant is File and what.mime not in SEEN:
        make = None
    try:
        if make is not None:
            return make(drafted, what)
    except MediaError as error:
        if error.temporary:
            raise
        return _plain(drafted, error.trouble or "damaged")
    return _plain(drafted, "damaged" if meant not in (None, File) else "")


def _plain(drafted: Draft, trouble: str) -> Media:
    """Store it as a file that is downloaded, whatever its bytes begin with: a browser is not to try its luck with it."""
    facts: dict[str, Any] = {"kind": Kind.FILE}
    if trouble:
        facts |= {"trouble": trouble, "mime": "application/octet-stream"}
    media = store.put(drafted, facts=facts)
    if trouble and not media.trouble and media.kind == Kind.FILE:
        media.trouble = trouble
        media.save(update_fields=["trouble"])
    return media


def _picture(drafted: Draft, what: Sniffed) -> Media:
    with store.draft() as made:
        said = workshop.work("picture", drafted.path, made.path, what.mime)
        facts = {key: said[key] for key in ("width", "height")}
        facts |= {"animated": bool(said.get("animated")), "trouble": SCALED if said.get("scaled") else ""}
        return store.put(made, facts=facts)


def _sound(drafted: Draft, what: Sniffed) -> Media:
    if what.mime == "audio/ogg" and _streams(drafted, what)["kind"] == "video":
        return _film(drafted, what)
    if what.mime == "audio/mpeg":
        said = _streams(drafted, what)
        return store.put(drafted, facts={"seconds": max(round(said["seconds"]), 1)})
    with store.draft() as made:
        said = workshop.work("sound", drafted.path, made.path, what.mime)
        return store.put(made, facts={"seconds": max(round(said["seconds"]), 1)})


def _film_or_sound(drafted: Draft, what: Sniffed) -> Media:
    return (_film if _streams(drafted, what)["kind"] == "video" else _sound)(drafted, what)


def _streams(drafted: Draft, what: Sniffed) -> dict[str, Any]:
    return workshop.work("streams", drafted.path, None, what.mime)


def _film(drafted: Draft, what: Sniffed) -> Media:
    with store.draft() as made:
        said = workshop.work("film", drafted.path, made.path, what.mime)
        facts = {"seconds": max(round(said["seconds"]), 1), "width": said["width"], "height": said["height"]}
        shown = drafted if said.get("same") else made
        media = store.put(shown, facts=facts)
        if media.thumb is None:
            _add_preview(media, shown)
    return media


def _add_preview(media: Media, film: Draft) -> None:
    """Give a film its first picture; what cannot be had is no reason to lose the film."""
    with store.draft() as picture:
        try:
            facts = workshop.work("first_frame", film.path, picture.path, film.sniffed().mime, PREVIEW_LIMIT)
        except MediaError:
            return
        media.thumb = store.put(picture, facts=facts)
        media.save(update_fields=["thumb"])


_MAKERS: dict[str, Callable[[Draft, Sniffed], Media]] = {
    "image": _picture,
    "voice": _sound,
    "video": _film_or_sound,
}
