"""Files that a platform refuses or does not give: each ends with words to the seat, at once, whatever the answer is."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bridge import http
from bridge.base import clock
from bridge.live import endpoints
from bridge.models import Customer, Delivery
from bridge.observe import limits
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import Upload, WeChatAccount
from bridge.values.outcomes import Outcome
from tests.support import samples
from tests.support.actors import FakeStream, network_error, payload, seat_message

pytestmark = pytest.mark.once
SEND, IM_SEND = "message/custom/send", "openim/sendmsg"
GET, UPLOAD = "media/get", "media/upload"
PIC_URL = "http://mmbiz.qpic.cn/mmbiz_jpg/abc/0"
OTHER = "oGZUI0egBJY1zhBYw2KhdUfwVJJF"


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "media"}}
    settings.STORAGES = {**settings.STORAGES, "media": backend}


def later(site, seconds):
    moment = clock.now() + timedelta(seconds=seconds)
    with clock.fixed(lambda: moment):
        site.work()


def element(kind, url):
    fields = {
        "image": (
            "TIMImageElem",
            {"UUID": "u", "ImageFormat": 1, "ImageInfoArray": [{"Type": 1, "Size": 9, "URL": url}]},
        ),
        "sound": ("TIMSoundElem", {"Url": url, "UUID": "u", "Size": 9, "Second": 2, "Download_Flag": 2}),
        "video": ("TIMVideoFileElem", {"VideoUrl": url, "VideoUUID": "u", "VideoSize": 9, "VideoSecond": 1}),
        "file": ("TIMFileElem", {"Url": url, "UUID": "u", "FileSize": 9, "FileName": "a.pdf"}),
    }
    name, content = fields[kind]
    return {"MsgType": name, "MsgContent": content}


BODIES = {
    "image": lambda: samples.picture("JPEG"), "sound": samples.mp3, "video": samples.film, "file": lambda: samples.PDF,
}  # fmt: skip


def seat_sends(site, platforms, kind, body=None, **words):
    url = f"https://im.example.com/{kind}-{len(platforms.files)}"
    platforms.files[url] = BODIES[kind]() if body is None else body
    data = seat_message("alice", site.im_id(**words), "")
    site.im_callback("C2C.CallbackAfterSendMsg", {**data, "MsgBody": [element(kind, url)]})
    site.work()


def seat_says(site, text, **words):
    site.seat_says(text, **words)
    site.work()


def customer_sends(site, name="image"):
    site.push_xml(payload(f"wechat/{name}.xml"))
    site.work()


def order(platforms):
    """Return what went out on both sides after the customer's first message, in order: "c" with the text, "s" with it."""
    sent = []
    for url, _params, body in platforms.calls:
        if url.endswith(SEND):
            sent.append("c:" + (body["text"]["content"] if body["msgtype"] == "text" else body["msgtype"]))
        elif url.endswith(IM_SEND):
            sent.append("s:" + body["MsgBody"][0]["MsgContent"].get("Text", body["MsgBody"][0]["MsgType"]))
    return sent[1:]


# The notice goes at once, whatever stands behind it


def test_a_refused_file_with_a_text_right_behind(talking, platforms):
    """Case 08-failed-picture-with-a-text-right-behind.json: the seat was not told until the customer wrote again."""
    steps = json.loads(payload("media/08-failed-picture-with-a-text-right-behind.json"))
    platforms.files["https://im.example.com/any.jpg"] = samples.picture("JPEG")
    platforms.answer(SEND, {"errcode": 40007}, {"errcode": 40007})
    for step in steps:
        data = seat_message("alice", talking.im_id(), "")
        (one,) = step["MsgBody"]
        part = element("image", "https://im.example.com/any.jpg") if one["MsgType"] == "TIMImageElem" else one
        talking.im_callback("C2C.CallbackAfterSendMsg", {**data, "MsgBody": [part]})
    talking.work()
    text = steps[1]["MsgBody"][0]["MsgContent"]["Text"]
    sent = order(platforms)
    assert sent[:2] == ["c:image", "c:image"]
    assert sent[2].startswith("s:【系统】未送达：“[图片]")
    assert sent[3:] == [f"c:{text}"]
    assert not Delivery.objects.filter(state="queued").exists()


