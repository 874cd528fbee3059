"""The storage for files full, read-only, slow and back again: what waits, what goes on, and what people read."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages
from django.test import Client
from PIL import Image

from bridge.base import clock, flight
from bridge.media import links, saving, store, sweep
from bridge.media.errors import MediaError, StorageError
from bridge.models import Conversation, Delivery, Media
from bridge.observe import liveness
from bridge.platforms.wechat.models import Upload, WeChatAccount
from tests.support import samples
from tests.support.actors import payload
from tests.support.routing import client_of

pytestmark = pytest.mark.once
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    """The storage's folder; drafts are elsewhere."""
    settings.STORAGES = {
        **settings.STORAGES,
        "media": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media", "allow_overwrite": True},
        },
    }
    return tmp_path / "media"


@contextmanager
def fault(number=errno.ENOSPC, *, half=True):
    """Let the storage break off in the middle of a file, as a full disk does, and leave what it has written."""
    write = FileSystemStorage._save

    def broken(self, name, content):
        if half:
            write(self, name, ContentFile(content.read()[:100]))
        raise OSError(number, os.strerror(number))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", broken)
        yield


def later(site, seconds):
    moment = clock.now() + timedelta(seconds=seconds)
    with clock.fixed(lambda: moment):
        site.work()


def photo(number: int = 0) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64 + number, 64), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


def seat_sends(site, platforms, body, *, number=0, kind="image"):
    key = {"image": "original.jpg", "file": "c.pdf", "video": "v.mp4"}[kind]
    platforms.files[f"https://im.example.com/{number}/{key}"] = body
    data = payload(f"tencent_im/{kind}.json").replace("CUSTOMER", site.im_id())
    data = data.replace(f"im.example.com/{key}", f"im.example.com/{number}/{key}").replace(f"_{kind}", f"_{number}")
    site.im_callback("C2C.CallbackAfterSendMsg", json.loads(data))
    site.work()


def customer_sends(site, platforms, body):
    platforms.files["media-id-image"] = body
    site.push_xml(payload("wechat/image.xml"))
    site.work()


def seat_says(site, text):
    site.seat_says(text)
    site.work()


def stored_bytes(media):
    with storages["media"].open(media.path) as file:
        return file.read()


# From a seat


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "存储空间已满"), (errno.EDQUOT, "存储空间已满"), (errno.EROFS, "存储空间只读"), (errno.EACCES, "存储服务没有响应"),
    ],
)  # fmt: skip
def test_a_seats_picture_waits_and_its_words_go_on(talking, platforms, number, words):
    picture = photo()
    with fault(number):
        seat_says(talking, "before")
        seat_sends(talking, platforms, picture)
        seat_says(talking, "after")
        assert platforms.to_customer() == ["before", "after"]
        told = platforms.to_seat("alice")[-1]
        assert words in told
        assert "自动发出" in told
        assert "Error" not in told
        later(talking, 10)
        later(talking, 40)
        assert sum(words in text for text in platforms.to_seat("alice")) == 1, "the seat is told once"
    assert Delivery.objects.get(state="aside").attempts == 0
    later(talking, 200)
    assert platforms.to_customer() == ["before", "after", "(image)"]
    (upload,) = [call for url, _params, call in platforms.calls if url.endswith("media/upload")]
    assert upload["bytes"] == picture
    assert stored_bytes(Media.objects.get()) == picture


def test_files_that_wait_keep_their_order(talking, platforms):
    WeChatAccount.objects.update(window_rules={"message": [20, 3600]})
    talking.customer_says("room for more")
    first, second = photo(1), photo(2)
    with fault():
        seat_sends(talking, platforms, first, number=1)
    # There is room again, but the first one has not been tried yet.
    seat_sends(talking, platforms, second, number=2)
    seat_sends(talking, platforms, samples.PDF, number=3, kind="file")
    seat_says(talking, "words pass")
    assert platforms.to_customer() == ["words pass"]
    later(talking, 10)
    sent = platforms.bodies(SEND)[1:]
    assert [body["msgtype"] for body in sent] == ["image", "image", "text"]
    ids = [Upload.objects.get(media__size=len(one)).remote_id for one in (first, second)]
    assert [body["image"]["media_id"] for body in sent[:2]] == ids


