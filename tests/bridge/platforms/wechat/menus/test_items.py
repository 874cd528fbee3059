"""Items of a menu and what WeChat's API makes of them; the sandbox keeps WeChat's rules, and wechatpy speaks with it."""

from __future__ import annotations

import itertools

import pytest

from bridge.platforms.wechat.menus import items, rules
from bridge.platforms.wechat.menus.items import Item
from bridge.platforms.wechat.menus.rules import Choices
from bridge.platforms.wechat.moving import console_menu
from bridge.values.content import Image, Link, Text, Video, Voice
from bridge.values.taps import ANSWER, BOT, PERSON, Tap
from sandbox import control
from tests.sandbox.test_strangers import SHOP, client, here, plays, refused

__all__ = ["client", "here"]  # fixtures
pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
CHOICES = Choices(groups=["care"], bots=["faq"])
PICTURE = Image(media=7).to_json()
MENU = (
    Item("帮助", below=(
        Item("人工", "person", "menu-1", group="care"),
        Item("问题", "bot", "menu-2", bot="faq", words="几点营业"),
        Item("地址", "answer", "menu-3", words="长街 5 号"),
        Item("图片", "answer", "menu-4", answer=PICTURE),
    )),
    Item("商城", "link", url="https://example.com/"),
    Item("更多", below=(
        Item("小程序", "mini", url="https://example.com/m", app_id="wx" + "a" * 16, path="pages/index"),
        Item("我的", "key", "MINE"),
        Item("扫码", "other", raw={"type": "scancode_push", "key": "scan"}),
    )),
)  # fmt: skip


def keys():
    numbers = itertools.count(1)
    return lambda: f"new-{next(numbers)}"


def wrong(*menu: Item, choices: Choices = CHOICES) -> list[str]:
    return list(rules.errors(menu, choices))


def test_wechat_takes_what_is_made_of_them(client):
    client.menu.create(items.payload(MENU))
    shown = client.menu.get()["menu"]["button"]
    assert [[below["type"] for below in one["sub_button"]] for one in shown] == [
        ["click"] * 4, [], ["miniprogram", "click", "scancode_push"],
    ]  # fmt: skip
    assert shown[1]["url"] == "https://example.com/"
    mini = shown[2]["sub_button"][0]
    assert (mini["appid"], mini["pagepath"], mini["url"]) == ("wx" + "a" * 16, "pages/index", "https://example.com/m")


def test_what_each_key_stands_for():
    assert items.taps(MENU) == {
        "menu-1": Tap("帮助 › 人工", PERSON, group="care"),
        "menu-2": Tap("帮助 › 问题", BOT, bot="faq", words="几点营业"),
        "menu-3": Tap("帮助 › 地址", ANSWER, answer=Text("长街 5 号")),
        "menu-4": Tap("帮助 › 图片", ANSWER, answer=Image(media=7)),
        "MINE": None,
    }
    assert items.taps((Item("Hours", "bot", "k", bot="faq"),))["k"].words == "Hours", (
        "its name where nothing is written"
    )


def test_they_are_read_as_they_were_stored():
    assert items.read_items(items.to_json(MENU)) == MENU
    assert rules.errors(MENU, Choices(["care"], ["faq"], [PICTURE])) == {}


@pytest.mark.parametrize("strange", [None, 1, "x", {}, {"name": [1]}, [None, 3, {"name": {"a": 1}, "below": "x"}]])
def test_whatever_a_browser_sends_is_items_or_none(strange):
    read = items.read_items(strange)
    assert all(isinstance(one, Item) for one in read)
    assert rules.errors(read, CHOICES)


def test_each_item_that_needs_a_key_has_its_own():
    twice = (
        Item("a", "person"),
        Item("b", below=(Item("c", "answer", "k"), Item("d", "answer", "k"))),
        Item("e", "link"),
    )
    keyed = items.with_keys(twice, keys())
    assert [one.key for _name, one in items.leaves(keyed)] == ["new-1", "k", "new-2", ""]
    assert items.with_keys(keyed, keys()) == keyed, "a key stays as long as its item"


LONG = "https://example.com/" + "a" * 1004
FULL = (
    Item("a" * 16, below=tuple(Item("汉" * 20, "key", f"{at}" + "k" * 127) for at in range(5))),
    Item("汉" * 5, "link", url=LONG),
)


def test_what_just_fits_is_taken_by_both(client):
    assert wrong(*FULL) == []
    client.menu.create(items.payload(FULL))


