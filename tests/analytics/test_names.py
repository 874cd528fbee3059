"""A file's name belongs to its message: who reads which, in words, on pages, in links, at the desk, in an export."""

from __future__ import annotations

import io
import json
import re
import zipfile
from urllib.parse import parse_qs, unquote, urlencode

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.test import Client

from bridge.media import links, store
from bridge.models import Conversation, Customer, Media, Message
from bridge.privacy import export
from bridge.values.filenames import made_up
from seats.desk import feed
from tests.support import samples
from tests.support.actors import OPENID, payload, seat_message
from tests.support.routing import client_of

pytestmark = pytest.mark.once
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"
OTHER = "oGZUI0egBJY1zhBYw2KhdUfwVJJF"


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "media"}}
    settings.STORAGES = {**settings.STORAGES, "media": backend}


@pytest.fixture
def pair(talking):
    """Two customers, both with the same seat."""
    talking.customer_says("hello", OTHER)
    talking.work()
    return talking


def im_sends(site, element, openid=OPENID):
    data = seat_message("alice", site.im_id(openid), "")
    site.im_callback("C2C.CallbackAfterSendMsg", {**data, "MsgBody": [element]})
    site.work()


def file_element(name, url="http://files.example.com/any.pdf"):
    return {"MsgType": "TIMFileElem", "MsgContent": {"Url": url, "UUID": "u", "FileSize": 4, "FileName": name}}


def received(platforms, openid=OPENID):
    """Return the customer's last text, the page it leads to, and the file's headers from there."""
    text = [body["text"]["content"] for body in platforms.bodies(SEND) if body["touser"] == openid][-1]
    page = Client().get(re.search(r"https?://[^/]+(/files/\S+)", text)[1])
    assert page.status_code == 200, text
    address = re.search(r'href="(/media/[^"]+)"', page.content.decode())[1]
    file = Client().get(address)
    assert file.status_code == 200
    return text, page.content.decode(), address, file


def test_the_same_bytes_under_two_names(pair, platforms):
    """Case 02: the second customer read the first one's name."""
    platforms.files["http://HOST/same-bytes.docx"] = b"same"
    customers = {"customer A": OPENID, "customer B": OTHER}
    cases = json.loads(payload("media/02-same-bytes-two-names-two-customers.json"))
    for case in cases:
        im_sends(pair, case["element"], customers[case["to"]])
    names = [case["element"]["MsgContent"]["FileName"] for case in cases]
    assert Media.objects.count() == 1
    for mine, other, openid in zip(names, reversed(names), (OPENID, OTHER), strict=True):
        text, page, address, file = received(platforms, openid)
        assert mine in text
        assert mine in page
        assert unquote(address).endswith("/" + mine)
        assert mine in unquote(file["Content-Disposition"])
        for shown in (text, page, unquote(address), unquote(file["Content-Disposition"])):
            assert other not in shown


def test_a_later_upload_does_not_rename_what_was_sent(pair, platforms):
    platforms.files["http://files.example.com/any.pdf"] = samples.PDF
    im_sends(pair, file_element("first.pdf"))
    im_sends(pair, file_element("second.pdf"), OTHER)
    assert "first.pdf" in received(platforms)[1]
    messages = list(Message.objects.filter(side="seat").order_by("pk"))
    assert [bubble.name for bubble in feed.bubbles(messages)] == ["first.pdf", "second.pdf"]


NAMES = [
    (json.loads(payload("media/03-file-name-with-slash-page-500.json"))["MsgContent"]["FileName"], "a_b.pdf"),
    ("..\\..\\a.pdf", "a.pdf"),
    ("合同\u202efdp.exe", "合同fdp.exe"),
    ("a\r\nX: y.pdf", "a X_ y.pdf"),
    ("合" * 200 + ".pdf", "合" * 78 + ".pdf"),
    ("CON.pdf", "_CON.pdf"),
    ("<b>&amp;.pdf", "_b_&amp;.pdf"),
    ("100%.pdf", "100%.pdf"),
    ("a?b#c.pdf", "a_b#c.pdf"),
]


