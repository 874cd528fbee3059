"""Files, all the way: from one platform into the storage, and out to the other, fitted to what it takes."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages

from bridge.base import clock
from bridge.http.connections import is_public
from bridge.http.forms import FormFile
from bridge.live import endpoints
from bridge.media import fetch, links, store, sweep, workshop
from bridge.media.errors import MediaError
from bridge.media.saving import PARTS
from bridge.media.sniff import sniff
from bridge.models import Delivery, Media, MediaUse, Message
from bridge.platforms.wechat import fitting
from bridge.platforms.wechat.models import Upload, WeChatAccount
from bridge.values.outcomes import Outcome
from tests.support import samples
from tests.support.actors import FakeStream, network_error, payload

pytestmark = pytest.mark.once
MB = 1024**2
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "media": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media"},
        },
    }


def from_wechat(site, platforms, name, **files):
    platforms.files.update(files)
    site.push_xml(payload(f"wechat/{name}.xml"))
    site.work()
    return [element for body in platforms.bodies(IM_SEND)[1:] for element in body["MsgBody"]]


def from_im(site, platforms, name, **urls):
    for key, body in urls.items():
        platforms.files[f"https://im.example.com/{key.replace('_', '.')}"] = body
    data = payload(f"tencent_im/{name}.json").replace("CUSTOMER", site.im_id())
    site.im_callback("C2C.CallbackAfterSendMsg", json.loads(data))
    site.work()
    return platforms.bodies(SEND)


def later(site, seconds):
    moment = clock.now() + timedelta(seconds=seconds)
    with clock.fixed(lambda: moment):
        site.work()


def get(site, url, **headers):
    return site.client.get(re.sub(r"^https?://[^/]+", "", url), headers=headers)


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


# From WeChat


def test_a_picture_is_shown_by_a_link_of_ours(talking, platforms):
    picture = samples.picture()
    (element,) = from_wechat(talking, platforms, "image", **{"media-id-image": picture})
    assert element["MsgType"] == "TIMImageElem"
    (first, *_others) = element["MsgContent"]["ImageInfoArray"]
    assert (first["Width"], first["Height"], first["Size"]) == (320, 200, len(picture))
    response = get(talking, first["URL"])
    assert body_of(response) == picture
    assert response["Content-Type"] == "image/png"


def test_amr_becomes_mp3_with_what_was_recognized(talking, platforms):
    sound, words = from_wechat(talking, platforms, "voice", **{"media-id-voice": samples.amr()})
    assert sound["MsgType"] == "TIMSoundElem"
    assert sound["MsgContent"]["Second"] == 2
    response = get(talking, sound["MsgContent"]["Url"])
    assert response["Content-Type"] == "audio/mpeg"
    assert sniff(body_of(response)).mime == "audio/mpeg"
    assert words["MsgContent"]["Text"] == "[语音识别] 请问几点关门"


def test_speex_becomes_mp3(talking, platforms):
    (sound,) = from_wechat(talking, platforms, "voice_speex", **{"media-id-speex": samples.SPEEX})
    assert (sound["MsgType"], sound["MsgContent"]["Second"]) == ("TIMSoundElem", 2)


def test_a_voice_nobody_can_read_is_a_file(talking, platforms):
    element, words = from_wechat(talking, platforms, "voice_speex", **{"media-id-speex": b"\x00raw frames" * 40})
    assert element["MsgType"] == "TIMFileElem"
    assert words["MsgContent"]["Text"] == "[语音] 以文件显示：文件已损坏或格式未知"


@pytest.mark.parametrize("name", ["video", "shortvideo"])
def test_a_film_has_a_first_picture(talking, platforms, name):
    key = {"video": "media-id-video", "shortvideo": "media-id-short"}[name]
    (element,) = from_wechat(talking, platforms, name, **{key: samples.film()})
    content = element["MsgContent"]
    assert (element["MsgType"], content["VideoSecond"], content["VideoFormat"]) == ("TIMVideoFileElem", 1, "mp4")
    assert (content["ThumbWidth"], content["ThumbHeight"]) == (320, 240)
    assert body_of(get(talking, content["ThumbUrl"]))[:3] == b"\xff\xd8\xff"


def test_a_film_that_comes_as_its_address(talking, platforms):
    platforms.files["http://vweixinf.tc.qq.com/102/film.mp4"] = samples.film()
    platforms.answer("media/get", {"video_url": "http://vweixinf.tc.qq.com/102/film.mp4"})
    (element,) = from_wechat(talking, platforms, "video")
    assert element["MsgType"] == "TIMVideoFileElem"


def test_what_wechat_no_longer_has_becomes_words(talking, platforms):
    (element,) = from_wechat(talking, platforms, "voice_speex")
    assert element["MsgContent"]["Text"] == "[语音]（无法显示：微信上已没有这个文件（40007））"


def test_a_picture_wechat_no_longer_has_is_taken_from_its_address(talking, platforms):
    platforms.files["http://mmbiz.qpic.cn/mmbiz_jpg/abc/0"] = samples.picture("JPEG")
    (element,) = from_wechat(talking, platforms, "image")
    assert element["MsgType"] == "TIMImageElem"


def test_a_token_refused_while_fetching_is_replaced(talking, platforms):
    platforms.answer("media/get", {"errcode": 40001})
    (element,) = from_wechat(talking, platforms, "image", **{"media-id-image": samples.picture()})
    assert element["MsgType"] == "TIMImageElem"


def test_a_fault_while_fetching_is_tried_again_and_then_said(talking, platforms):
    platforms.answer("media/get", *[network_error(Outcome.RETRY)] * 9)
    from_wechat(talking, platforms, "voice_speex")
    later(talking, 100)
    later(talking, 200)
    later(talking, 300)
    assert "无法显示" in platforms.to_seat("alice")[-1]


def test_a_retry_sends_the_same_body(talking, platforms):
    platforms.answer(IM_SEND, {"ErrorCode": 91000})
    from_wechat(talking, platforms, "image", **{"media-id-image": samples.picture()})
    later(talking, 5)
    first, second = platforms.bodies(IM_SEND)[1:]
    assert first == second


def test_the_next_seat_gets_the_same_file_without_fetching_again(site, platforms):
    platforms.files["media-id-image"] = samples.picture()
    site.push_xml(payload("wechat/image.xml"))  # nobody is online
    site.work()
    site.login("alice")
    site.work()
    assert platforms.bodies(IM_SEND)[-1]["MsgBody"][0]["MsgType"] == "TIMImageElem"
    assert Message.objects.get(side="customer").content["media"] == Media.objects.get().pk
    assert MediaUse.objects.count() == 1


# To WeChat


def uploads(platforms):
    return [(params["type"], call) for url, params, call in platforms.calls if url.endswith("media/upload")]


def test_a_picture_is_uploaded_once_per_content_and_account(talking, platforms):
    picture = samples.picture("JPEG")
    (body,) = from_im(talking, platforms, "image", original_jpg=picture)
    ((kind, call),) = uploads(platforms)
    assert (kind, call["bytes"], call["mime"], call["field"]) == ("image", picture, "image/jpeg", "media")
    assert body == {"touser": body["touser"], "msgtype": "image", "image": {"media_id": Upload.objects.get().remote_id}}
    talking.im_callback(
        "C2C.CallbackAfterSendMsg",
        json.loads(payload("tencent_im/image.json").replace("CUSTOMER", talking.im_id()).replace("_image", "_again")),
    )
    talking.work()
    assert len(platforms.bodies(SEND)) == 2
    assert len(uploads(platforms)) == 1


def test_an_expired_media_id_is_uploaded_afresh(talking, platforms):
    from_im(talking, platforms, "image", original_jpg=samples.picture("JPEG"))
    Upload.objects.update(expires_at=clock.now())
    data = payload("tencent_im/image.json").replace("CUSTOMER", talking.im_id()).replace("_image", "_again")
    talking.im_callback("C2C.CallbackAfterSendMsg", json.loads(data))
    talking.work()
    assert len(uploads(platforms)) == 2


def test_40007_uploads_once_more_then_fails(talking, platforms):
    platforms.answer(SEND, {"errcode": 40007})
    from_im(talking, platforms, "image", original_jpg=samples.picture("JPEG"))
    assert len(uploads(platforms)) == 2
    assert Delivery.objects.filter(direction="customer").latest("pk").state == "done"
    platforms.answer(SEND, {"errcode": 40007}, {"errcode": 40007})
    from_im(talking, platforms, "sound", a_m4a=samples.m4a())
    assert Delivery.objects.filter(direction="customer").latest("pk").state == "failed"


def test_a_large_picture_is_made_smaller(talking, platforms):
    large = samples.picture("PNG", (2400, 2000))
    assert len(large) > 10 * MB
    from_im(talking, platforms, "image", original_jpg=large)
    ((kind, call),) = uploads(platforms)
    assert (kind, call["mime"]) == ("image", "image/jpeg")
    assert len(call["bytes"]) <= 10 * MB


def test_what_became_of_a_file_is_told_once_however_often_it_is_prepared(talking, platforms, monkeypatch):
    monkeypatch.setattr(fitting, "fit", lambda media, kind: fitting.Fit(media, "made smaller"))
    platforms.answer(SEND, {"errcode": 40007})
    from_im(talking, platforms, "image", original_jpg=samples.picture("JPEG"))
    assert (len(uploads(platforms)), len(platforms.bodies(SEND))) == (2, 2)
    assert len([text for text in platforms.to_seat("alice") if "made smaller" in text]) == 1


def test_a_format_wechat_does_not_take_is_converted(talking, platforms):
    from_im(talking, platforms, "image", original_jpg=samples.picture("WEBP"))
    ((_kind, call),) = uploads(platforms)
    assert call["mime"] == "image/jpeg"


def test_a_voice_becomes_mp3(talking, platforms):
    (body,) = from_im(talking, platforms, "sound", a_m4a=samples.m4a())
    ((kind, call),) = uploads(platforms)
    assert (kind, call["mime"], body["msgtype"]) == ("voice", "audio/mpeg", "voice")


def test_a_voice_of_over_a_minute_becomes_a_link(talking, platforms):
    (body,) = from_im(talking, platforms, "sound", a_m4a=samples.mp3(61))
    assert body["msgtype"] == "text"
    assert "/files/" in body["text"]["content"]


def test_a_film_goes_with_its_first_picture(talking, platforms):
    (body,) = from_im(talking, platforms, "video", v_mp4=samples.film())
    assert [kind for kind, _call in uploads(platforms)] == ["video", "thumb"]
    assert body["msgtype"] == "video"
    assert set(body["video"]) == {"media_id", "thumb_media_id", "title"}
    assert len(uploads(platforms)[1][1]["bytes"]) <= 64 * 1024


def test_a_film_of_over_10_mb_is_made_smaller(talking, platforms):
    (body,) = from_im(talking, platforms, "video", v_mp4=samples.film(10 * MB))
    assert body["msgtype"] == "video"
    assert len(uploads(platforms)[0][1]["bytes"]) < 10 * MB
    assert "视频已按微信的大小限制压缩" in platforms.to_seat("alice")[-1]


def test_a_pdf_becomes_a_page_from_which_it_is_downloaded(talking, platforms):
    (body,) = from_im(talking, platforms, "file", c_pdf=samples.PDF)
    text = body["text"]["content"]
    assert text.startswith("[文件] 合同.pdf (69 字节)\nhttp://")
    page = get(talking, text.splitlines()[1])
    assert "合同.pdf" in page.content.decode()
    address = re.search(r'href="(/media/[^"]+)"', page.content.decode())[1]
    response = get(talking, address)
    assert body_of(response) == samples.PDF
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("code", [40005, 40006, 45001])
def test_a_file_wechat_refuses_to_take_becomes_a_link(talking, platforms, code):
    platforms.answer("media/upload", {"errcode": code, "errmsg": "no"})
    (body,) = from_im(talking, platforms, "image", original_jpg=samples.picture("JPEG"))
    assert "/files/" in body["text"]["content"]


def test_a_picture_sent_as_a_file_is_a_picture(talking, platforms):
    (body,) = from_im(talking, platforms, "file", c_pdf=samples.picture("PNG"))
    assert body["msgtype"] == "image"


def test_a_card_of_a_mini_program_gets_its_picture(talking, platforms):
    platforms.files["https://example.com/order.png"] = samples.picture()
    (body,) = from_im(talking, platforms, "custom_miniprogram")
    card = body["miniprogrampage"]
    assert (card["title"], card["appid"], card["pagepath"]) == (
        "订单 8812",
        "wx1234567890abcdef",
        "pages/order?id=8812",
    )
    assert card["thumb_media_id"] == Upload.objects.get().remote_id


def test_a_link_card(talking, platforms):
    (body,) = from_im(talking, platforms, "custom_news")
    assert body["news"]["articles"] == [
        {
            "title": "新品上架",
            "description": "秋冬系列",
            "url": "https://example.com/new",
            "picurl": "https://example.com/new.jpg",
        }
    ]


def test_a_mini_program_takes_pictures_links_and_words_only(talking, platforms):
    WeChatAccount.objects.update(kind="mini_program")
    endpoints.forget()
    (link,) = from_im(talking, platforms, "custom_news")
    assert link["msgtype"] == "link"
    (_link, voice) = from_im(talking, platforms, "sound", a_m4a=samples.m4a())
    assert voice["msgtype"] == "text"


def test_several_elements_keep_their_order(talking, platforms):
    WeChatAccount.objects.update(window_rules={"message": [20, 3600]})
    talking.customer_says("more room")
    files = {
        "original_jpg": samples.picture("JPEG"),
        "a_mp3": samples.mp3(),
        "v_mp4": samples.film(),
        "c_pdf": samples.PDF,
    }
    sent = from_im(talking, platforms, "after_send_several", **files)
    assert [body["msgtype"] for body in sent] == ["text", "image", "text", "text", "voice", "video", "text", "text"]


def test_a_file_we_cannot_fetch_goes_as_its_address(talking, platforms):
    (body,) = from_im(talking, platforms, "file")
    assert "https://im.example.com/c.pdf" in body["text"]["content"]


def test_a_wrong_custom_element_is_told_to_the_seat_alone(talking, platforms):
    assert from_im(talking, platforms, "custom_wrong") == []
    assert "未发送：news" in platforms.to_seat("alice")[-1]


def test_a_recall_takes_back_what_has_not_left(talking, platforms):
    WeChatAccount.objects.update(count_checked_at=clock.now())
    for number in range(6):
        talking.seat_says(f"m{number}", msg_key=f"key-{number}")
        talking.work()
    for number in (5, 1):
        data = {"From_Account": "alice", "To_Account": talking.im_id(), "MsgKey": f"key-{number}", "EventTime": number}
        talking.im_callback("C2C.CallbackAfterMsgWithDraw", data)
    talking.work()
    assert "尚未发给客户" in platforms.to_seat("alice")[-2]
    assert "不支持撤回" in platforms.to_seat("alice")[-1]
    talking.customer_says("?")
    talking.work()
    assert platforms.to_customer() == ["m0", "m1", "m2", "m3", "m4"]


def test_read_reports_are_stored(talking):
    data = payload("tencent_im/after_read.json").replace("CUSTOMER", talking.im_id())
    talking.im_callback("C2C.CallbackAfterMsgReport", json.loads(data))
    talking.work()
    assert Message.objects.get(side="customer").conversation.seat_read_at.timestamp() == 1764000204


# Addresses that strangers name


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1", "fd00::1", "fe80::1%eth0",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_private_addresses(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "119.29.29.29", "2402:4e00::1", "64:ff9b::808:808"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.com/a", "gopher://x", "http://", "//host/a", "http://user:pw@example.com/a",
     "http://[::1", "javascript:alert(1)", "http://example.com:99999/"],
)  # fmt: skip
def test_addresses_that_are_refused(url):
    with pytest.raises(MediaError):
        fetch.check_address(url)


def test_only_the_hosts_that_are_allowed(settings):
    settings.MEDIA_ALLOWED_HOSTS = ["im.example.com", ".myqcloud.com"]
    fetch.check_address("https://im.example.com/a")
    fetch.check_address("https://a.b.myqcloud.com/a")
    for url in ("https://example.com/a", "https://evil-myqcloud.com/a", "https://im.example.com.evil.org/a"):
        with pytest.raises(MediaError):
            fetch.check_address(url)


def test_a_refused_host_is_told_to_the_seat_and_its_address_not_passed_on(talking, platforms, settings):
    settings.MEDIA_ALLOWED_HOSTS = ["elsewhere.example.com"]
    assert from_im(talking, platforms, "file", c_pdf=samples.PDF) == []
    assert "im.example.com" in platforms.to_seat("alice")[-1]
    assert Delivery.objects.filter(direction="customer").get().state == "failed"


def test_a_redirect_is_checked_like_the_first_address(platforms, settings):
    platforms.answer("hop", FakeStream(b"", status=302, location="file:///etc/passwd"))
    with store.draft() as drafted, pytest.raises(MediaError) as error:
        fetch.fetch("https://example.com/hop", drafted, MB)
    assert error.value.refused


def test_a_file_that_is_too_large_is_not_taken(platforms):
    platforms.files["https://example.com/big"] = b"x" * (MB + 1)
    with store.draft() as drafted, pytest.raises(MediaError):
        fetch.fetch("https://example.com/big", drafted, MB)


# Real sockets


class Files:
    """A server that answers GET with what it is told."""

    def __init__(self) -> None:
        import threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        owner = self
        self.seen: list[str] = []
        self.replies: dict[str, tuple[int, dict[str, str], bytes]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.seen.append(self.path)
                status, headers, body = owner.replies.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def files():
    running = Files()
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_a_private_address_is_never_connected_to(files, settings):
    files.replies["/a"] = (200, {}, b"secret")
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{files.server.server_port}/a"
        with store.draft() as drafted, pytest.raises(MediaError) as error:
            fetch.fetch(url, drafted, MB)
        assert error.value.refused
        assert not error.value.temporary
    assert files.seen == []
    settings.MEDIA_ALLOW_PRIVATE = True
    with store.draft() as drafted:
        fetch.fetch(f"{files.url}/a", drafted, MB)
        assert drafted.path.read_bytes() == b"secret"


def test_redirects_and_lengths_on_a_real_server(files, settings):
    settings.MEDIA_ALLOW_PRIVATE = True
    files.replies["/hop"] = (302, {"Location": "/a"}, b"")
    files.replies["/a"] = (200, {}, b"x" * 300_000)
    files.replies["/circle"] = (302, {"Location": "/circle"}, b"")
    files.replies["/short"] = (200, {"Content-Length": "1000"}, b"x" * 10)
    with store.draft() as drafted:
        fetch.fetch(f"{files.url}/hop", drafted, MB)
        assert drafted.size == 300_000
        for path in ("/circle", "/missing", "/short"):
            with pytest.raises(MediaError):
                fetch.fetch(f"{files.url}{path}", drafted, MB)


def test_a_form_is_read_from_disk_in_pieces(tmp_path):
    from email.parser import BytesParser
    from email.policy import HTTP

    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(range(256)) * 1000)
    with path.open("rb") as file:
        form = FormFile(file, path.stat().st_size, "media", "a.jpg", "image/jpeg")
        pieces = list(iter(lambda: form.read(8192), b""))
    assert max(map(len, pieces)) <= 8192
    assert sum(map(len, pieces)) == len(form)
    head = f"Content-Type: multipart/form-data; boundary={form.boundary}\r\n\r\n".encode()
    (part,) = BytesParser(policy=HTTP).parsebytes(head + b"".join(pieces)).iter_parts()
    assert part.get_filename() == "a.jpg"
    assert part.get_payload(decode=True) == path.read_bytes()


# Links


@pytest.fixture
def stored(db):
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        return store.put(drafted)


def test_a_link_expires(client, stored, settings):
    address = re.sub(r"^https?://[^/]+", "", links.url(stored))
    download = re.sub(r"^https?://[^/]+", "", links.page(stored))
    assert client.get(address).status_code == client.get(download).status_code == 200
    moment = clock.now() + timedelta(days=settings.MEDIA_LINK_DAYS, seconds=5)
    with clock.fixed(lambda: moment):
        response = client.get(address)
        assert response.status_code == 410
        assert "过期" in response.content.decode()
        assert client.get(download).status_code == 410


def test_a_link_cannot_be_made_up(client, stored):
    address = re.sub(r"^https?://[^/]+", "", links.url(stored))
    for wrong in (address.replace(f"{stored.pk}.", f"{stored.pk + 1}.", 1), "/media/1.99999999999~x/a", "/media/x/a"):
        assert client.get(wrong).status_code == 404


def test_parts_of_a_file(client, stored):
    address = re.sub(r"^https?://[^/]+", "", links.url(stored))
    size = len(samples.PDF)
    for asked, expected in {
        "bytes=0-3": samples.PDF[:4], "bytes=10-": samples.PDF[10:], "bytes=-5": samples.PDF[-5:],
        f"bytes=5-{size * 2}": samples.PDF[5:],
    }.items():  # fmt: skip
        response = client.get(address, headers={"Range": asked})
        assert response.status_code == 206
        assert body_of(response) == expected
        assert response["Content-Range"].endswith(f"/{size}")
    assert client.get(address, headers={"Range": f"bytes={size}-"}).status_code == 416
    assert body_of(client.get(address, headers={"Range": "pages=1"})) == samples.PDF


@pytest.mark.parametrize("body", [samples.HTML, b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"])
def test_what_could_run_in_a_browser_is_downloaded_instead(db, client, body):
    with store.draft() as drafted:
        drafted.path.write_bytes(body)
        media = store.put(drafted)
    response = client.get(re.sub(r"^https?://[^/]+", "", links.url(media)))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


# Keeping and sweeping


def test_the_same_content_is_stored_once(db):
    made = []
    for _time in range(2):
        with store.draft() as drafted:
            drafted.path.write_bytes(samples.PDF)
            made.append(store.put(drafted))
    assert made[0] == made[1]


def test_orphans_go_after_a_while(talking, platforms, settings):
    from_wechat(talking, platforms, "video", **{"media-id-video": samples.film()})
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        orphan = store.put(drafted)
    moment = clock.now() + timedelta(days=settings.MEDIA_ORPHAN_DAYS, seconds=5)
    assert sweep.sweep() == 0
    with clock.fixed(lambda: moment):
        assert sweep.sweep() == 1
        assert not storages["media"].exists(orphan.path)
        assert Media.objects.count() == 2  # the film and its first picture
        Message.objects.all().delete()
        assert sweep.sweep() == 1
        assert sweep.sweep() == 1
    assert not Media.objects.exists()


def test_a_file_that_cannot_be_removed_is_tried_again(db, monkeypatch):
    """Else it would lie there for ever, with nothing that says whose it is."""
    with store.draft() as drafted:
        drafted.path.write_bytes(samples.PDF)
        orphan = store.put(drafted)
    Media.objects.update(used_at=clock.now() - timedelta(days=1000))
    with monkeypatch.context() as patch:
        patch.setattr(type(storages["media"]), "delete", refused)
        assert sweep.sweep() == 0
    assert Media.objects.get() == orphan
    assert sweep.sweep() == 1
    assert not storages["media"].exists(orphan.path)


def refused(*_words):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(("age", "stays"), [(sweep.DRAFT_SECONDS - 60, True), (sweep.DRAFT_SECONDS + 60, False)])
def test_drafts_and_parts_of_who_was_killed_go_after_an_hour(db, age, stays):
    folders = [store.drafts_folder(), Path(storages["media"].path(PARTS))]
    left = [folder / f"left-{age}" for folder in folders]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    sweep.sweep()
    assert [path.exists() for path in left] == [stays, stays]
    for path in left:
        path.unlink(missing_ok=True)


def test_a_damaged_file_is_stored_as_a_plain_one_and_never_crashes(talking, platforms):
    (element,) = from_wechat(talking, platforms, "image", **{"media-id-image": samples.picture()[:60]})
    assert element["MsgType"] in ("TIMImageElem", "TIMFileElem")
    with store.draft() as drafted:
        drafted.path.write_bytes(b"not a film")
        with pytest.raises(MediaError):
            workshop.work("streams", drafted.path, None, "video/mp4")


@pytest.mark.parametrize(
    ("body", "kind", "mime"),
    [
        (samples.picture("PNG"), "image", "image/png"), (samples.picture("JPEG"), "image", "image/jpeg"),
        (samples.picture("GIF"), "image", "image/gif"), (samples.picture("WEBP"), "image", "image/webp"),
        (samples.amr(), "voice", "audio/amr"), (samples.mp3(), "voice", "audio/mpeg"), (samples.SPEEX, "voice", "audio/ogg"),
        (samples.film(), "video", "video/mp4"), (samples.PDF, "file", "application/pdf"),
        (samples.HTML, "file", "application/octet-stream"), (b"", "file", "application/octet-stream"),
        (b"#!SILK_V3\x17\x00", "voice", "audio/silk"),
    ],
)  # fmt: skip
def test_sniffing(body, kind, mime):
    found = sniff(body[:8192])
    assert (found.kind, found.mime) == (kind, mime)