def test_more_files_wait_than_a_look_takes(talking, platforms):
    WeChatAccount.objects.update(window_rules={"message": [100, 3600]})
    talking.customer_says("much room")
    with fault():
        for number in range(45):
            seat_sends(talking, platforms, photo(number), number=number)
        seat_says(talking, "words pass all of them")
        assert platforms.to_customer() == ["words pass all of them"]
    later(talking, 10)
    assert platforms.to_customer()[1:] == ["(image)"] * 45
    order = [body["image"]["media_id"] for body in platforms.bodies(SEND)[1:]]
    assert order == list(Upload.objects.order_by("pk").values_list("remote_id", flat=True))


def test_tries_come_slower_and_end(talking, platforms, settings, monkeypatch):
    settings.STORAGE_RETRY_SECONDS, settings.STORAGE_WAIT_HOURS = 150.0, 1
    moment, tries = clock.now(), []
    write = saving.save
    monkeypatch.setattr(saving, "save", lambda *words: (tries.append(clock.now()), write(*words)))
    with fault(), clock.fixed(lambda: moment):
        seat_sends(talking, platforms, photo())
        while (waiting := Delivery.objects.get(direction="customer")).state == "aside":
            moment = waiting.due_at
            talking.work()
    pauses = [(after - before).total_seconds() for before, after in pairwise(tries)]
    assert pauses[0] == 5
    assert pauses == sorted(pauses)
    assert max(pauses) == 150
    assert 3600 < sum(pauses) <= 3750
    delivery = Delivery.objects.get(direction="customer")
    assert (delivery.state, delivery.code) == ("failed", "storage")
    assert "未送达" in platforms.to_seat("alice")[-1]
    assert "存储空间已满" in platforms.to_seat("alice")[-1]
    seat_says(talking, "#重发")
    assert platforms.to_customer() == ["(image)"]


def test_what_waits_for_room_can_be_recalled(talking, platforms):
    with fault():
        seat_sends(talking, platforms, photo(), number=7)
        event = json.loads(payload("tencent_im/image.json").replace("_image", "_7"))
        data = {"From_Account": "alice", "To_Account": talking.im_id(), "MsgKey": event["MsgKey"], "EventTime": 1}
        talking.im_callback("C2C.CallbackAfterMsgWithDraw", data)
        talking.work()
    later(talking, 100)
    assert platforms.to_customer() == []
    assert Delivery.objects.get(direction="customer").state == "dropped"


def test_what_waits_stays_behind_the_window(talking, platforms):
    WeChatAccount.objects.update(count_checked_at=clock.now())
    with fault():
        seat_sends(talking, platforms, photo())
        for number in range(6):
            seat_says(talking, f"m{number}")
    later(talking, 100)
    assert platforms.to_customer() == [f"m{number}" for number in range(5)]
    assert set(Delivery.objects.filter(direction="customer").exclude(state="done").values_list("state", flat=True)) == {
        "held"
    }
    talking.customer_says("go on")
    talking.work()
    assert platforms.to_customer()[5:] == ["(image)", "m5"]


# From a customer


def test_a_customers_picture_waits_and_the_seat_reads_it(talking, platforms):
    picture = photo()
    with fault():
        customer_sends(talking, platforms, picture)
        talking.customer_says("did you get it?")
        talking.work()
        texts = platforms.to_seat("alice")
        assert "did you get it?" in texts[-1]
        assert "[图片]" in texts[-2]
        assert "存储空间已满" in texts[-2]
        assert "自动补上" in texts[-2]
    later(talking, 30)
    element = platforms.bodies(IM_SEND)[-1]["MsgBody"][0]
    assert element["MsgType"] == "TIMImageElem"
    address = element["MsgContent"]["ImageInfoArray"][0]["URL"]
    assert b"".join(Client().get("/media/" + address.split("/media/")[1]).streaming_content) == picture


def test_the_same_picture_is_stored_whole_after_there_is_room(talking, platforms):
    """Case 00-storage-full.sh: it was served with 0 bytes for ever."""
    picture = photo()
    with fault():
        customer_sends(talking, platforms, picture)
        later(talking, 30)
    later(talking, 100)
    later(talking, 300)
    media = Media.objects.get()
    assert (media.ready, stored_bytes(media)) == (True, picture)
    before = len(platforms.bodies(IM_SEND))
    platforms.files["media-id-image"] = picture
    talking.push_xml(payload("wechat/image.xml").replace("<MsgId>", "<MsgId>9"))
    talking.work()
    assert len(platforms.bodies(IM_SEND)) == before + 1
    assert stored_bytes(Media.objects.get()) == picture


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("left", [b"", b"\x89PNG half of it"])
def test_what_an_earlier_fault_or_a_kill_left_short_is_never_used(talking, platforms, kept, left, ready):
    picture = photo()
    customer_sends(talking, platforms, picture)
    media = Media.objects.get()
    (kept / media.path).write_bytes(left)
    Media.objects.update(ready=ready)
    address = links.url(media).split("/media/")[1]
    assert Client().get(f"/media/{address}").status_code == 410
    with pytest.raises(MediaError), store.local_copy(media):
        pass
    talking.push_xml(payload("wechat/image.xml").replace("<MsgId>", "<MsgId>9"))
    talking.work()
    assert stored_bytes(media) == picture
    assert b"".join(Client().get(f"/media/{address}").streaming_content) == picture


