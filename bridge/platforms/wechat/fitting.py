"""Fits stored files to what WeChat takes: smaller pictures, GIFs, films and voices; what can't be fitted becomes a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.media import store, workshop
from bridge.media.errors import SCALED, MediaError, trouble_words
from bridge.models import Media
from bridge.values.text import file_size

_MB = 1024**2
LIMITS = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "thumb": 64 * 1024}
MIMES = {
    "image": {"image/png", "image/jpeg", "image/gif"},
    "voice": {"audio/mpeg", "audio/amr"},
    "video": {"video/mp4"},
    "thumb": {"image/jpeg"},
}
VOICE_SECONDS = 60
SMALLER = gettext_noop("%(kind)s made smaller for WeChat: %(before)s to %(after)s.")
STILL = gettext_noop("WeChat shows only a still of this animation; the customer got it with a link to the whole.")


@dataclass(frozen=True)
class Fit:
    """What goes to WeChat of a file: `media`, None where only a link can; `note` says to the sender what became of it.

    `still`: it is one picture of an animation, so a link to the whole goes along.
    """

    media: Media | None
    note: str = ""
    still: bool = False


def fit(media: Media, kind: str) -> Fit:
    """Return the file as WeChat takes it for `kind` (image, voice, video, thumb). MediaError, temporary, where not now."""
    if media.kind != {"thumb": "image"}.get(kind, kind):
        return Fit(None, trouble_words(media.trouble) if media.trouble else "")
    try:
        return _FITTERS[kind](media, kind)
    except MediaError as error:
        if error.temporary:
            raise
        return Fit(None, error.reason)


def _fits(media: Media, kind: str) -> bool:
    return media.mime in MIMES[kind] and media.size <= LIMITS[kind]


def _image(media: Media, kind: str) -> Fit:
    moving = media.animated and kind == "image"
    if _fits(media, kind) and (not moving or media.mime == "image/gif"):
        return Fit(media, _("Picture sent: %s.") % trouble_words(SCALED) if media.trouble == SCALED else "")
    if moving:
        return _animation(media, kind)
    made = _made(media, kind, "smaller", LIMITS[kind])
    return Fit(made, _smaller(media, made) if media.size > LIMITS[kind] else "")


def _animation(media: Media, kind: str) -> Fit:
    """As a GIF, which WeChat shows; where that gets too large, one picture of it."""
    try:
        made = _made(media, "gif", "animation", LIMITS[kind])
    except MediaError as error:
        if error.temporary:
            raise
        return Fit(_made(media, kind, "smaller", LIMITS[kind]), _(STILL), still=True)
    return Fit(made, _smaller(media, made) if media.size > LIMITS[kind] else "")


def _voice(media: Media, kind: str) -> Fit:
    if media.seconds > VOICE_SECONDS:
        return Fit(None, _("WeChat takes voices of up to %d seconds") % VOICE_SECONDS)
    return Fit(media if _fits(media, kind) else _made(media, kind, "sound"))


def _video(media: Media, kind: str) -> Fit:
    if _fits(media, kind):
        return Fit(media)
    try:
        made = _made(media, kind, "smaller_film", LIMITS[kind])
    except MediaError as error:
        if error.temporary:
            raise
        return Fit(None, _("WeChat takes films of up to %s") % file_size(LIMITS[kind]))
    return Fit(made, _smaller(media, made))


_FITTERS = {"image": _image, "thumb": _image, "voice": _voice, "video": _video}


def _smaller(media: Media, made: Media) -> str:
    before, after = file_size(media.size), file_size(made.size)
    return _(SMALLER) % {"kind": capfirst(media.get_kind_display()), "before": before, "after": after}


def _made(media: Media, kind: str, job: str, *words: object) -> Media:
    """Return what a job makes of the file; made once, and found again at the next try."""
    known = Media.objects.filter(pk=media.fits.get(kind, 0), ready=True).first()
    if known:
        return known
    with store.local_copy(media) as source, store.draft() as target:
        said = workshop.work(job, source.path, target.path, media.mime, *words)
        made = store.put(target, facts=_facts(said))
    media.fits = {**media.fits, kind: made.pk}
    media.save(update_fields=["fits"])
    return made


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {key: said[key] for key in ("width", "height") if key in said}
    if "seconds" in said:
        facts["seconds"] = max(round(said["seconds"]), 1)
    return facts | ({"animated": True} if said.get("frames", 1) > 1 else {})