@pytest.mark.parametrize(("given", "clean"), NAMES)
def test_odd_names_arrive_clean_from_im(talking, platforms, given, clean):
    platforms.files["http://files.example.com/any.pdf"] = samples.PDF
    im_sends(talking, file_element(given))
    text, page, address, file = received(platforms)
    assert f"[文件] {clean} (" in text
    assert clean in page.replace("&amp;", "&") or "&" in clean
    assert unquote(address.replace("&amp;", "&")).endswith("/" + clean)
    assert Message.objects.get(side="seat").content["name"] == clean
    assert file["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("given", ["", "..", "/", " ", "\u202e", None, 5])
def test_a_file_without_a_name_is_called_after_kind_and_time(talking, platforms, given):
    platforms.files["http://files.example.com/any.pdf"] = samples.PDF
    im_sends(talking, file_element(given))
    text, page, _address, _file = received(platforms)
    if given != 5:
        expected = made_up("file", Message.objects.get(side="seat").created_at, "pdf")
        assert re.fullmatch(r"文件-\d{8}-\d{4}\.pdf", expected)
        assert expected in text
        assert expected in page


def test_a_picture_has_a_name_after_kind_and_time(talking, platforms):
    platforms.files["media-id-image"] = samples.picture("JPEG")
    talking.push_xml(payload("wechat/image.xml"))
    talking.work()
    element = platforms.bodies(IM_SEND)[-1]["MsgBody"][0]
    address = unquote(element["MsgContent"]["ImageInfoArray"][0]["URL"])
    assert re.search(r"/图片-\d{8}-\d{4}\.jpg$", address)


@pytest.mark.parametrize(
    ("given", "clean"), [("a/b.pdf", "b.pdf"), ("合" * 150 + ".pdf", "合" * 78 + ".pdf"), ("\u202e.pdf", "pdf")]
)
def test_odd_names_arrive_clean_from_the_desk(talking, platforms, settings, given, clean):
    settings.API_WAIT_SECONDS = 0
    conversation = Conversation.objects.get()
    file = ContentFile(samples.PDF, "x")
    file.name = given
    answer = client_of("alice").post(f"/api/conversations/{conversation.pk}/files/", {"file": file, "client_id": "c"})
    assert answer.status_code == 202
    talking.work()
    assert f"[文件] {clean} (" in received(platforms)[0]
    mirrored = platforms.bodies(IM_SEND)[-1]["MsgBody"][0]["MsgContent"]
    assert mirrored["FileName"] == clean
    assert unquote(mirrored["Url"]).endswith("/" + clean)


def test_a_converted_voice_is_named_as_what_it_is(talking, platforms, settings):
    settings.API_WAIT_SECONDS = 0
    conversation = Conversation.objects.get()
    file = ContentFile(samples.amr(), "memo.amr")
    client_of("alice").post(f"/api/conversations/{conversation.pk}/files/", {"file": file, "client_id": "c"})
    talking.work()
    (bubble,) = feed.bubbles(list(Message.objects.filter(side="seat")))
    assert bubble.name in ("memo.amr", "memo.mp3")
    assert bubble.name.rsplit(".", 1)[1] == Media.objects.get(pk=bubble.content["media"]).path.rsplit(".", 1)[1]


def test_a_link_is_signed_for_its_name(db, client):
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        media = store.put(drafted)
    path = links.path(media, "合同.pdf")
    assert client.get(path).status_code == 200
    head = path.rsplit("/", 1)[0]
    for other in ("other.pdf", "%E5%90%88%E5%90%8C.exe", "..", "x%0d%0aSet-Cookie:a"):
        assert client.get(f"{head}/{other}").status_code == 404
    page = links.page(media, 0).split("/files/")[1].strip("/")
    assert client.get(f"/media/{page}/合同.pdf").status_code == 404
    assert client.get(f"/files/{head.split('/')[2]}/").status_code == 404
    for wrong in ("1.2.3~x", "1~x", "~", "9" * 400 + ".1~x", "1." + "9" * 30 + "~x"):
        assert client.get(f"/media/{wrong}/a").status_code == 404
        assert client.get(f"/files/{wrong}/").status_code == 404


def test_an_export_writes_no_file_outside_its_folder(pair, platforms, tmp_path):
    platforms.files["http://files.example.com/any.pdf"] = samples.PDF
    im_sends(pair, file_element("theirs.pdf"), OTHER)
    im_sends(pair, file_element("../../../../tmp/evil.pdf"))
    # Written before names were cleaned.
    stored = Message.objects.filter(side="seat", conversation__customer__openid=OPENID).get()
    stored.content["name"] = "../../evil.pdf"
    stored.save()
    into = io.BytesIO()
    export.export(Customer.objects.get(openid=OPENID), into)
    archive = zipfile.ZipFile(into)
    (name,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert re.fullmatch(r"files/\d+-evil\.pdf", name)
    assert archive.read(name) == samples.PDF


def test_a_name_of_an_erased_message_is_not_shown_any_more(pair, platforms):
    platforms.files["http://files.example.com/any.pdf"] = samples.PDF
    im_sends(pair, file_element("secret.pdf"))
    im_sends(pair, file_element("other.pdf"), OTHER)
    text, _page, _address, _file = received(platforms)
    Message.objects.filter(side="seat", conversation__customer__openid=OPENID).update(
        content={"type": "Gone"}, preview=""
    )
    page = Client().get(re.search(r"https?://[^/]+(/files/\S+)", text)[1]).content.decode()
    assert "secret" not in page
    assert "other.pdf" not in page


class Elsewhere(InMemoryStorage):
    """A storage that hands out addresses of its own, as django-storages' S3Storage does."""

    def url(self, name, parameters=None, expire=None, http_method=None):
        return f"https://s3.example.com/{name}?{urlencode(parameters or {})}"


def test_a_storage_elsewhere_offers_the_file_under_the_messages_name(db, client, settings):
    settings.STORAGES = {**settings.STORAGES, "media": {"BACKEND": "tests.analytics.test_names.Elsewhere"}}
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        media = store.put(drafted)
    for name in ("mine.pdf", "yours.pdf"):
        address = client.get(links.path(media, name))["Location"]
        assert address.startswith("https://s3.example.com/")
        assert parse_qs(address.split("?")[1])["ResponseContentDisposition"] == [f'attachment; filename="{name}"']