@pytest.mark.parametrize(
    ("menu", "places", "code"),
    [
        ((), [""], 40016),
        ((Item("a", "key", "k"),) * 4, ["", "1.key", "2.key", "3.key"], 40016),
        ((Item("", "key", "k"),), ["0.name"], 40018),
        ((Item("汉" * 6, "key", "k"),), ["0.name"], 40018),
        ((Item("a" * 17, below=(Item("b", "key", "k"),)),), ["0.name"], 40018),
        ((Item("a", "key", "k" * 129),), ["0.key"], 40019),
        ((Item("a", "key"),), ["0.key"], 40019),
        ((Item("a", "link", url="javascript:1"),), ["0.url"], 40020),
        ((Item("a", "link", url=LONG + "a"),), ["0.url"], 40020),
        ((Item("a", "mini", url="https://a/", path="p"),), ["0.app_id"], 40013),
        ((Item("a", "mini", app_id="wx" + "a" * 16, path="p"),), ["0.url"], 40020),
        ((Item("a", below=tuple(Item("b", "key", f"{at}") for at in range(6))),), ["0.does"], 40023),
        ((Item("a", below=(Item("b", below=(Item("c", "key", "k"),)),)),), ["0.0.does"], 40022),
        ((Item("a", below=(Item("b" * 61, "key", "k"),)),), ["0.0.name"], 40025),
        ((Item("a", below=(Item("b", "key"),)),), ["0.0.key"], 40026),
        ((Item("a", below=(Item("b", "link"),)),), ["0.0.url"], 40027),
    ],
)
def test_what_wechat_refuses_is_refused_beside_the_field(client, menu, places, code):
    assert wrong(*menu) == places
    assert refused(client.menu.create, items.payload(menu)) == code


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (Item("a"), "does"),
        (Item("a", "nonsense"), "does"),
        (Item("a", "person", "k", group="gone"), "group"),
        (Item("a", "bot", "k", bot="gone"), "bot"),
        (Item("a", "bot", "k", bot="faq", words="x" * 601), "words"),
        (Item("a", "answer", "k"), "words"),
        (Item("a", "answer", "k", words="x" * 601), "words"),
        (Item("a", "answer", "k", answer=Image(media=8).to_json()), "words"),
        (Item("a", "link", url="https://a/ b"), "url"),
        (Item("a", "mini", url="https://a/", app_id="wx" + "a" * 16), "path"),
    ],
)
def test_what_only_we_refuse(item, field):
    assert wrong(item) == [f"0.{field}"]
    assert wrong(Item("top", below=(item,))) == [f"0.0.{field}"]


def test_the_words_say_how_much_fits():
    said = rules.errors((Item("六个汉字太长", "key", "k"),), CHOICES)["0.name"]
    assert said == "At most 16 bytes: 5 Chinese characters, or 16 letters. This has 18 bytes."


def test_a_menu_that_was_set_by_api_is_read_back(client):
    client.menu.create(items.payload(MENU))
    taken = console_menu.read_menu(client.menu.get_menu_info(), keys())
    assert items.payload(taken.items) == items.payload(MENU)
    named = ["人工", "问题", "地址", "图片", "我的"]
    assert [note.split("”")[0].removeprefix("“") for note in taken.notes] == named


ARTICLE = {
    "title": "新品",
    "digest": "看看",
    "content_url": "https://mp.weixin.qq.com/s/1",
    "cover_url": "https://mmbiz.qpic.cn/1",
}
CONSOLE = {"button": [
    {"name": "服务", "sub_button": {"list": [
        {"type": "text", "name": "文字", "value": "您好"},
        {"type": "img", "name": "图片", "value": "mid-1"},
        {"type": "photo", "name": "照片", "value": "mid-2"},
        {"type": "voice", "name": "语音", "value": "mid-3"},
        {"type": "video", "name": "视频", "value": "https://v.example.com/1.mp4"},
    ]}},
    {"name": "图文", "sub_button": {"list": [
        {"type": "news", "name": "一篇", "value": "n", "news_info": {"list": [ARTICLE]}},
        {"type": "news", "name": "两篇", "value": "n", "news_info": {"list": [ARTICLE, ARTICLE]}},
        {"type": "finder", "name": "视频号", "value": "f"},
    ]}},
    {"type": "view", "name": "商城", "url": "https://example.com/"},
]}  # fmt: skip


def test_a_menu_of_the_console_answers_here_what_it_answered_there(client):
    plays(control.console, {**SHOP, "menu": CONSOLE})
    taken = console_menu.read_menu(client.menu.get_menu_info(), keys())
    link = Link("新品", "https://mp.weixin.qq.com/s/1", "看看", "https://mmbiz.qpic.cn/1")
    answers = [tap.answer for tap in items.taps(taken.items).values()]
    assert answers == [
        Text("您好"), Image(media_id="mid-1"), Image(media_id="mid-2"), Voice(media_id="mid-3"),
        Video(url="https://v.example.com/1.mp4"), link, link,
    ]  # fmt: skip
    assert [one.does for _name, one in items.leaves(taken.items)] == ["answer"] * 7 + ["", "link"]
    assert [note.split("”")[0] for note in taken.notes] == ["“两篇", "“视频号"]


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"is_menu_open": 0},
        {"selfmenu_info": None},
        {"selfmenu_info": {"button": "x"}},
        {"selfmenu_info": {"button": []}},
    ],
)
def test_where_there_is_no_menu_nothing_is_taken(said):
    assert console_menu.read_menu(said, keys()) == console_menu.Taken()


def test_strange_buttons_are_read_as_far_as_they_go():
    said = {"selfmenu_info": {"button": [1, {}, {"name": 5, "type": "text"}, {"type": "news", "news_info": [3]}]}}
    taken = console_menu.read_menu(said, keys())
    assert [one.name for one in taken.items] == ["", "", "5", ""]
    assert len(taken.notes) == 4
