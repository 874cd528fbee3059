"""Each content type, both ways: payload file -> content -> what the other platform is sent. docs/content.md row by row.

None stands for a file that is fetched, fitted and uploaded when it is sent; tests/bridge/media/test_media.py goes all the way.
"""

import pytest
from django.utils.translation import override

from bridge.platforms.tencent_im import parse as im
from bridge.platforms.tencent_im import render as im_render
from bridge.platforms.wechat import parse as wechat
from bridge.platforms.wechat import protocol as wechat_protocol
from bridge.platforms.wechat import render as wechat_render
from bridge.values.content import (
    Content,
    Face,
    File,
    Forward,
    Image,
    Link,
    Location,
    Menu,
    MiniProgram,
    Signal,
    Text,
    Unsupported,
    Video,
    Voice,
)
from tests.bridge.platforms.wechat.notices.test_news import SAID as NOTICES
from tests.support.actors import OPENID, PAYLOADS, payload

CARD = MiniProgram(
    "订单 8812", "wx1234567890abcdef", "pages/order?id=8812", "http://mmbiz.qpic.cn/thumb/0", "media-id-card"
)
CARD_WORDS = "[小程序] 订单 8812 pages/order?id=8812"


def words(text):
    return {"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}]}


# payload file: content, what the seat is sent
FROM_WECHAT = {
    "text.xml": (Text("你好，这款还有货吗？😀"), [words("你好，这款还有货吗？😀")]),
    "text_faces.xml": (
        Text("好的[微笑]谢谢[玫瑰][OK][捂脸]"),
        [words("好的[TUIEmoji_Smile]谢谢[TUIEmoji_Flower][TUIEmoji_Ok][捂脸]")],
    ),
    "menu_tap.xml": (Text("满意", menu_id="101"), [words("满意")]),
    "image.xml": (Image(url="http://mmbiz.qpic.cn/mmbiz_jpg/abc/0", media_id="media-id-image"), [None]),
    "voice.xml": (
        Voice(media_id="media-id-voice", format="amr", recognition="请问几点关门"),
        [None, words("[语音识别] 请问几点关门")],
    ),
    "voice_speex.xml": (Voice(media_id="media-id-speex", format="speex"), [None]),
    "video.xml": (Video(media_id="media-id-video", thumb_media_id="media-id-thumb"), [None]),
    "shortvideo.xml": (Video(media_id="media-id-short", thumb_media_id="media-id-short-thumb"), [None]),
    "location.xml": (
        Location(23.137466, 113.352425, "广州市天河区"),
        [{"MsgBody": [{
            "MsgType": "TIMLocationElem",
            "MsgContent": {"Desc": "广州市天河区", "Latitude": 23.137466, "Longitude": 113.352425},
        }]}],
    ),
    "link.xml": (
        Link("新品上架", "https://example.com/new", "秋冬系列"),
        [words("[链接] 新品上架\n秋冬系列\nhttps://example.com/new")],
    ),
    "file.xml": (File(name="合同.pdf", size=34567), [words("[文件] 合同.pdf (33.8 KB)")]),
    "miniprogrampage.xml": (CARD, [words(CARD_WORDS)]),
    "unknown_type.xml": (Unsupported("hologram 类型消息"), [words("[hologram 类型消息]")]),
    "mini_text.json": (Text("在吗[微笑]"), [words("在吗[TUIEmoji_Smile]")]),
    "mini_image.json": (Image(url="http://mmbiz.qpic.cn/mini/0", media_id="media-id-mini"), [None]),
    "mini_card.json": (CARD, [words(CARD_WORDS)]),
}  # fmt: skip


# What people typed and pasted, and what was cut: docs/odd-input.md. Payload file: sender, MsgId, content, what the seat is sent.
FAILING = "oTESTfailingxxxxxxxxxxxxxxxx"
PASTED = "报错内容 <xml><status><![CDATA[ok]]></status></xml> 怎么办"
LIKE_FIELDS = "x]]></Content><MsgId>22000000000000024</MsgId><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[y"
DOOR = "3 ]]></Label><MsgId>1</MsgId><Label><![CDATA[号门"
BARE = "A&B < C & D\ufffd 好&undefined;"
ODD = {
    "text_control_character.xml": (FAILING, "22000000000000001", Text("请看订单 c 谢谢"), [words("请看订单 c 谢谢")]),
    "text_with_cdata.xml": (FAILING, "22000000000000001", Text(PASTED), [words(PASTED)]),
    "text_with_cdata_end.xml": (
        FAILING, "22000000000000001", Text("数组写法 a[b[1]]>2 对吗"), [words("数组写法 a[b[1]]>2 对吗")],
    ),
    "text_like_fields.xml": (FAILING, "22000000000000099", Text(LIKE_FIELDS), [words(LIKE_FIELDS)]),
    "text_empty.xml": (FAILING, "22000000000000001", Unsupported("空消息"), [words("[空消息]")]),
    "text_without_cdata.xml": (OPENID, "24786543210987663", Text(BARE), [words(BARE)]),
    "mini_text_control_character.json": (FAILING, "22000000000000007", Text("甲乙"), [words("甲乙")]),
    "mini_text_half_emoji_twice.json": (
        OPENID, "1234567890123461", Text("在\ufffd吗[0m😀"), [words("在\ufffd吗[0m😀")],
    ),
    "same_id_one.xml": (
        "oTESTcustomerAxxxxxxxxxxxxxx", "22000000000000008", Text("我是甲，想退货"), [words("我是甲，想退货")],
    ),
    "same_id_other.xml": (
        "oTESTcustomerBxxxxxxxxxxxxxx", "22000000000000008", Text("我是乙，问运费"), [words("我是乙，问运费")],
    ),
    "location_label_with_markup.xml": (
        OPENID, "24786543210987662", Location(23.137466, 113.352425, DOOR),
        [{"MsgBody": [{
            "MsgType": "TIMLocationElem",
            "MsgContent": {"Desc": DOOR, "Latitude": 23.137466, "Longitude": 113.352425},
        }]}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_input_from_wechat(name):
    sender, message_id, content, sent = ODD[name]
    body = payload(f"wechat/{name}")
    incoming = wechat.parse(body)
    assert incoming.contents == (content,)
    assert (incoming.side, incoming.sender, incoming.ignored, incoming.trigger) == ("customer", sender, "", "message")
    assert im_render.render(content) == sent
    fields = wechat_protocol.parse_push(body.encode())
    assert (fields["MsgId"], "bizmsgmenuid" in fields) == (message_id, False)


def test_the_same_id_of_two_customers_is_two_messages():
    one, other = (
        wechat_protocol.parse_push(payload(f"wechat/same_id_{which}.xml").encode()) for which in ("one", "other")
    )
    assert wechat_protocol.dedup_key(1, one) != wechat_protocol.dedup_key(1, other)
    assert wechat_protocol.dedup_key(1, one) == wechat_protocol.dedup_key(1, dict(one))


def test_an_empty_message_is_said_to_be_in_english_too():
    with override("en"):
        assert im_render.render(wechat.parse(payload("wechat/text_empty.xml")).contents[0]) == [
            words("[Empty message]")
        ]


def test_a_tap_in_a_menu_counts_without_words():
    body = payload("wechat/menu_tap.xml").replace("满意", "")
    assert wechat.parse(body).contents == (Text("", menu_id="101"),)


def test_the_kind_of_a_device_is_no_message():
    incoming = wechat.parse(payload("wechat/device_event.xml"))
    assert not incoming.contents
    assert "device_event" in incoming.ignored


@pytest.mark.parametrize("kind", ["device_text", "hardware", "brand_new"])
def test_a_kind_that_is_no_message_is_filtered(kind):
    body = payload("wechat/device_event.xml").replace("device_event", kind)
    assert wechat.parse(body.replace("<Event><![CDATA[bind]]></Event>", "")).ignored


def test_a_kind_of_message_that_is_new_is_one_and_an_event_is_none():
    text = payload("wechat/text.xml")
    unknown = text.replace("[text]", "[hologram]")
    assert wechat.parse(unknown).contents
    assert wechat.parse(unknown.replace("</xml>", "<Event>bind</Event></xml>")).ignored


@pytest.mark.parametrize(("name", "scanned"), [("barcode", "6901234567892"), ("qrcode", "https://example.com/a?b=1,2")])
def test_what_was_scanned_is_shown(name, scanned):
    incoming = wechat.parse(payload(f"wechat/event_scancode_{name}.xml"))
    assert incoming.facts == {"key": "rselfmenu_0_1", "scanned": scanned}
    signal = Signal(incoming.event, incoming.facts["key"], incoming.facts["scanned"])
    assert im_render.render(signal) == [words(f"[点了菜单] rselfmenu_0_1 {scanned}")]


@pytest.mark.parametrize("name", ["scan", "Scan", "sCAN"])
def test_the_names_of_events_count_in_any_case(name):
    incoming = wechat.parse(payload("wechat/event_scan.xml").replace("SCAN", name))
    assert (incoming.event, incoming.trigger) == ("scan", "scan")


@pytest.mark.parametrize(("name", "content", "sent"), [(k, *v) for k, v in FROM_WECHAT.items()], ids=FROM_WECHAT)
def test_from_wechat(name, content, sent):
    incoming = wechat.parse(payload(f"wechat/{name}"))
    assert incoming.contents == (content,)
    assert (incoming.side, incoming.sender, incoming.ignored, incoming.trigger) == ("customer", OPENID, "", "message")
    assert im_render.render(content) == sent
    assert Content.from_json(content.to_json()) == content


# payload file: event, key, what it permits
EVENTS = {
    "event_subscribe.xml": ("follow", "counter7", "follow"),
    "event_unsubscribe.xml": ("unfollow", "", ""),
    "event_click.xml": ("click", "V1001_HOT", "click"),
    "event_scan.xml": ("scan", "counter7", "scan"),
    "event_click_lower_case.xml": ("click", "V1001_HOT", "click"),
    "event_click_of_the_menu.xml": ("click", "menu-3f2a91c07b5d", "click"),
    "event_subscribe_paid.xml": ("follow", "", "follow"),
    "event_scancode_waitmsg.xml": ("click", "rselfmenu_0_0", "click"),
    "event_scancode_barcode.xml": ("click", "rselfmenu_0_1", "click"),
    "event_scancode_qrcode.xml": ("click", "rselfmenu_0_1", "click"),
    "mini_enter.json": ("enter", "order-8812", "enter"),
}


@pytest.mark.parametrize(("name", "said"), EVENTS.items(), ids=EVENTS)
def test_wechats_events_of_a_customer(name, said):
    incoming = wechat.parse(payload(f"wechat/{name}"))
    assert (incoming.event, incoming.facts["key"], incoming.trigger) == said
    assert not incoming.ignored


@pytest.mark.parametrize("name", ["view", "location", "unknown"])
def test_wechat_events_that_are_of_no_use(name):
    incoming = wechat.parse(payload(f"wechat/event_{name}.xml"))
    assert incoming.ignored
    assert incoming.event in incoming.ignored


MENU = Menu("您对本次服务是否满意", ({"id": "101", "text": "满意"}, {"id": "102", "text": "不满意"}), "欢迎再次光临")


def text(said):
    return {"msgtype": "text", "text": {"content": said}}


# payload file: content, what the customer is sent
FROM_IM = {
    "after_send_text": (Text("您好，有货的\n明天发 😊"), [text("您好，有货的\n明天发 😊")]),
    "text_faces": (Text("好的[微笑][TUIEmoji_Unknown]"), [text("好的[微笑][TUIEmoji_Unknown]")]),
    "face": (Face(1, "[强]"), [text("[强]")]),
    "face_unknown": (Face(2, "yz00"), [text("yz00")]),
    "image": (Image(url="https://im.example.com/original.jpg", width=2448, height=3264, size=1853095), [None]),
    "sound": (Voice(url="https://im.example.com/a.m4a", seconds=7), [None]),
    "video": (
        Video(url="https://im.example.com/v.mp4", thumb_url="https://im.example.com/v.jpg", seconds=9),
        [None],
    ),
    "file": (File("合同.pdf", "https://im.example.com/c.pdf", 1773552), [None]),
    "location": (
        Location(23.1, 113.3, "门店"),
        [text("[位置] 门店 https://apis.map.qq.com/uri/v1/marker?marker=coord%3A23.1%2C113.3%3Btitle%3A%E9%97%A8%E5%BA%97&referer=wechat-bridge")],
    ),
    "custom_news": (
        Link("新品上架", "https://example.com/new", "秋冬系列", "https://example.com/new.jpg"),
        [None],
    ),
    "custom_miniprogram": (
        MiniProgram("订单 8812", "wx1234567890abcdef", "pages/order?id=8812", "https://example.com/order.png"),
        [None],
    ),
    "custom_menu": (
        MENU,
        [{"msgtype": "msgmenu", "msgmenu": {
            "head_content": "您对本次服务是否满意",
            "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}],
            "tail_content": "欢迎再次光临",
        }}],
    ),
    "custom_foreign": (Unsupported("自定义消息", "优惠券"), [text("[自定义消息] 优惠券")]),
    "text_vertical_tab": (Text("第一行\n第二行[0m完"), [text("第一行\n第二行[0m完")]),
    "text_with_extension": (Text("这是您的订单"), [text("这是您的订单")]),
    "forward": (
        Forward("座席和客户的聊天记录", "客户: 想退货\n座席: 好的"),
        [text("[聊天记录] 座席和客户的聊天记录\n客户: 想退货\n座席: 好的")],
    ),
    "quote": (
        Text("有的，明天发", quote="这款还有货吗[微笑]"),
        [text("「这款还有货吗[微笑]」\n有的，明天发")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "sent"), [(k, *v) for k, v in FROM_IM.items()], ids=FROM_IM)
def test_from_tencent_im(name, content, sent):
    incoming = im.parse("C2C.CallbackAfterSendMsg", payload(f"tencent_im/{name}.json"))
    assert (incoming.side, incoming.sender, incoming.ignored, incoming.event) == ("seat", "alice", "", "")
    assert incoming.contents == (content,)
    assert wechat_render.render(content) == sent
    assert Content.from_json(content.to_json()).to_json() == content.to_json()


# payload file: what still goes to the customer, and a word of what the seat is told
TOLD = {
    "extension_alone": ((), "描述"),
    "call_invite": ((), "通话"),
    "image_wrong": ((Text("看图"),), "ImageInfoArray"),
}


@pytest.mark.parametrize(("name", "contents", "word"), [(k, *v) for k, v in TOLD.items()], ids=TOLD)
def test_what_does_not_go_out_is_told(name, contents, word):
    incoming = im.parse("C2C.CallbackAfterSendMsg", payload(f"tencent_im/{name}.json"))
    assert incoming.contents == contents
    (said,) = incoming.facts["refusals"]
    assert word in said


@pytest.mark.parametrize("name", ["call_cancel", "call_end"])
def test_the_other_signals_of_a_call_are_of_no_use_to_anyone(name):
    assert im.parse("C2C.CallbackAfterSendMsg", payload(f"tencent_im/{name}.json")).ignored


def test_every_payload_file_is_in_a_table():
    elsewhere = {
        *(f"event_{name}.xml" for name in ("view", "location", "unknown")),
        *NOTICES,
        *("after_send_several.json", "rest_echo.json", "not_sent.json", "after_read.json", "after_recall.json"),
        *("login.json", "logout.json", "disconnect.json", "typing.json", "custom_wrong.json", "device_event.xml"),
        *(f"{name}.json" for name in (*TOLD, "call_cancel", "call_end")),
        *("user_info_half_emoji.json", "minute_quota.json"),  # tests/bridge/platforms/test_odd_answers.py
    }
    files = {path.name for path in PAYLOADS.rglob("*.*") if path.parent.name != "media"}
    assert files == elsewhere | set(FROM_WECHAT) | set(ODD) | set(EVENTS) | {f"{name}.json" for name in FROM_IM}


def test_every_case_of_a_file_is_played():
    tests = "".join(path.read_text("utf-8") for path in PAYLOADS.parent.rglob("*.py"))
    assert [path.name for path in (PAYLOADS / "media").iterdir() if path.name not in tests] == []


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


@pytest.mark.parametrize("name", ["rest_echo", "not_sent"])
def test_im_callbacks_that_are_no_messages(name):
    assert im.parse("C2C.CallbackAfterSendMsg", payload(f"tencent_im/{name}.json")).ignored


# payload file: command, event, facts
IM_EVENTS = {
    "after_read": ("C2C.CallbackAfterMsgReport", "read", {"at": 1764000204}),
    "after_recall": (
        "C2C.CallbackAfterMsgWithDraw", "recall", {"dedup": "im:msg:alice:CUSTOMER:48374_2837546_1764000200"},
    ),
    "typing": ("C2C.CallbackAfterSendMsg", "typing", {"typing": True}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "command", "event", "facts"), [(k, *v) for k, v in IM_EVENTS.items()], ids=IM_EVENTS)
def test_im_events(name, command, event, facts):
    incoming = im.parse(command, payload(f"tencent_im/{name}.json"))
    assert (incoming.event, incoming.facts, incoming.sender, incoming.recipient) == (event, facts, "alice", "CUSTOMER")


def test_a_custom_element_of_ours_that_is_wrong_is_refused_with_what_to_write():
    incoming = im.parse("C2C.CallbackAfterSendMsg", payload("tencent_im/custom_wrong.json"))
    assert incoming.contents == ()
    (said,) = incoming.facts["refusals"]
    assert "news" in said
    assert "url" in said


@pytest.mark.parametrize(("name", "online"), [("login", True), ("logout", False), ("disconnect", False)])
def test_im_presence(name, online):
    facts = {"online": online, "client": ""}
    incoming = im.parse("State.StateChange", payload(f"tencent_im/{name}.json"))
    assert (incoming.side, incoming.sender, incoming.facts) == ("presence", "alice", facts)


def test_a_signal_in_words():
    assert im_render.render(Signal("click", "SERVICE")) == [words("[点了菜单] SERVICE")]


def test_in_english_too():
    with override("en"):
        assert wechat_render.render(Location(1, 2, "Shop"))[0]["text"]["content"].startswith("[Location] Shop")
