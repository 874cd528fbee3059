"""The platforms' rules, kept by the sandbox, met by real processes: the count, the tokens, the codes, the files."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections import Counter

import psutil
import pytest

from tests.support import samples
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(300)]
SEND = "/wechat/cgi-bin/message/custom/send"
IM_SEND = "/im/v4/openim/sendmsg"
MB = 1024**2


@pytest.fixture(scope="module")
def stack():
    rules = {"SANDBOX_WINDOW_COUNT": "5", "MEDIA_ALLOW_PRIVATE": "1", "MEDIA_ALLOWED_HOSTS": "127.0.0.1"}
    with Stack({"alice": 50}, workers=2, threads=2, alone=True, **rules) as running:
        # Until the seat's login is through, a customer would be told to wait, which spends one of the five.
        seat = "from seats.models import Seat; print(Seat.objects.get().online)"
        while "True" not in running.manage("shell", "-v0", "-c", seat):
            time.sleep(0.2)
        yield running


class Chat:
    """One customer and the seat who has them."""

    count = 0

    def __init__(self, stack: Stack) -> None:
        Chat.count += 1
        self.stack, self.openid = stack, f"oRulesCustomer0000000000{Chat.count:04d}"
        hello = f"hello {self.openid[-4:]}"
        self.customer(hello)
        entry = stack.player.wait_for(hello, "im", 60)
        self.seat, self.peer = entry["seat"], entry["peer"]

    def customer(self, text="", **more):
        self.stack.player.post("customer", account="shop", openid=self.openid, text=text, **more)

    def answer(self, *texts, **more):
        for text in texts:
            self.stack.player.post("seat", seat=self.seat, to=self.peer, text=text, **more)

    def phone(self):
        return [
            e for e in self.stack.entries() if e["side"] == "phone" and e["openid"] == self.openid and not e["mine"]
        ]

    def at_seat(self):
        return [e for e in self.stack.entries() if e["side"] == "im" and e["peer"] == self.peer and not e["mine"]]

    def wait(self, check):
        said = lambda: f"{self.phone()}\n{self.at_seat()}\n{self.stack.logs()}"  # noqa: E731
        return wait_until(check, said=said, pause=0.1)

    def wait_phone(self, *texts):
        self.wait(lambda: [e["text"] for e in self.phone()] == list(texts))

    def wait_notice(self, words):
        return self.wait(lambda: [e for e in self.at_seat() if words in e["text"]])


def since(stack, before, kind="refusals"):
    return Counter(stack.state()[kind]) - Counter(before[kind])


def upload(stack, body, name, mime, account=""):
    kind = {"image": "image", "audio": "voice", "video": "video"}.get(mime.split("/")[0], "file")
    url = f"{stack.sandbox}/play/file?name={name}&account={account}&kind={kind}"
    request = urllib.request.Request(url, body, {"Content-Type": mime})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as reply:
        return reply.read(), reply.headers


def test_five_go_three_wait_and_all_eight_arrive_in_order(stack):
    chat, before = Chat(stack), stack.state()
    texts = [f"m{number}" for number in range(1, 9)]
    chat.answer(*texts)
    chat.wait_phone(*texts[:5])
    for text in texts[5:]:
        chat.wait_notice(f"“{text}”")
    assert "客户再发消息后发出" in chat.wait_notice("“m8”")[0]["text"]
    assert [e["text"] for e in chat.phone()] == texts[:5]
    chat.customer("still there?")
    chat.wait_phone(*texts)
    assert since(stack, before)["45047"] <= 1


def test_a_token_killed_by_another_caller_costs_one_delivery_and_at_most_two_token_calls(stack):
    chat = Chat(stack)
    chat.answer("before")
    chat.wait_phone("before")
    before = stack.state()
    stack.player.post("token", account="shop")
    chat.answer("after")
    chat.wait_phone("before", "after")
    calls = since(stack, before, "calls")
    assert calls["/wechat/cgi-bin/stable_token"] <= 2
    assert calls[SEND] == 2
    assert since(stack, before) == {"40001": 1}


def test_many_processes_fetch_one_token(stack):
    chats = [Chat(stack) for _number in range(6)]
    before = stack.state()
    stack.player.post("token", account="shop")
    for chat in chats:
        chat.answer("hi")
    for chat in chats:
        chat.wait_phone("hi")
    assert since(stack, before, "calls")["/wechat/cgi-bin/stable_token"] == 1


def test_busy_twice_is_survived(stack):
    chat = Chat(stack)
    stack.player.post("fault", path="message/custom/send", code=-1, times=2)
    chat.answer("patience", "after it")
    chat.wait_phone("patience", "after it")


def test_the_end_of_the_time_is_tried_at_most_twice(stack):
    chat, before = Chat(stack), stack.state()
    stack.player.post("window", account="shop", openid=chat.openid, seconds=-1)
    chat.answer("too late", "and again")
    chat.wait_notice("“and again”")
    assert since(stack, before)["45015"] <= 2
    assert chat.phone() == []


def test_an_im_account_deleted_behind_our_back_is_imported_again(stack):
    chat = Chat(stack)
    stack.player.post("forget", im_account=chat.peer)
    chat.customer("after the deletion")
    stack.player.wait_for("after the deletion", "im", 40)
    assert stack.state()["names"][chat.peer].startswith("旗舰店 · ")


def test_too_often_twice_delays_but_does_not_reorder(stack):
    chat = Chat(stack)
    stack.player.post("fault", path="openim/sendmsg", code=60007, times=2)
    chat.customer("one")
    chat.customer("two")
    chat.wait(lambda: [e["text"] for e in chat.at_seat()][-2:] == ["one", "two"])


def test_a_lost_answer_of_im_is_the_same_message_once(stack):
    """The call took effect, its answer said otherwise: the repeat has the same MsgSeq and MsgRandom, so IM drops it."""
    chat = Chat(stack)
    stack.player.post("fault", path="openim/sendmsg", code=91000, times=1, after=True)
    chat.customer("said once")
    chat.customer("and then this")
    chat.wait(lambda: [e["text"] for e in chat.at_seat()][-1] == "and then this")
    assert [e["text"] for e in chat.at_seat()].count("said once") == 1


def test_im_takes_only_so_many_calls_a_second_and_nothing_fails(stack):
    chats = [Chat(stack) for _number in range(4)]
    stack.manage(
        "shell",
        "-v0",
        "-c",
        "from bridge.platforms.tencent_im.models import TencentIMApp; TencentIMApp.objects.update(rate_limit=6)",
    )
    stack.player.post("rate", im=12)  # twice as many: calls of one second may come late, with the next second's
    time.sleep(2.5)  # what the workers remember of the app
    before = stack.state()
    for number in range(8):
        for chat in chats:
            chat.customer(f"r{number}")
    for chat in chats:
        chat.wait(lambda chat=chat: [e["text"] for e in chat.at_seat()][-8:] == [f"r{n}" for n in range(8)])
    stack.player.post("rate", im=200)
    stack.manage(
        "shell",
        "-v0",
        "-c",
        "from bridge.platforms.tencent_im.models import TencentIMApp; TencentIMApp.objects.update(rate_limit=200)",
    )
    assert since(stack, before)["60007"] <= 6


def test_keys_and_tokens_are_rotated_without_a_lost_push(stack):
    chat = Chat(stack)
    new = {"token": "new-token", "encoding_aes_key": "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"}
    code = f"""