@pytest.mark.parametrize("behind", [1, 3, 30])
def test_the_notice_does_not_wait_for_many_texts(talking, platforms, behind):
    WeChatAccount.objects.update(window_rules={"message": [100, 3600]})
    talking.customer_says("room")
    talking.work()
    platforms.answer(SEND, {"errcode": 45002})
    for number in range(behind + 1):
        talking.seat_says(f"m{number}")
    talking.work()
    sent = order(platforms)[1:]
    assert sent[0] == "c:m0"
    assert "未送达：“m0”" in sent[1]
    assert sent[2:] == [f"c:m{number}" for number in range(1, behind + 1)]


def test_the_notice_does_not_wait_for_one_that_is_tried_again(talking, platforms):
    platforms.answer(SEND, {"errcode": 45002}, {"errcode": -1})
    talking.seat_says("refused")
    talking.seat_says("busy")
    talking.work()
    assert "未送达：“refused”" in platforms.to_seat("alice")[-1]


# A limit belongs to its call

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 25, 16, 0, 5, tzinfo=UTC)


@pytest.fixture
def noon(site):
    """Noon in Shanghai; two customers talk with the same seat, a supervisor looks on."""
    site.sales.supervisors.add(site.bob)
    with clock.fixed(lambda: NOON):
        site.login("alice")
        for openid in ({}, {"openid": OTHER}):
            site.customer_says("hello", **openid)
            site.work()
        yield site


def at(site, moment):
    with clock.fixed(lambda: moment):
        site.work()


