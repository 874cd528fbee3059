"""What decoding may cost, what it may open, and what of its owner a file must not tell."""

from __future__ import annotations

import fcntl
import io
import json
import os
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, ImageSequence, PngImagePlugin

from bridge.conversation.preview import in_short, in_words
from bridge.media import reception, store, sweep, workshop
from bridge.media.errors import MediaError
from bridge.media.sniff import sniff
from bridge.media.tool.decoding import tones
from bridge.models import Media, Message
from bridge.platforms.wechat import fitting
from bridge.privacy.retention import let_go_of_files
from bridge.values.content import Face
from bridge.values.content import Image as Picture
from tests.bridge.media.test_media import _storage, from_im, from_wechat, later
from tests.support import kinds, samples
from tests.support.waiting import wait_until

__all__ = ["_storage"]  # a fixture
pytestmark = [pytest.mark.once, pytest.mark.long]
MB = 1024**2
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def received(body: bytes, meant=None) -> Media:
    with store.draft() as drafted:
        drafted.path.write_bytes(body)
        return reception.receive(drafted, meant)


def bytes_of(media: Media) -> bytes:
    with store.storage().open(media.path) as file:
        return file.read()


def image_of(media: Media) -> Image.Image:
    return Image.open(io.BytesIO(bytes_of(media)))


# What of its owner a picture tells


