"""Replies that a platform's console held become a welcome and entries of the FAQ."""

from __future__ import annotations

import pytest

from bridge.models import AutoAnswer
from bridge.platforms import taking_over
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.console_replies import Keyword, Replies, Rule
from bridge.values.content import Link, Text
from chatbots.models import FaqEntry, Welcome

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
CARD = Link("New", "https://example.com/")


HOURS = (Text("9 to 18"),)


def rule(*words: str, answers=HOURS, exact: bool = False, one: bool = False) -> Rule:
    return Rule("Hours", tuple(Keyword(word, exact) for word in words), answers, one)


def take_over(account, replies, *, arranges: bool = True) -> list[str]:
    return taking_over.take_over(account, replies, arranges=arranges)


def entries() -> list[tuple[str, str, str]]:
    return [(row.keywords, row.match, str(row.answer)) for row in FaqEntry.objects.order_by("pk")]


def test_a_follower_is_welcomed_and_a_keyword_answered_as_before(site, platforms):
    mixed = Rule("Hours", (Keyword("hours", False), Keyword("open", False), Keyword("time", True)), (Text("9 to 18"),))
    notes = take_over(site.account, Replies(Text("Welcome"), rules=(mixed,)))
    assert notes == ["The FAQ is switched on for the account: it answers before a person is looked for."]
    assert [(str(one), one.account_id) for one in Welcome.objects.all()] == [("Welcome", site.account.pk)]
    assert entries() == [("hours open", "contains", "9 to 18"), ("time", "exact", "9 to 18")]
    site.customer_says("your hours?")
    site.work()
    assert platforms.to_customer() == ["9 to 18"]


def test_doing_it_twice_doubles_nothing(site):
    replies = Replies(CARD, rules=(rule("hours"),))
    take_over(site.account, replies)
    assert take_over(WeChatAccount.objects.get(), replies) == []
    assert (Welcome.objects.count(), FaqEntry.objects.count()) == (1, 1)


def test_one_of_two_answers_by_chance_is_for_half_of_the_customers(site):
    take_over(site.account, Replies(rules=(rule("hours", answers=(Text("A"), CARD), one=True),)))
    row = FaqEntry.objects.get()
    assert (row.answer.said, row.other.said, row.other_share) == (Text("A"), CARD, 50)


@pytest.mark.parametrize(("one", "count"), [(False, 2), (True, 3)])
def test_what_answers_there_are_beyond_is_said(site, one, count):
    answers = tuple(Text(f"{number}") for number in range(count))
    notes = take_over(site.account, Replies(rules=(rule("hours", answers=answers, one=one),)))
    assert notes[0] == f"“Hours” has {count} answers. One is given here: the first."
    assert FaqEntry.objects.get().other is None


def test_words_that_are_no_keywords_are_said(site):
    notes = take_over(site.account, Replies(rules=(rule("opening hours", "x" * 201),)))
    assert len(notes) == 2
    assert entries() == []
    assert WeChatAccount.objects.get().bots == [], "without entries the FAQ stays as it was"


def test_many_words_are_several_entries(site):
    take_over(site.account, Replies(rules=(rule(*(f"{number:050}" for number in range(5))),)))
    assert [len(keywords) for keywords, *_rest in entries()] == [152, 101]


def test_settings_of_the_faq_stay(site):
    site.account.bots = [{"name": "other", "on": True}, {"name": "faq", "on": False, "settings": {"most": 3}}]
    take_over(site.account, Replies(rules=(rule("hours"),)))
    assert WeChatAccount.objects.get().bots == [
        {"name": "faq", "on": True, "settings": {"most": 3}}, {"name": "other", "on": True},
    ]  # fmt: skip
    assert AutoAnswer.objects.count() == 1


def test_who_may_not_change_the_account_leaves_the_faq_off(site):
    (note,) = take_over(site.account, Replies(rules=(rule("hours"),)), arranges=False)
    assert note.startswith("Keywords are not answered yet: let an administrator switch the FAQ on")
    assert WeChatAccount.objects.get().bots == []
    assert len(entries()) == 1


def test_what_is_for_all_accounts_and_was_there_before_hides_none_of_it(site, platforms):
    """The demo of `make run` answers to opening hours, too."""
    FaqEntry.objects.create(keywords="hours", answer=AutoAnswer.of("For all: ask us"))
    Welcome.objects.create(answer=AutoAnswer.of("For all: hello"))
    take_over(site.account, Replies(Text("Welcome"), rules=(rule("hours"),)))
    assert [str(one.answer) for one in Welcome.rows_for(site.account.pk)] == ["Welcome", "For all: hello"]
    assert [str(one.answer) for one in Welcome.rows_for(None)] == ["For all: hello"]
    site.customer_says("your hours?")
    site.work()
    assert platforms.to_customer()[-1] == "9 to 18"
    FaqEntry.objects.filter(account=site.account).update(position=1)
    assert [str(one.answer) for one in FaqEntry.rows_for(site.account.pk)] == ["For all: ask us", "9 to 18"]