def test_a_limit_of_uploads_lets_all_else_go_on(noon, platforms, admin_client):
    platforms.answer(UPLOAD, {"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    seat_sends(noon, platforms, "image")
    seat_says(noon, "text behind it")
    seat_says(noon, "to another customer", openid=OTHER)
    seat_sends(noon, platforms, "file")
    seat_sends(noon, platforms, "image", samples.picture("JPEG", (300, 300)), openid=OTHER)
    assert [text.split("\n")[0] for text in platforms.to_customer()] == [
        "text behind it", "to another customer", "[文件] a.pdf (69 字节)",
    ]  # fmt: skip
    told = [text for text in platforms.to_seat("alice") if "上传素材" in text]
    assert len(told) == 2, "once for each picture"
    assert all("11-26 00:00" in text for text in told)
    assert len([1 for url, _params, _body in platforms.calls if url.endswith(UPLOAD)]) == 1, "it is not tried before"
    account = WeChatAccount.objects.get()
    assert account.trouble == ""
    (warned,) = platforms.to_seat("bob")
    assert "旗舰店" in warned
    assert "其他消息照常" in warned
    page = admin_client.get(f"/admin/bridge/wechataccount/{account.pk}/change/").content.decode()
    assert "上传素材" in page
    assert "11-26 00:00" in page
    assert "45009" in page
    at(noon, MIDNIGHT - timedelta(seconds=10))
    assert len(platforms.to_customer()) == 3
    at(noon, MIDNIGHT + timedelta(seconds=1))
    assert platforms.to_customer()[3:] == ["(image)", "(image)"]
    with clock.fixed(lambda: MIDNIGHT + timedelta(seconds=2)):
        assert limits.standing(WeChatAccount.objects.get()) == []


def test_a_limit_of_sending_keeps_the_texts_in_order(noon, platforms):
    platforms.answer(SEND, {"errcode": 45009})
    seat_says(noon, "one")
    seat_says(noon, "two")
    seat_sends(noon, platforms, "image")
    seat_says(noon, "three", openid=OTHER)
    noon.customer_says("are you there?")
    noon.work()
    assert platforms.to_seat("alice")[-1] == "are you there?"
    told = [text for text in platforms.to_seat("alice") if "发送客服消息" in text]
    assert len(told) == 2, "in each conversation once"
    assert "11-26 00:00" in told[0]
    assert platforms.to_customer() == ["one"]
    at(noon, MIDNIGHT + timedelta(seconds=1))
    assert platforms.to_customer()[1:] == ["one", "two", "(image)", "three"]


def test_the_seat_reads_again_when_the_limit_is_reached_again(noon, platforms):
    platforms.answer(UPLOAD, {"errcode": 45009}, {"errcode": 45009})
    seat_sends(noon, platforms, "image")
    at(noon, MIDNIGHT + timedelta(seconds=1))
    told = [text for text in platforms.to_seat("alice") if "上传素材" in text]
    assert len(told) == 2
    at(noon, MIDNIGHT + timedelta(days=1, seconds=1))
    assert platforms.to_customer() == ["(image)"]


def test_a_limit_by_the_minute(noon, platforms):
    platforms.answer(UPLOAD, {"errcode": 45011})
    seat_sends(noon, platforms, "image")
    at(noon, NOON + timedelta(seconds=30))
    assert platforms.to_customer() == []
    at(noon, NOON + timedelta(seconds=62))
    assert platforms.to_customer() == ["(image)"]


def test_a_limit_of_fetching_is_told_and_over_at_midnight(noon, platforms):
    platforms.files["media-id-voice"] = samples.amr()
    platforms.answer(GET, {"errcode": 45009})
    customer_sends(noon, "voice")
    noon.customer_says("listened?")
    noon.work()
    texts = platforms.to_seat("alice")
    assert texts[-1] == "listened?"
    (told,) = [text for text in texts if "获取素材" in text]
    assert "[语音]" in told
    assert "11-26 00:00" in told
    seat_says(noon, "not yet")
    assert platforms.to_customer() == ["not yet"]
    at(noon, MIDNIGHT + timedelta(seconds=1))
    assert "TIMSoundElem" in platforms.to_seat("alice")


def test_a_picture_comes_by_its_address_while_fetching_is_at_its_limit(noon, platforms):
    platforms.files[PIC_URL] = samples.picture("JPEG")
    platforms.answer(GET, {"errcode": 45009})
    for _time in range(2):
        noon.push_xml(payload("wechat/image.xml").replace("<MsgId>", f"<MsgId>{_time + 1}"))
        noon.work()
    assert platforms.to_seat("alice")[-2:] == ["TIMImageElem", "TIMImageElem"]
    assert len([1 for url, _params, _body in platforms.calls if url.endswith(GET)]) == 1


def test_a_limit_of_profiles_stops_nothing(noon, platforms):
    Customer.objects.update(unionid="", im_shown="")
    platforms.answer("user/info", {"errcode": 45009})
    third = "oGZUI0egBJY1zhBYw2KhdUfwVJJG"
    noon.customer_says("I am new", third)
    noon.work()
    assert platforms.to_seat("alice")[-1] == "I am new"
    asked = len([1 for url, _params, _body in platforms.calls if url.endswith("user/info")])
    noon.customer_says("and I", "oGZUI0egBJY1zhBYw2KhdUfwVJJH")
    noon.work()
    assert platforms.to_seat("alice")[-1] == "and I"
    assert len([1 for url, _params, _body in platforms.calls if url.endswith("user/info")]) == asked
    seat_says(noon, "welcome", openid=third)
    assert platforms.to_customer() == ["welcome"]


def test_a_limit_of_tokens_waits_and_says_so(noon, platforms):
    from bridge.base.redis import client

    client().flushdb()
    platforms.answer("stable_token", {"errcode": 45009})
    seat_says(noon, "one")
    seat_says(noon, "two")
    assert platforms.to_customer() == []
    assert "Access token" in platforms.to_seat("alice")[-1]
    at(noon, MIDNIGHT + timedelta(seconds=1))
    assert platforms.to_customer() == ["one", "two"]


def test_one_click_lifts_the_limits(noon, platforms, admin_client):
    platforms.files["media-id-voice"] = samples.amr()
    platforms.answer(UPLOAD, {"errcode": 45009})
    platforms.answer(GET, {"errcode": 45009})
    seat_sends(noon, platforms, "image")
    customer_sends(noon, "voice")
    admin_client.post(f"/admin/bridge/wechataccount/{WeChatAccount.objects.get().pk}/resume/")
    noon.work()
    assert platforms.to_customer() == ["(image)"]
    assert "TIMSoundElem" in platforms.to_seat("alice")
    assert WeChatAccount.objects.get().limits == {}


def test_limits_learned_at_the_same_moment_are_both_kept(noon, platforms):
    one = WeChatAccount.objects.get()
    two = WeChatAccount.objects.get()
    error = lambda: type("E", (), {"code": "45009", "pause": 60.0})()  # noqa: E731
    limits.reached(one, "/a", "a", error())
    limits.reached(two, "/b", "b", error())
    endpoints.forget()
    assert {limit.call for limit in limits.standing(WeChatAccount.objects.get())} == {"/a", "/b"}


# media/get answers anything

CODES = [48001, 50005, 61007, 45072, 40004, 40007, 41006, 45009, 40013, 50002, 40164, -1, 99999, 40001, 42001]


@pytest.mark.parametrize("code", CODES)
def test_the_seat_always_gets_a_line(talking, platforms, code):
    """Case 04-wechat-media-get-answers-48001.json, and every other code."""
    said = json.loads(payload("media/04-wechat-media-get-answers-48001.json"))
    platforms.answer(GET, *[{**said, "errcode": code}] * 20)
    customer_sends(talking, "voice")
    for seconds in (3, 9, 30):
        later(talking, seconds)
    lines = [text for text in platforms.to_seat("alice")[1:] if "[语音]" in text]
    assert len(lines) == 1, platforms.to_seat("alice")
    talking.customer_says("next")
    talking.work()
    assert platforms.to_seat("alice")[-1] == "next"
    assert TencentIMApp.objects.get().trouble == "", "what WeChat says is none of Tencent's fault"


@pytest.mark.parametrize("code", CODES)
def test_a_picture_is_taken_from_its_address_whatever_the_code(talking, platforms, code):
    platforms.files[PIC_URL] = samples.picture("JPEG")
    platforms.answer(GET, *[{"errcode": code, "errmsg": "no"}] * 20)
    customer_sends(talking)
    later(talking, 3)
    assert platforms.to_seat("alice")[1:] == ["TIMImageElem"]


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": None}, {"errcode": "x"}, {"errcode": [1]}, {"errcode": float("inf")}, {"errmsg": "what"}, {"errcode": 0},
        {"errcode": True}, {"video_url": None}, {"video_url": 5, "errcode": "48001"},
    ],
)  # fmt: skip
def test_answers_that_make_no_sense_block_nothing(talking, platforms, answer):
    platforms.answer(GET, *[answer] * 9)
    customer_sends(talking, "voice")
    talking.customer_says("next")
    talking.work()
    assert "无法显示" in platforms.to_seat("alice")[1]
    later(talking, 8)
    assert platforms.to_seat("alice")[-1] == "next"