def far(first: Image.Image, second: Image.Image) -> int:
    """Return the largest mean difference of a small part of two pictures."""
    assert first.size == second.size
    small = [one.convert("RGB").resize((8, 8)).tobytes() for one in (first, second)]
    return max(abs(a - b) for a, b in zip(*small, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied(db, form, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = kinds.saved(kinds.gradient(), form, exif=exif, **({"quality": 95} if form != "PNG" else {}))
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
    media = received(body)
    shown = image_of(media)
    assert (media.width, media.height) == shown.size
    assert shown.getexif().get(0x0112, 1) == 1
    assert far(shown, expected) < 12


def owned(form: str) -> bytes:
    """Return a picture with its place, its owner, a comment, XMP and a colour profile."""
    exif = Image.Exif()
    exif[0x013B], exif[0x010F] = "Owner Wang", "Phone Maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 15.0), 3: "E", 4: (116.0, 24.0, 27.0)})
    options: dict = {"exif": exif, "icc_profile": SRGB}
    if form == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", "Owner Wang")
        words.add_itxt("XML:com.adobe.xmp", "<x>Owner Wang</x>")
        options["pnginfo"] = words
    elif form == "GIF":
        options = {"comment": b"Owner Wang"}
    else:
        options["xmp"] = b"<x>Owner Wang</x>"
    if form == "JPEG":
        options |= {"comment": b"Owner Wang", "quality": 90}
    return kinds.saved(kinds.gradient(), form, **options)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_what_tells_of_its_owner_is_removed(db, form):
    body = owned(form)
    assert b"Owner Wang" in body
    media = received(body)
    made = bytes_of(media)
    assert b"Owner" not in made
    assert b"Phone Maker" not in made
    shown = image_of(media)
    assert not dict(shown.getexif())
    assert not {"xmp", "comment", "Author", "XML:com.adobe.xmp"} & shown.info.keys()
    if form != "GIF":
        assert shown.info["icc_profile"] == SRGB


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_browsers_show_is_not_compressed_again(db, form):
    body = owned(form)
    shown, before = image_of(received(body)), Image.open(io.BytesIO(body))
    assert shown.format == before.format
    assert shown.convert("RGB").tobytes() == before.convert("RGB").tobytes()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_animations_stay_as_they_are(db, form):
    media = received(kinds.moving(form))
    assert media.animated
    assert len(list(ImageSequence.Iterator(image_of(media)))) == 12


def test_what_hangs_behind_a_jpeg_goes(db):
    """A second picture with a place of its own, or a film: what phones append."""
    plain = kinds.saved(kinds.gradient(), "JPEG")
    assert bytes_of(received(plain + kinds.placed() + samples.film())) == plain


def test_what_a_film_says_in_a_box_of_its_own_goes(db):
    words = b"<x:xmpmeta>116.4074</x:xmpmeta>"
    body = samples.film() + (24 + len(words)).to_bytes(4, "big") + b"uuid" + bytes(16) + words
    assert words not in bytes_of(received(body))


def test_a_film_that_plays_and_tells_nothing_stays_as_it_is(db):
    assert bytes_of(received(samples.film())) == samples.film()


def test_a_film_does_not_say_where_it_was_made(db):
    assert b"116.4074" in kinds.mov()
    media = received(kinds.mov())
    assert (media.kind, media.mime) == ("video", "video/mp4")
    assert b"116.4074" not in bytes_of(media)
    assert media.thumb.size <= 64 * 1024


def test_a_film_is_turned_and_its_preview_too(db):
    media = received((kinds.MEDIA / "upright-video-rotation-flag.mp4").read_bytes())
    assert (media.width, media.height) == (48, 64)
    assert (media.thumb.width, media.thumb.height) == (48, 64)


def test_sixteen_bits_keep_their_tones(db):
    media = received((kinds.MEDIA / "gray-16bit-becomes-white.tiff").read_bytes())
    tones = set(image_of(media).convert("L").tobytes())
    assert {min(tones), max(tones)} == {0, 255}
    assert len(tones) >= 16


@pytest.mark.parametrize("order", ["I;16", "I;16B"])
@pytest.mark.parametrize("form", ["TIFF", "PNG"])
def test_sixteen_bits_in_either_order(db, form, order):
    if form == "PNG" and order == "I;16B":
        pytest.skip("PNG has one order")
    values = np.repeat(np.arange(256, dtype=">u2" if order == "I;16B" else "<u2") * 257, 256)
    grey = Image.frombytes(order, (256, 256), values.astype(values.dtype).tobytes())
    shown = tones(image_of(received(kinds.saved(grey, form))))
    assert abs(shown.getpixel((10, 128)) - 128) < 4


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F"])
def test_a_tiff_of_every_kind_shows(db, mode):
    picture = (
        kinds.gradient().convert("L").convert(mode)
        if mode in ("LA", "I", "F")
        else kinds.gradient().convert(mode)
        if mode != "LAB"
        else Image.new("LAB", (320, 200))
    )
    media = received(kinds.saved(picture, "TIFF"))
    assert media.mime in ("image/jpeg", "image/png")
    image_of(media).load()


# Bounds


PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from bridge.media.tool import run
try:
    run.main(sys.argv[2:])
finally:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(tmp_path, job: str, body: bytes, *words: object) -> tuple[dict, int, float]:
    """Do a job as the workshop has it done; return what it says, the memory it took in MB, and the seconds."""
    source = tmp_path / "source"
    source.write_bytes(body)
    command = [
        sys.executable,
        "-c",
        PROBE,
        str(workshop._ROOT),
        job,
        str(source),
        str(tmp_path / "target"),
        sniff(body[:8192]).mime,
    ]
    began = time.monotonic()
    done = subprocess.run([*command, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        return {"trouble": "pixels"}, 300, time.monotonic() - began
    said, memory = done.stdout.splitlines()[-2:]
    return json.loads(said), int(memory) // 1024, time.monotonic() - began


@cache
def large(form: str, size: tuple[int, int], **options: object) -> bytes:
    # Half a minute otherwise; what it takes to read stays the same.
    quick = {"enc_params": {"preset": "ultrafast"}} if form == "HEIF" else {}
    return kinds.saved(kinds.gradient(size), form, **options, **quick)


def halves(size: tuple[int, int]) -> Image.Image:
    """Return a picture of black and white alone, made quickly."""
    return Image.linear_gradient("L").convert("1", dither=Image.Dither.NONE).resize(size)


LARGE = {
    "a phone's JPEG of 108 MP": (lambda: large("JPEG", (12000, 9000), quality=85), "shown"),
    "a phone's JPEG of 200 MP": (lambda: large("JPEG", (16320, 12240), quality=60), "shown"),
    "a progressive JPEG of 48 MP": (lambda: large("JPEG", (8064, 6048), progressive=True), "shown"),
    "HEIC of 48 MP": (lambda: large("HEIF", (8064, 6048), quality=50), "shown"),
    "PNG of 48 MP": (lambda: large("PNG", (8064, 6048), compress_level=1), "shown"),
    "PNG of 108 MP": (lambda: large("PNG", (12000, 9000), compress_level=1), "refused"),
    "TIFF of 48 MP": (lambda: large("TIFF", (8064, 6048), compression="tiff_deflate"), "shown"),
    "TIFF of 225 MP": (lambda: kinds.saved(halves((15000, 15000)), "TIFF", compression="group4"), "refused"),
    "PNG of 900 MP": (kinds.bomb, "refused"),
    "GIF of 900 MP": (lambda: kinds.saved(Image.new("P", (1, 1)), "GIF")[:6] + b"\x30\x75\x30\x75" + kinds.saved(Image.new("P", (1, 1)), "GIF")[10:], "refused"),
}  # fmt: skip


@pytest.mark.xdist_group("large pictures")  # each is made once
@pytest.mark.skipif(sys.platform != "linux", reason="measured where /proc is")
@pytest.mark.parametrize("job", [("picture",), ("smaller", 10 * MB)], ids=["shown", "fitted"])
@pytest.mark.parametrize("name", LARGE)
def test_large_pictures_within_memory(tmp_path, name, job):
    make, expected = LARGE[name]
    said, memory, seconds = peak(tmp_path, job[0], make(), *job[1:])
    assert memory <= 300
    assert ("refused" if said.get("trouble") == "pixels" else "shown") == expected
    assert seconds < (10 if expected == "refused" else 60)


def test_what_is_over_the_bound_goes_as_a_file_with_words(db):
    media = received(kinds.bomb(), Picture)
    assert (media.kind, media.trouble, media.mime) == ("file", "pixels", "application/octet-stream")
    fit = fitting.fit(media, "image")
    assert fit.media is None
    assert fit.note == "像素过多，无法显示"


def test_what_was_made_smaller_goes_with_its_original(talking, platforms):
    """What retention or erasing lets go of must not live on in a smaller size."""
    (_body,) = from_im(talking, platforms, "image", original_jpg=kinds.saved(kinds.noise((2400, 2000)), "PNG"))
    assert Media.objects.count() == 2
    let_go_of_files(Message.objects.all())
    assert sweep.sweep() == 2
    assert not Media.objects.exists()


def test_one_is_read_at_a_time_and_the_wait_is_bounded(db, settings, monkeypatch):
    monkeypatch.setattr(workshop, "WAIT", 0.3)
    with open(os.path.join(settings.DATA_DIR, "decoder.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(MediaError) as error:
            received(samples.picture())
        assert error.value.temporary
    assert received(samples.picture()).kind == "image"


def test_a_file_waits_as_long_as_others_are_read(talking, platforms, settings, monkeypatch):
    monkeypatch.setattr(workshop, "WAIT", 0.05)
    with open(os.path.join(settings.DATA_DIR, "decoder.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert from_wechat(talking, platforms, "image", **{"media-id-image": samples.picture()}) == []
        for seconds in (10, 30, 70, 150, 310):
            later(talking, seconds)
    later(talking, 700)
    assert platforms.bodies("openim/sendmsg")[-1]["MsgBody"][0]["MsgType"] == "TIMImageElem"


def test_the_tool_ends_with_whoever_started_it(tmp_path, settings):
    """Else a worker that is killed would leave decoders behind, and the next one would run beside them."""
    film = tmp_path / "film.mov"
    film.write_bytes(
        kinds.film("mov", "libx265", (1280, 720), 150, 30, **{"x265-params": "log-level=none", "preset": "ultrafast"})
    )
    code = (
        "import django; django.setup(); from pathlib import Path; from bridge.media import workshop; "
        f"workshop.work('film', Path({str(film)!r}), Path({str(tmp_path / 'out')!r}), 'video/quicktime')"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATA_DIR": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=workshop._ROOT)
    tools = lambda: subprocess.run(["pgrep", "-f", str(film)], capture_output=True, text=True).stdout.split()  # noqa: E731
    wait_until(lambda: len(tools()) >= 2, pause=0.02)
    worker.kill()
    worker.wait()
    time.sleep(0.5)
    assert tools() == []


# Playlists, and everything else that names other files

PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile '{secret}'\n",
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "DASH": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>file://{secret}</BaseURL></MPD>",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    "PLS": "[playlist]\nFile1={secret}\nNumberOfEntries=1\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("front", [b"", b"\0", b"\x00\x00\x00\x18ftypmp42"])
def test_playlists_are_never_followed(db, tmp_path, name, front):
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(samples.mp3())
    body = front + PLAYLISTS[name].format(secret=secret).encode()
    media = received(body)
    assert media.kind == "file"
    assert bytes_of(media) == body


@pytest.mark.parametrize("name", PLAYLISTS)
def test_no_reader_takes_a_playlist_for_its_own(db, tmp_path, name):
    """Each opens the file as what its first bytes say, and nothing else: neither another format nor another file."""
    (tmp_path / "secret.mp3").write_bytes(samples.mp3())
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        PLAYLISTS[name].format(secret="secret.mp3").replace("file://", "")
    )  # beside it: FFmpeg thinks that safe
    for mime in ("audio/mpeg", "audio/aac", "audio/wav", "video/mp4", "video/webm", "video/mp2t"):
        with pytest.raises(MediaError):
            workshop.work("sound", playlist, tmp_path / "made", mime)


# A type is what the bytes say and plausible

WORDS = ["BMW X5,50万\n", "ID3 标签说明", "GIF89a 和 GIF87a 的区别", "II*开头", "MM\x00", "RIFF 格式", "OggS is a container", "fLaC", "#!AMR", "FLV",
         "#!SILK_V3 是什么", "FORM of AIFF", "ftypmp42", "\x02#!SILK", "PK", "Rar!", "8BPS", "caff", "moov"]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
@pytest.mark.parametrize("words", WORDS)
def test_words_are_no_picture_and_no_voice(words, encoding):
    for body in (words.encode(encoding), (words + "，更多的字" * 3000).encode(encoding)[:8192]):
        assert sniff(body).kind == "file"


@pytest.mark.parametrize(
    "kind",
    [one for one in kinds.KINDS if one.key not in ("picture-damaged", "words", "pdf", "playlist", "concat")],
    ids=lambda one: one.key,
)
def test_what_is_real_is_known(kind):
    if kind.key in ("jpeg-108", "png-bomb", "mp4-long"):
        pytest.skip("large, and played in the table")
    assert sniff(kind.make()[:8192]).kind in {"voice": ("voice", "video")}.get(kind.sent, (kind.sent,))


# Kinds in short


def test_a_face_without_data_is_said_in_the_readers_language(db):
    from django.utils import translation

    assert in_words(Face(index=5)) == "[动画表情]"
    with translation.override("en"):
        assert in_words(Face(index=5)) == "[Sticker]"
        assert in_short("Face", "[动画表情]") == "[Sticker]"
    assert in_short("Face", "[微笑]") == "[微笑]"
    assert in_short("Image", "[图片] https://example.com/a.jpg") == "[图片]"
    assert in_short("Voice", "[语音] 3 秒 请问几点关门") == "[语音] 3 秒 请问几点关门"
    assert "Sticker" not in in_short("Face", "[Sticker]")