from bridge.platforms.wechat.models import WeChatAccount
a = WeChatAccount.objects.get()
a.previous_token, a.token = a.token, {new["token"]!r}
a.previous_aes_key, a.encoding_aes_key = a.encoding_aes_key, {new["encoding_aes_key"]!r}
a.save()
"""
    for number in range(10):
        chat.customer(f"k{number}")
        if number == 3:
            stack.manage("shell", "-v0", "-c", code)
        if number == 6:
            time.sleep(2.5)
            stack.player.post("account", account="shop", **new)
    chat.wait(lambda: [e["text"] for e in chat.at_seat()][-10:] == [f"k{number}" for number in range(10)])


def test_files_from_the_customer_reach_the_seat(stack):
    chat = Chat(stack)
    files = {
        "TIMImageElem": ("image", samples.picture(), "image/png"),
        "TIMSoundElem": ("voice", samples.amr(), "audio/amr"),
        "TIMVideoFileElem": ("video", samples.film(), "video/mp4"),
    }
    for kind, body, mime in files.values():
        chat.customer(kind=kind, file=upload(stack, body, f"a.{kind}", mime, "shop")["id"])
    entries = chat.wait(lambda: [e for e in chat.at_seat() if e["kind"] in files] if len(chat.at_seat()) >= 4 else None)
    assert [e["kind"] for e in entries] == list(files)
    got = {e["kind"]: get(e["url"]) for e in entries}
    assert got["TIMImageElem"][0] == samples.picture()
    assert got["TIMVideoFileElem"][0] == samples.film()
    assert got["TIMSoundElem"][1]["Content-Type"] == "audio/mpeg"
    assert get(entries[2]["url"], Range="bytes=0-99")[0] == samples.film()[:100]


def element(kind, url, size, name=""):
    contents = {
        "TIMImageElem": {"UUID": "u", "ImageFormat": 255, "ImageInfoArray": [{"Type": 1, "Size": size, "URL": url}]},
        "TIMSoundElem": {"Url": url, "UUID": "u", "Size": size, "Second": 2, "Download_Flag": 2},
        "TIMVideoFileElem": {"VideoUrl": url, "VideoSize": size, "VideoSecond": 1, "VideoFormat": "mp4"},
        "TIMFileElem": {"Url": url, "UUID": "u", "FileSize": size, "FileName": name, "Download_Flag": 2},
    }
    return {"MsgType": kind, "MsgContent": contents[kind]}


def test_files_from_the_seat_reach_the_customer(stack):
    chat = Chat(stack)
    files = [
        ("TIMImageElem", samples.picture("PNG", (2400, 2000)), "image/png"),
        ("TIMSoundElem", samples.m4a(), "audio/mp4"),
        ("TIMVideoFileElem", samples.film(), "video/mp4"),
        ("TIMFileElem", samples.PDF, "application/pdf"),
    ]
    for kind, body, mime in files:
        stored = upload(stack, body, "contract.pdf", mime)
        chat.answer("", elements=[element(kind, stored["url"], stored["size"], "合同.pdf")])
    entries = chat.wait(lambda: chat.phone() if len(chat.phone()) == 4 else None)
    assert [e["kind"] for e in entries] == ["image", "voice", "video", "text"]
    assert len(get(f"{stack.sandbox}{entries[0]['url']}")[0]) <= 10 * MB
    page, _headers = get(entries[3]["text"].splitlines()[1])
    assert "合同.pdf" in page.decode()


ROWS = [
    ({"text": "好的/::)[捂脸]"}, "TIMTextElem", "好的[TUIEmoji_Smile][捂脸]"),
    ({"text": "满意", "menu_id": "101"}, "TIMTextElem", "满意"),
    ({"kind": "location", "text": "人民广场"}, "TIMLocationElem", "人民广场"),
    ({"kind": "link", "text": "新品"}, "TIMTextElem", "新品"),
    ({"kind": "file", "text": "合同.pdf"}, "TIMTextElem", "[文件] 合同.pdf"),
    ({"kind": "miniprogrampage", "text": "订单"}, "TIMTextElem", "[小程序] 订单"),
    ({"kind": "voice", "text": "几点关门"}, "TIMTextElem", "无法显示"),
    ({"kind": "shortvideo", "text": ""}, "TIMTextElem", "无法显示"),
]


def test_every_row_from_wechat(stack):
    chat = Chat(stack)
    for sent, kind, words in ROWS:
        before = len(chat.at_seat())
        chat.customer(**sent)
        entries = chat.wait(lambda before=before: chat.at_seat()[before:])
        assert entries[0]["kind"] == kind, sent
        assert words in entries[0]["text"], sent
        time.sleep(0.3)


def custom(data):
    return {"MsgType": "TIMCustomElem", "MsgContent": {"Data": json.dumps(data), "Desc": "", "Ext": "", "Sound": ""}}


def test_every_row_from_tencent_im(stack):
    chat = Chat(stack)
    picture = upload(stack, samples.picture(), "a.png", "image/png")["url"]
    article = {"title": "新品", "url": "https://example.com/", "description": "", "picurl": ""}
    card = {"title": "订单", "appid": "wx1", "pagepath": "pages/a", "thumb_url": picture}
    menu = {"head_content": "满意吗", "list": [{"id": "1", "content": "满意"}], "tail_content": ""}
    rows = [
        ([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "好的[TUIEmoji_Like]"}}], "text", "好的[强]"),
        ([{"MsgType": "TIMFaceElem", "MsgContent": {"Index": 1, "Data": "[TUIEmoji_Smile]"}}], "text", "[微笑]"),
        (
            [{"MsgType": "TIMLocationElem", "MsgContent": {"Desc": "门店", "Latitude": 1.5, "Longitude": 2}}],
            "text",
            "门店",
        ),
        ([custom({"msgtype": "news", "news": {"articles": [article]}})], "news", "新品"),
        ([custom({"msgtype": "miniprogrampage", "miniprogrampage": card})], "miniprogrampage", "订单"),
        ([custom({"msgtype": "msgmenu", "msgmenu": menu})], "msgmenu", "满意"),
    ]
    for number, (elements, kind, words) in enumerate(rows):
        chat.answer("", elements=elements)
        entry = chat.wait(lambda number=number: chat.phone()[number:])[0]
        assert entry["kind"] == kind
        assert words in entry["text"]
        chat.customer(f"next {number}")
    chat.answer("", elements=[custom({"msgtype": "news", "news": {}})])
    chat.wait_notice("未发送：news")
    several = [rows[0][0][0], element("TIMImageElem", picture, 100), rows[1][0][0]]
    chat.answer("", elements=several)
    entries = chat.wait(lambda: chat.phone()[len(rows) :] if len(chat.phone()) == len(rows) + 3 else None)
    assert [e["kind"] for e in entries] == ["text", "image", "text"]


def memory(stack):
    """Return the private bytes of each worker."""
    return [psutil.Process(worker.pid).memory_full_info().uss for worker in stack.workers]


def test_a_film_of_9_mb_passes_in_pieces(stack):
    chat = Chat(stack)
    films = [samples.film(size) for size in (9 * MB - 20_000, 9 * MB - 10_000, 9 * MB)]
    grown = []
    for number, film in enumerate(films):
        before = memory(stack)
        stored = upload(stack, film, "film.mp4", "video/mp4")
        chat.answer("", elements=[element("TIMVideoFileElem", stored["url"], stored["size"])])
        entries = chat.wait(lambda number=number: chat.phone() if len(chat.phone()) == number + 1 else None)
        assert entries[-1]["kind"] == "video"
        grown.append(max(after - was for after, was in zip(memory(stack), before, strict=True)))
        chat.customer("more")
    print("worker memory growth in bytes:", grown)
    assert max(grown) < 7 * MB, "less than a film"


def test_typing_and_recall(stack):
    chat = Chat(stack)
    stack.player.post("typing", seat=chat.seat, to=chat.peer, typing=True)
    chat.wait(lambda: stack.state()["windows"][f"shop/{chat.openid}"]["typing"])
    reply = stack.player.post
    reply("read", seat=chat.seat, to=chat.peer)
    chat.answer("here")
    chat.wait_phone("here")
    key = next(e["key"] for e in stack.entries() if e["side"] == "im" and e["mine"] and e["peer"] == chat.peer)
    reply("recall", seat=chat.seat, to=chat.peer, key=key)
    chat.wait_notice("不支持撤回")


def test_a_refused_account_alarms_keeps_and_resumes(stack):
    """40164: our address is not on the list. Everything waits, one try a minute; a click lets it go on at once."""
    one, two = Chat(stack), Chat(stack)
    stack.player.post("fault", path="message/custom/send", code=40164, times=1)
    one.answer("kept")
    query = "from bridge.models import Delivery; from bridge.platforms.wechat.models import WeChatAccount; print(WeChatAccount.objects.get().trouble, Delivery.objects.filter(state='queued').count())"
    one.wait(lambda: "40164" in stack.manage("shell", "-v0", "-c", query))
    time.sleep(2.5)  # what the other worker remembers of the account
    two.answer("kept too")
    time.sleep(1.5)
    assert one.phone() == two.phone() == []
    stack.manage(
        "shell",
        "-v0",
        "-c",
        "from bridge.platforms.wechat.models import WeChatAccount; from bridge.observe import troubles; troubles.resume(WeChatAccount.objects.get())",
    )
    one.wait_phone("kept")
    two.wait_phone("kept too")
    assert os.path.exists(stack.home)