@pytest.mark.parametrize("mime", ["application/octet-stream", "text/html", "image/jpeg", "audio/amr", "", "text/plain"])
@pytest.mark.parametrize(
    "body", [b'{"errcode":48001,"errmsg":"api unauthorized"}', b'\xef\xbb\xbf \n{"errcode":48001}']
)
def test_an_error_is_read_whatever_it_is_served_as(talking, platforms, mime, body):
    platforms.answer(GET, FakeStream(body, mime=mime))
    customer_sends(talking, "voice")
    (line,) = [text for text in platforms.to_seat("alice") if "[语音]" in text]
    assert "无法显示" in line
    assert "权限" in line


@pytest.mark.parametrize(
    "mime", ["text/plain", "text/html", "application/json", "application/octet-stream", "", "video/mp4"]
)
def test_media_of_an_odd_content_type_are_known_by_their_bytes(talking, platforms, mime):
    platforms.answer(GET, FakeStream(samples.amr(), mime=mime))
    customer_sends(talking, "voice")
    assert "TIMSoundElem" in platforms.to_seat("alice")
    platforms.answer(GET, FakeStream(samples.picture("PNG"), mime=mime))
    customer_sends(talking)
    assert platforms.to_seat("alice")[-1] == "TIMImageElem"


def test_a_page_instead_of_a_file_becomes_words(talking, platforms):
    platforms.answer(GET, *[FakeStream(samples.HTML, mime="text/html")] * 9)
    customer_sends(talking, "voice")
    for seconds in (3, 9, 30):
        later(talking, seconds)
    assert "无法显示" in [text for text in platforms.to_seat("alice") if "[语音]" in text][-1]