def test_a_file_is_not_seen_before_it_is_whole(db, kept, monkeypatch):
    seen = []
    monkeypatch.setattr(
        saving, "_compare", lambda path, media: seen.append(((kept / media.path).exists(), path.stat().st_size))
    )
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        media = store.put(drafted)
    assert seen == [(False, len(samples.PDF))]
    assert (kept / media.path).read_bytes() == samples.PDF
    assert not list((kept / saving.PARTS).iterdir())


def test_what_was_written_wrongly_is_not_taken(db, kept, monkeypatch):
    write = FileSystemStorage._save
    monkeypatch.setattr(
        FileSystemStorage, "_save", lambda self, name, content: write(self, name, ContentFile(b"x" * len(samples.PDF)))
    )
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        with pytest.raises(StorageError):
            store.put(drafted)
    assert not Media.objects.filter(ready=True).exists()
    assert [path for path in kept.rglob("*") if path.is_file()] == []


def test_an_empty_file_is_never_stored(db):
    with store.draft() as drafted, pytest.raises(MediaError):
        store.put(drafted)
    assert not Media.objects.exists()


class Short(InMemoryStorage):
    """A storage elsewhere that says it has taken a file, and has half of it, while `broken`."""

    broken = True

    def _save(self, name, content):
        body = content.read()
        return super()._save(name, ContentFile(body[: len(body) // 2] if self.broken else body))


def test_a_storage_elsewhere_is_asked_how_much_it_has(db, settings):
    settings.STORAGES = {**settings.STORAGES, "media": {"BACKEND": "tests.bridge.outbox.test_storage.Short"}}
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        with pytest.raises(StorageError):
            store.put(drafted)
        media = Media.objects.get()
        assert not media.ready
        assert not storages["media"].exists(media.path)
        storages["media"].broken = False
        assert store.put(drafted).ready
    assert stored_bytes(media) == samples.PDF


# The disk under the drafts


def test_drafts_that_find_no_room(talking, platforms, monkeypatch):
    picture = photo()
    write = Path.open

    class Full(io.BytesIO):
        def write(self, _data):
            raise FULL

    def opened(path, mode="r", **more):
        return Full() if "drafts" in path.parts and "w" in mode else write(path, mode, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        seat_sends(talking, platforms, picture)
        seat_says(talking, "after")
    assert platforms.to_customer() == ["after"]
    assert "存储空间已满" in platforms.to_seat("alice")[-1]
    later(talking, 30)
    assert platforms.to_customer() == ["after", "(image)"]


def test_a_converter_that_finds_no_room(talking, platforms, monkeypatch):
    from bridge.media import workshop

    said = subprocess.CompletedProcess([], 1, b"", b"OSError: [Errno 28] No space left on device\n")
    with monkeypatch.context() as patch:
        patch.setattr(workshop.subprocess, "run", lambda *_words, **_more: said)
        seat_sends(talking, platforms, photo())
    assert Delivery.objects.get(direction="customer").state == "aside"
    later(talking, 30)
    assert platforms.to_customer() == ["(image)"]


def test_a_flight_record_that_finds_no_room_stops_no_message(talking, platforms, monkeypatch):
    real = os.write

    def full(descriptor, data):
        raise FULL

    for broken in ("open", "write"):
        with monkeypatch.context() as patch:
            patch.setattr(flight.os, broken, lambda *_words: full(0, b""))
            seat_says(talking, broken)
    # The record is made, and the disk is full when the request is out: then it must not say that nothing was sent.
    record = flight.Flight(4711, 1)
    with monkeypatch.context() as patch:
        patch.setattr(flight.os, "write", full)
        record.mark_sent()
    assert flight.trace_of(4711, 1) is flight.Trace.UNKNOWN
    assert platforms.to_customer() == ["open", "write"]
    assert real is os.write


# Desk, API, health


def upload(body, name="a.png"):
    conversation = Conversation.objects.latest("pk")
    file = ContentFile(body, name)
    return client_of("alice").post(f"/api/conversations/{conversation.pk}/files/", {"file": file, "client_id": "c1"})


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EROFS, 503)])
def test_the_desks_upload_answers_in_words(talking, platforms, settings, number, status):
    settings.API_WAIT_SECONDS = 0
    with fault(number):
        answer = upload(photo())
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert "存储空间" in answer.json()["detail"]
    assert upload(photo()).status_code == 202
    talking.work()
    assert platforms.to_customer() == ["(image)"]


def test_a_large_upload_that_finds_no_room_on_its_way_in(talking, monkeypatch):
    from django.core.files import uploadhandler

    class Full(uploadhandler.TemporaryUploadedFile):
        def write(self, _data):
            raise FULL

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", Full)
    answer = upload(samples.film(3 * 1024**2), "a.mp4")
    assert answer.status_code == 507
    assert "存储空间已满" in answer.json()["detail"]


def test_the_health_page_says_it(client, db):
    """Texts go on, so the site stays in its load balancer."""
    liveness.sign("worker")
    liveness.sign("beat")
    assert client.get("/healthz").json()["checks"]["storage"] == "ok"
    with fault():
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["checks"]["storage"]) == (200, "degraded")
    assert client.get("/healthz").json()["checks"]["storage"] == "ok"


