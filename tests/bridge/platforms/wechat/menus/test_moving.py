"""An account moves in: what WeChat's console holds is read, shown and taken over; what cannot be is named."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from bridge.base import clock
from bridge.media import sweep
from bridge.models import AutoAnswer, Media, MenuKey
from bridge.platforms.wechat.models import AccountMenu
from bridge.platforms.wechat.moving.console_replies import read_replies
from bridge.values.console_replies import Keyword, Replies, Rule
from bridge.values.content import Image, Link, Text
from chatbots.models import FaqEntry, Welcome
from sandbox import control
from tests.bridge.platforms.wechat.menus.test_items import ARTICLE, CONSOLE
from tests.bridge.platforms.wechat.menus.test_page import SHOP as SITE
from tests.bridge.platforms.wechat.menus.test_page import WHERE, post, said, staff, tapped
from tests.sandbox.test_strangers import SHOP, here, plays, sdk
from tests.support import samples

__all__ = ["here"]  # a fixture
pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
REPLIES = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎"},
    "message_default_autoreply_info": {"type": "img", "content": "mid-9"},
    "keyword_autoreply_info": {"list": [
        {
            "rule_name": "营业",
            "create_time": 1423028166,
            "reply_mode": "reply_all",
            "keyword_list_info": [
                {"type": "text", "match_mode": "contain", "content": "几点"},
                {"type": "text", "match_mode": "equal", "content": "时间"},
            ],
            "reply_list_info": [
                {"type": "text", "content": "9 点到 18 点"},
                {"type": "news", "news_info": {"list": [ARTICLE]}},
            ],
        },
        {
            "rule_name": "",
            "reply_mode": "random_one",
            "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "礼品"}],
            "reply_list_info": [{"type": "card", "content": "c"}, {"type": "text", "content": "送完了"}],
        },
    ]},
}  # fmt: skip


def address(site) -> str:
    return reverse("admin:bridge_wechataccount_moving", args=[site.account.pk])


@pytest.fixture
def admin(site):
    return staff("view_wechataccount", "view_accountmenu", "change_accountmenu")


def holds(platforms, menu: object = None, replies: object = None, times: int = 1) -> None:
    shown = {"is_menu_open": 1, "selfmenu_info": menu} if menu else {"is_menu_open": 0}
    platforms.answer("get_current_selfmenu_info", *[shown] * times)
    platforms.answer("get_current_autoreply_info", *[replies or {"is_add_friend_reply_open": 0}] * times)


def test_replies_are_read_as_the_console_holds_them():
    plays(control.console, {**SHOP, "replies": REPLIES})
    link = Link("新品", "https://mp.weixin.qq.com/s/1", "看看", "https://mmbiz.qpic.cn/1")
    assert read_replies(sdk().message.get_autoreply_info()) == Replies(
        Text("欢迎"),
        Image(media_id="mid-9"),
        (
            Rule("营业", (Keyword("几点", False), Keyword("时间", True)), (Text("9 点到 18 点"), link)),
            Rule("礼品", (Keyword("礼品", False),), (Text("送完了"),), one=True),
        ),
        ("“礼品” holds something that cannot be taken over (card).",),
    )


@pytest.mark.parametrize(
    "given", [None, [], {"is_autoreply_open": "x"}, {**REPLIES, "is_add_friend_reply_open": 0, "is_autoreply_open": 0}]
)
def test_what_is_switched_off_or_strange_is_no_reply(given):
    assert read_replies(given) == Replies()


def test_the_page_shows_what_the_console_holds_and_changes_nothing(site, admin, platforms):
    assert platforms.calls == []
    holds(platforms, CONSOLE, REPLIES)
    page = admin.post(address(site), {"look": "yes"}).content.decode()
    for words in (
        "服务 › 文字",
        "您好",
        "Keyword: 几点、时间 (the whole message)",
        "Answers the same as before",
        "欢迎",
        "“视频号” is of a type",
    ):
        assert words in page
    assert "One of these by chance:" not in page, "of one answer there is no other"
    assert not AccountMenu.objects.exists()


def test_the_page_says_where_one_of_several_answers_is_given_by_chance(site, admin, platforms):
    answers = [{"type": "text", "content": one} for one in ("甲", "乙")]
    word = {"type": "text", "match_mode": "contain", "content": "礼品"}
    rule = {"rule_name": "x", "reply_mode": "random_one", "keyword_list_info": [word], "reply_list_info": answers}
    holds(platforms, CONSOLE, {"is_autoreply_open": 1, "keyword_autoreply_info": {"list": [rule]}})
    page = admin.post(address(site), {"look": "yes"}).content.decode()
    assert "One of these by chance:\n甲\n乙" in page


def test_the_menu_is_taken_over_with_its_files(site, admin, platforms):
    picture = samples.picture()
    platforms.files |= {"mid-1": picture, "mid-2": picture, "https://v.example.com/1.mp4": b""}
    holds(platforms, CONSOLE, times=2)
    reply = admin.post(address(site), {"take": "yes"}, follow=True)
    told = said(reply)
    assert told[0].startswith("Taken over, the menu as a draft.")
    assert [one.split("”")[0] for one in told[1:]] == [
        "“两篇",
        "“视频号",
        "The file of “服务 › 语音",
        "The file of “服务 › 视频",
    ]
    draft = AccountMenu.objects.get()
    below = draft.items[0]["below"]
    assert below[1]["answer"]["media"] == below[2]["answer"]["media"] == Media.objects.get().pk
    assert [one.get("does", "") for one in below] == ["answer", "answer", "answer", "", ""]
    tapped(site, below[1]["key"])
    assert platforms.to_customer() == ["(image)"]


def test_files_of_a_menu_stay(site, admin, platforms):
    platforms.files["mid-1"] = samples.picture()
    holds(platforms, {"button": [{"type": "img", "name": "图片", "value": "mid-1"}]})
    admin.post(address(site), {"take": "yes"})
    Media.objects.update(used_at=clock.now().replace(year=2000))
    assert sweep.sweep() == 0
    MenuKey.objects.all().delete()
    AutoAnswer.objects.all().delete()
    assert sweep.sweep() == 1


def test_a_menu_that_was_published_from_here_stays_what_it_is(site, admin, platforms):
    post(site, admin, "publish", {"name": "More", "below": [WHERE, {"name": "Help", "does": "person"}]}, SITE)
    draft = AccountMenu.objects.get().items
    buttons = platforms.bodies("menu/create")[0]["button"]
    menu = {"button": [{"name": "More", "sub_button": {"list": buttons[0]["sub_button"]}}, buttons[1]]}
    holds(platforms, menu, times=2)
    assert draft[0]["below"][1]["key"] not in admin.post(address(site), {"look": "yes"}).content.decode(), "ours alone"
    assert len(said(admin.post(address(site), {"take": "yes"}, follow=True))) == 1
    assert AccountMenu.objects.get().items == draft
    tapped(site, draft[0]["below"][0]["key"])
    assert platforms.to_customer() == ["Long Street 5"]


def test_what_wants_a_choice_stands_in_red(site, admin, platforms):
    holds(platforms, CONSOLE)
    page = admin.post(address(site), {"take": "yes"}, follow=True)
    assert set(page.context["data"]["errors"]) == {"0.1.does", "0.2.does", "0.3.does", "0.4.does", "1.2.does"}


def test_replies_are_taken_over_by_who_may_change_what_chatbots_answer(site, admin, platforms):
    platforms.files["mid-9"] = b""
    holds(platforms, None, REPLIES, times=2)
    told = said(admin.post(address(site), {"take": "yes"}, follow=True))
    assert told[-1] == "The automatic replies were not taken over: your role may not change what the chatbots answer."
    assert not Welcome.objects.exists()
    User.objects.get(username="mei").user_permissions.add(
        *Permission.objects.filter(codename__in=["add_welcome", "add_faqentry"])
    )
    told = said(admin.post(address(site), {"take": "yes"}, follow=True))
    assert told[-3:-1] == [
        "The reply to any message is not taken over: here a chatbot answers, or a person.",
        "“营业” has 2 answers. One is given here: the first.",
    ]
    assert told[-1].startswith("Keywords are not answered yet")
    assert str(Welcome.objects.get()) == "欢迎"
    assert [row.keywords for row in FaqEntry.objects.order_by("pk")] == ["几点", "时间", "礼品"]


def test_where_the_console_holds_nothing_it_says_so(site, admin, platforms):
    holds(platforms, times=2)
    for act in ("look", "take"):
        assert "there is nothing to take over" in admin.post(address(site), {act: "yes"}).content.decode()
    assert not AccountMenu.objects.exists()


def test_where_wechat_tells_nothing_it_says_why(site, admin, platforms):
    platforms.answer("get_current_selfmenu_info", {"errcode": 48001, "errmsg": "api unauthorized"})
    assert said(admin.post(address(site), {"look": "yes"})) == [
        "WeChat does not tell what its console holds: the account has no right to this API (48001)."
    ]


def test_who_may_only_look_takes_nothing_over(site, platforms):
    looking = staff("view_wechataccount", "view_accountmenu")
    assert 'name="take"' not in looking.get(address(site)).content.decode()
    assert looking.post(address(site), {"take": "yes"}).status_code == 403
    assert platforms.calls == []
