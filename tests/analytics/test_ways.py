"""By which way people come: a day of following, leaving and writing, counted by hand beside the report."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import translation

from analytics.facts import checking, rollups
from analytics.models import Tally
from analytics.reports import query
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import report
from bridge.base import clock
from bridge.models import Customer, Fact, Source
from bridge.platforms import customers
from tests.support.playing import MORNING, Player
from tests.support.routing import someone

DAY = Scope(date(2026, 11, 3), date(2026, 11, 3))


def event_xml(number: int, event: str, key: str = "") -> str:
    return (
        f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{someone(number)}]]></FromUserName>"
        f"<CreateTime>{int(clock.now().timestamp())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[{event}]]></Event><EventKey><![CDATA[{key}]]></EventKey></xml>"
    )


@pytest.fixture
def play(day, platforms):
    Source.objects.create(account=day.site.account, name="Till", scene="till-3")
    return Player(day, platforms)


def follows(play: Player, number: int, scene: str = "") -> None:
    play.site.push_xml(event_xml(number, "subscribe", f"qrscene_{scene}" if scene else ""))
    play.site.work()


def leaves(play: Player, number: int) -> None:
    play.site.push_xml(event_xml(number, "unsubscribe"))
    play.site.work()


def learns(play: Player, **ways: str) -> int:
    """Let WeChat say by which ways these people, by "p" and their numbers, began to follow."""
    said = [{"openid": someone(int(name[1:])), "subscribe_scene": way} for name, way in ways.items()]
    play.platforms.answer("user/info/batchget", {"user_info_list": said})
    learned = customers.learn_ways()
    play.site.work()
    return learned


@pytest.fixture
def played(play):
    """1 and 2 come by the till's code, 2 leaves and comes back by a search; 3 by a foreign code; 4 after a payment, and leaves.

    5 comes by a way that WeChat never says; 6 was there before. 1 writes, 2 writes after coming back, 6 writes.
    """
    follows(play.at(0), 1, "till-3")
    follows(play.at(10), 2, "till-3")
    follows(play.at(20), 3, "visitor-3f2a")
    follows(play.at(30), 4)
    follows(play.at(40), 5)
    play.at(50).writes(6)
    play.at(60).writes(1)
    leaves(play.at(70), 2)
    follows(play.at(80), 2)
    assert learns(play.at(4000), p2="ADD_SCENE_SEARCH", p4="ADD_SCENE_PAID", p5="") == 2
    leaves(play.at(4010), 4)
    play.at(4020).writes(2)
    now = MORNING + timedelta(days=1)
    rollups.update(now)
    return now


BY_HAND = {
    "till-3": (2, 1, 1),
    "ADD_SCENE_SEARCH": (1, 0, 1),
    "ADD_SCENE_PAID": (1, 1, 0),
    "(code)": (1, 0, 0),
    "": (1, 0, 1),
}


def test_every_number_by_source(played):
    made = report(DASHBOARDS["sources"], DAY, played)
    sheet = next(one for one in made.sheets if one.name == "sources")
    assert {line.key: line.values for line in sheet.lines} == BY_HAND
    assert sheet.total == (6, 2, 3)
    assert [tile.value for tile in made.tiles] == [6, 2, 3]
    assert list(checking.check(DAY.start, DAY.end, played)) == []


def test_what_is_learned_later_counts_in_the_hour_of_following(played):
    over = query.words_over(DAY, "way_followed")
    assert {word: sum(counts.values()) for word, counts in over.items()} == {key: n for key, (n, *_) in BY_HAND.items()}
    assert {at for counts in over.values() for at in counts} == {MORNING}
    assert not Tally.objects.filter(count__lte=0).exists()


def test_sources_are_called_by_their_names(played):
    with translation.override("en"):
        sheet = next(one for one in report(DASHBOARDS["sources"], DAY, played).sheets if one.name == "sources")
    names = {line.key: line.label for line in sheet.lines}
    assert names["till-3"] == "Till"
    assert names["ADD_SCENE_PAID"] == "after a payment"
    assert "visitor-3f2a" not in str(list(Fact.objects.values()))


def test_page_file_and_api_say_the_same(played, admin_client):
    admin_client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    at = "from=2026-11-03&to=2026-11-03"
    page = admin_client.get(f"/admin/reports/sources/?{at}").content.decode()
    assert "Till" in page
    assert "No list stands behind these" in page
    told = admin_client.get(f"/api/reports/sources/?{at}").json()
    rows = next(one for one in told["tables"] if one["name"] == "sources")["rows"]
    assert {row["key"]: tuple(row["values"].values()) for row in rows} == BY_HAND
    text = admin_client.get(f"/admin/reports/sources/?{at}&format=csv&part=sources").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0][0] == "Source"
    assert {line[0]: tuple(map(int, line[1:])) for line in lines[1:]} == {
        **{row["label"]: BY_HAND[row["key"]] for row in rows}, "Total": (6, 2, 3),
    }  # fmt: skip
    over = next(one for one in told["charts"] if one["name"] == "followed_by")
    assert {one["name"]: sum(one["values"]) for one in over["series"]} == {key: n for key, (n, *_) in BY_HAND.items()}


def test_a_repeated_push_counts_once(play):
    """WeChat says twice that somebody follows, seconds apart: they began to once."""
    follows(play.at(0), 1, "till-3")
    follows(play.at(10), 1, "till-3")
    leaves(play.at(20), 1)
    leaves(play.at(30), 1)
    assert [fact.kind for fact in Fact.objects.order_by("pk")] == [Fact.Kind.FOLLOWED, Fact.Kind.UNFOLLOWED]


def test_nobody_is_asked_for_twice_nor_after_leaving(play):
    follows(play.at(0), 1)
    follows(play.at(0), 2)
    leaves(play.at(10), 2)
    assert learns(play.at(20), p1="ADD_SCENE_WXA", p2="ADD_SCENE_WXA") == 1
    assert play.platforms.bodies("user/info/batchget")[-1]["user_list"] == [{"openid": someone(1), "lang": "zh_CN"}]
    assert learns(play.at(30), p1="ADD_SCENE_PAID") == 0
    assert list(Customer.objects.order_by("pk").values_list("way", "way_asked_since")) == [
        ("ADD_SCENE_WXA", None),
        ("", None),
    ]


def test_an_answer_about_an_earlier_time_changes_nothing(play):
    """Between the question and the answer's turn somebody left and came back by a code."""
    follows(play.at(0), 1)
    play.platforms.answer(
        "user/info/batchget", {"user_info_list": [{"openid": someone(1), "subscribe_scene": "ADD_SCENE_PAID"}]}
    )
    play.site.push_xml(event_xml(1, "unsubscribe"))
    play.at(5).site.push_xml(event_xml(1, "subscribe", "qrscene_till-3"))
    customers.learn_ways()
    play.site.work()
    assert Customer.objects.get().way == "till-3"
    assert not Fact.objects.filter(kind=Fact.Kind.WAY_LEARNED).exists()


def test_somebody_blocked_counts_as_everybody(play):
    follows(play.at(0), 1, "till-3")
    Customer.objects.update(blocked_at=clock.now())
    leaves(play.at(10), 1)
    follows(play.at(20), 1, "till-3")
    assert Customer.objects.get().subscribed
    assert Fact.objects.filter(kind=Fact.Kind.FOLLOWED).count() == 2


def test_an_account_that_may_not_ask_is_asked_again_later_and_then_no_more(play):
    follows(play.at(0), 1)
    play.platforms.answer("user/info/batchget", {"errcode": 48001, "errmsg": "api unauthorized"})
    play.at(60)
    assert customers.learn_ways() == 0
    assert learns(play.at(3 * 86400), p1="ADD_SCENE_PAID") == 0
    assert Customer.objects.get().way == ""