def test_parts_of_a_killed_process_are_swept(db, kept):
    old, new = kept / saving.PARTS / "old", kept / saving.PARTS / "new"
    old.parent.mkdir(parents=True)
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    sweep.sweep()
    assert (old.exists(), new.exists()) == (False, True)


# A real disk


@pytest.fixture
def disk(tmp_path):
    """A file system of 2 MB; left out where we may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("where", ["media", "drafts"])
def test_a_real_disk_that_is_full_read_only_and_back(talking, platforms, client, disk, settings, where):
    if where == "drafts":
        settings.DATA_DIR = disk
    else:
        options = {"location": disk / "media", "allow_overwrite": True}
        backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "media": backend}
    picture = samples.picture("PNG", (1100, 300))
    assert 200_000 < len(picture) < 1_500_000
    with (disk / "fill").open("wb", buffering=0) as fill, suppress(OSError):
        while True:
            fill.write(b"\0" * 4096)
    customer_sends(talking, platforms, picture)
    seat_says(talking, "one moment")
    assert client.get("/healthz").json()["checks"]["storage"] == "degraded"
    assert "存储空间已满" in " ".join(platforms.to_seat("alice"))
    assert platforms.to_customer() == ["one moment"]
    assert upload(picture).status_code == 507
    (disk / "fill").unlink()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    later(talking, 30)
    assert "存储空间只读" in " ".join(platforms.to_seat("alice"))
    assert upload(picture).status_code == 503
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    later(talking, 200)
    assert platforms.to_seat("alice")[-1] == "TIMImageElem"
    assert stored_bytes(Media.objects.get()) == picture
    assert client.get("/healthz").json()["checks"]["storage"] == "ok"


def test_a_slow_storage_outlives_the_lease(talking, platforms, settings, monkeypatch):
    """Another worker takes the lane over meanwhile, and brings the picture; the first one comes back and changes nothing."""
    write, picture, slow = FileSystemStorage._save, photo(), []

    def taking_long(self, name, content):
        if not slow:
            slow.append(name)
            moment = clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1)
            with clock.fixed(lambda: moment):
                talking.work()
        return write(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", taking_long)
    seat_sends(talking, platforms, picture)
    seat_says(talking, "after")
    later(talking, 60)
    assert slow
    assert platforms.to_customer() == ["(image)", "after"]
    assert stored_bytes(Media.objects.get()) == picture


def test_the_same_file_in_two_conversations_at_once(db, kept, monkeypatch):
    """The second one takes the file while the first is about to show it."""
    real, inside = saving._save_and_rename, []

    def twice(kept, media, source):
        if not inside:
            inside.append(1)
            with store.draft() as other:
                other.path.write_bytes(samples.PDF)
                assert store.put(other).pk == media.pk
        real(kept, media, source)

    monkeypatch.setattr(saving, "_save_and_rename", twice)
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        media = store.put(drafted)
    assert stored_bytes(media) == samples.PDF
    assert Media.objects.count() == 1