def test_a_film_named_by_an_answer_that_is_served_as_bytes(talking, platforms):
    url = "http://vweixinf.tc.qq.com/102/film.mp4"
    platforms.files[url] = samples.film()
    platforms.answer(GET, FakeStream(json.dumps({"video_url": url}).encode()))
    customer_sends(talking, "video")
    assert platforms.to_seat("alice")[-1] == "TIMVideoFileElem"


@pytest.mark.parametrize("body", [b'{"errcode":-1}', b'{"video_url":"http://vweixinf.tc.qq.com/102/film.mp4"}'])
def test_an_answer_at_the_address_of_a_film_is_no_film(talking, platforms, body):
    url = "http://vweixinf.tc.qq.com/102/film.mp4"
    platforms.files[url] = body
    platforms.answer(GET, *[{"video_url": url}] * 9)
    customer_sends(talking, "video")
    for seconds in (3, 9, 30):
        later(talking, seconds)
    assert "无法显示" in platforms.to_seat("alice")[-1]


def test_a_page_at_a_pictures_address_is_no_picture(talking, platforms):
    platforms.files[PIC_URL] = samples.HTML
    platforms.answer(GET, {"errcode": 48001})
    customer_sends(talking)
    assert "权限" in platforms.to_seat("alice")[-1]


def test_redirects_are_followed_and_checked(talking, platforms):
    url = "https://mmbiz.example.com/file"
    platforms.files[url] = samples.amr()
    platforms.answer(GET, FakeStream(b"", status=302, location=url))
    customer_sends(talking, "voice")
    assert "TIMSoundElem" in platforms.to_seat("alice")
    asked = [(address, params, words) for address, params, words in platforms.calls if address == url]
    assert asked == [(url, {}, {"guarded": True})], "no token goes there, and only a public address will do"
    platforms.answer(GET, FakeStream(b"", status=302, location="file:///etc/passwd"))
    customer_sends(talking, "voice_speex")
    assert "无法显示" in platforms.to_seat("alice")[-1]


def test_redirects_at_the_api_itself(talking, platforms):
    base = WeChatAccount.objects.get().api_base
    platforms.answer(GET, FakeStream(b"", status=301, location="/file/1"))
    platforms.answer("/file/1", FakeStream(b"", status=302, location=f"{base}/file/2"))
    platforms.files[f"{base}/file/2"] = samples.amr()
    customer_sends(talking, "voice")
    assert "TIMSoundElem" in platforms.to_seat("alice")
    platforms.answer(GET, FakeStream(b"", status=302, location="/circle"))
    platforms.answer("/circle", *[FakeStream(b"", status=302, location="/circle")] * 9)
    customer_sends(talking, "voice_speex")
    assert "无法显示" in platforms.to_seat("alice")[-1]


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.UNKNOWN])
def test_a_fault_of_the_line_is_tried_again_then_said(talking, platforms, outcome):
    platforms.answer(GET, *[network_error(outcome)] * 9)
    customer_sends(talking, "voice")
    for seconds in (3, 9, 30):
        later(talking, seconds)
    assert len([text for text in platforms.to_seat("alice") if "[语音]" in text]) == 1


class Cut(BaseHTTPRequestHandler):
    """Announces more than it sends."""

    whole = False

    def do_GET(self):
        body = samples.amr()
        self.send_response(200)
        self.send_header("Content-Type", "audio/amr")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if Cut.whole else body[: len(body) // 2])
        Cut.whole = True

    def log_message(self, *args):
        pass


def test_a_body_that_is_cut_is_fetched_again(talking, platforms, monkeypatch, settings):
    settings.PLATFORM_ALLOW_PRIVATE = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cut)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    WeChatAccount.objects.update(api_base=f"http://127.0.0.1:{server.server_port}")
    endpoints.forget()
    monkeypatch.setattr(http, "get_stream", http.streams.get_stream)
    customer_sends(talking, "voice")
    assert "TIMSoundElem" not in platforms.to_seat("alice")
    later(talking, 3)
    assert "TIMSoundElem" in platforms.to_seat("alice")
    server.shutdown()
    server.server_close()


# media/upload answers anything


