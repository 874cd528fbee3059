"""Payload files -> what they say: a table."""

import pytest
from django.utils.translation import override

from bridge.content import Face, File, Image, Link, Location, Text, Unsupported, Video, Voice
from bridge.platforms.tencent_im import parse as im
from bridge.platforms.tencent_im import render as im_render
from bridge.platforms.wechat import parse as wechat
from bridge.platforms.wechat import render as wechat_render
from tests.actors import OPENID, payload

FROM_WECHAT = {
    "text": Text("你好，这款还有货吗？😀"),
    "image": Image(url="http://mmbiz.qpic.cn/mmbiz_jpg/abc/0", media_id="media-id-image"),
    "voice": Voice(media_id="media-id-voice", format="amr", recognition="请问几点关门"),
    "video": Video(media_id="media-id-video", thumb_media_id="media-id-thumb"),
    "location": Location(23.137466, 113.352425, "广州市天河区"),
    "link": Link("新品上架", "https://example.com/new", "秋冬系列"),
    "file": File(name="合同.pdf", size=34567),
    "unknown_type": Unsupported("hologram 类型消息"),
}


@pytest.mark.parametrize(("name", "content"), FROM_WECHAT.items(), ids=FROM_WECHAT)
def test_wechat_messages(name, content):
    incoming = wechat.parse(payload(f"wechat/{name}.xml"))
    assert incoming.contents == (content,)
    assert (incoming.side, incoming.sender, incoming.ignored) == ("customer", OPENID, "")


@pytest.mark.parametrize("name", ["click", "view", "location", "unknown"])
def test_wechat_events_that_are_no_messages(name):
    incoming = wechat.parse(payload(f"wechat/event_{name}.xml"))
    assert incoming.ignored
    assert incoming.event in incoming.ignored


def test_wechat_follows():
    assert wechat.parse(payload("wechat/event_subscribe.xml")).facts == {"scene": "counter7"}
    assert wechat.parse(payload("wechat/event_unsubscribe.xml")).event == "unsubscribe"


def test_an_im_message_of_several_elements_keeps_their_order():
    incoming = im.parse("C2C.CallbackAfterSendMsg", payload("tencent_im/after_send_several.json"))
    assert incoming.contents == (
        Text("看图"),
        Image(url="https://im.example.com/original.jpg", width=2448, height=3264, size=1853095),
        Location(23.1, 113.3, "门店"),
        Face(1, "[微笑]"),
        Voice(url="https://im.example.com/a.mp3", seconds=7),
        Video(url="https://im.example.com/v.mp4", thumb_url="https://im.example.com/v.jpg", seconds=9),
        File("合同.pdf", "https://im.example.com/c.pdf", 1773552),
        Unsupported("自定义消息", "优惠券"),
    )


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("rest_echo", "C2C.CallbackAfterSendMsg"),
        ("not_sent", "C2C.CallbackAfterSendMsg"),
        ("after_read", "C2C.CallbackAfterMsgReport"),
        ("after_recall", "C2C.CallbackAfterMsgWithDraw"),
    ],
)
def test_im_callbacks_that_are_no_messages(name, command):
    assert im.parse(command, payload(f"tencent_im/{name}.json")).ignored


@pytest.mark.parametrize(("name", "online"), [("login", True), ("logout", False), ("disconnect", False)])
def test_im_presence(name, online):
    incoming = im.parse("State.StateChange", payload(f"tencent_im/{name}.json"))
    assert (incoming.side, incoming.sender, incoming.facts) == ("presence", "alice", {"online": online})


TO_WECHAT = {
    "text": (Text("有货\n明天发 😊"), "有货\n明天发 😊"),
    "image": (Image(url="https://im.example.com/1.jpg"), "[图片] https://im.example.com/1.jpg"),
    "voice": (Voice(url="https://im.example.com/a.mp3", seconds=7), "[语音] 7 秒 https://im.example.com/a.mp3"),
    "video": (Video(url="https://im.example.com/v.mp4"), "[视频] https://im.example.com/v.mp4"),
    "file": (File("合同.pdf", "https://im.example.com/c.pdf"), "[文件] 合同.pdf https://im.example.com/c.pdf"),
    "link": (Link("新品", "https://example.com", "秋冬"), "新品\n秋冬\nhttps://example.com"),
    "face": (Face(1, "[微笑]"), "[微笑]"),
    "custom": (Unsupported("自定义消息", "优惠券"), "[自定义消息] 优惠券"),
}


@pytest.mark.parametrize(("content", "text"), TO_WECHAT.values(), ids=TO_WECHAT)
def test_to_wechat(content, text):
    assert wechat_render.render(content) == [{"msgtype": "text", "text": {"content": text}}]


def test_a_location_to_wechat_is_words_and_a_map():
    ((body),) = wechat_render.render(Location(31.2, 121.4, "人民广场"))
    assert body["text"]["content"].startswith("[位置] 人民广场 https://apis.map.qq.com/uri/v1/marker?")
    assert "31.2%2C121.4" in body["text"]["content"]


TO_IM = {
    "text": (Text("你好 😀"), "TIMTextElem", {"Text": "你好 😀"}),
    "voice": (Voice(media_id="m", recognition="几点关门"), "TIMTextElem", {"Text": "[语音] 几点关门"}),
    "video": (Video(media_id="m"), "TIMTextElem", {"Text": "[视频]"}),
    "link": (Link("新品", "https://example.com", "秋冬"), "TIMTextElem", {"Text": "[链接] 新品\n秋冬\nhttps://example.com"}),
    "location": (
        Location(23.1, 113.3, "广州"), "TIMLocationElem", {"Desc": "广州", "Latitude": 23.1, "Longitude": 113.3},
    ),
    "file": (File("合同.pdf"), "TIMTextElem", {"Text": "[文件] 合同.pdf"}),
    "unknown": (Unsupported("hologram 类型消息"), "TIMTextElem", {"Text": "[hologram 类型消息]"}),
}  # fmt: skip


@pytest.mark.parametrize(("content", "kind", "body"), TO_IM.values(), ids=TO_IM)
def test_to_im(content, kind, body):
    assert im_render.render(content) == [{"MsgBody": [{"MsgType": kind, "MsgContent": body}]}]


def test_an_image_to_im_has_three_sizes_at_its_address():
    ((body),) = im_render.render(Image(url="http://mmbiz.qpic.cn/x/0"))
    element = body["MsgBody"][0]
    assert element["MsgType"] == "TIMImageElem"
    assert [(one["Type"], one["URL"]) for one in element["MsgContent"]["ImageInfoArray"]] == [
        (kind, "http://mmbiz.qpic.cn/x/0") for kind in (1, 2, 3)
    ]


def test_in_english_too():
    with override("en"):
        assert wechat_render.render(Image(url="u"))[0]["text"]["content"] == "[Image] u"