@pytest.mark.parametrize("kind", ["image", "sound", "video"])
@pytest.mark.parametrize(
    "code", [40004, 40005, 40006, 40009, 40010, 40011, 40012, 45001, 45007, 41005, 48001, 61007, 99999]
)
def test_a_refused_upload_goes_as_a_link(talking, platforms, kind, code):
    platforms.answer(UPLOAD, *[{"errcode": code, "errmsg": "no"}] * 9)
    seat_sends(talking, platforms, kind)
    (text,) = platforms.to_customer()
    assert "/files/" in text
    assert "im.example.com" not in text


@pytest.mark.parametrize("code", [40001, 40007, 45009, 45011, 40164, -1])
def test_an_upload_that_may_work_later_is_neither_lost_nor_silent(talking, platforms, code):
    platforms.answer(UPLOAD, {"errcode": code})
    seat_sends(talking, platforms, "image")
    later(talking, 3)
    state = Delivery.objects.get(direction="customer").state
    later(talking, 24 * 3600 + 10)
    assert platforms.to_customer() == ["(image)"]
    assert state in ("done", "aside", "queued")


def test_an_upload_that_nobody_answers_is_tried_again_as_no_message_was_sent(talking, platforms):
    platforms.answer(UPLOAD, network_error(Outcome.UNKNOWN))
    seat_sends(talking, platforms, "image")
    assert Delivery.objects.get(direction="customer").state == "queued"
    later(talking, 3)
    assert platforms.to_customer() == ["(image)"]
    assert not [text for text in platforms.to_seat("alice") if "【系统】" in text]


@pytest.mark.parametrize(
    "answer", [{"errcode": None}, {"errcode": "x"}, {"errcode": 0}, {"media_id": None}, {"errcode": [1]}]
)
def test_an_upload_answered_with_nonsense_ends_with_words(talking, platforms, settings, answer):
    settings.DELIVERY_MAX_TRIES = 3
    platforms.answer(UPLOAD, *[answer] * 9)
    seat_sends(talking, platforms, "image")
    for seconds in (3, 9, 30):
        later(talking, seconds)
    assert "未送达" in platforms.to_seat("alice")[-1] or "/files/" in platforms.to_customer()[-1]


# Films and their previews


@pytest.mark.parametrize("code", [40004, 40005, 40006, 40007, 45001, 99999])
def test_a_film_whose_preview_is_refused_goes_without(talking, platforms, code):
    platforms.answer(UPLOAD, {"type": "video", "media_id": "film-1"}, *[{"errcode": code}] * 2)
    seat_sends(talking, platforms, "video")
    (body,) = platforms.bodies(SEND)
    assert (body["msgtype"], body["video"]["media_id"]) == ("video", "film-1") or "/files/" in body["text"]["content"]


def test_a_film_that_wechat_will_not_send_without_its_preview_goes_as_a_link(talking, platforms):
    platforms.answer(UPLOAD, {"type": "video", "media_id": "film-1"}, {"errcode": 40006})
    platforms.answer(UPLOAD, {"type": "video", "media_id": "film-2"}, {"errcode": 40006})
    platforms.answer(SEND, {"errcode": 40007})
    seat_sends(talking, platforms, "video")
    film, link = platforms.bodies(SEND)
    assert "thumb_media_id" not in film["video"]
    assert "/files/" in link["text"]["content"]


# Nothing in it


@pytest.mark.parametrize("kind", ["image", "sound", "video", "file"])
def test_zero_bytes_from_a_seat(talking, platforms, kind):
    seat_sends(talking, platforms, kind, b"")
    assert platforms.to_customer() == []
    assert "文件是空的" in platforms.to_seat("alice")[-1]
    assert not Upload.objects.exists()


def test_zero_bytes_from_a_customer(talking, platforms):
    platforms.files["media-id-voice"] = b""
    customer_sends(talking, "voice")
    assert "文件是空的" in [text for text in platforms.to_seat("alice") if "[语音]" in text][-1]
    platforms.answer(GET, FakeStream(b""))
    platforms.files[PIC_URL] = samples.picture("JPEG")
    customer_sends(talking)
    assert platforms.to_seat("alice")[-1] == "TIMImageElem"
