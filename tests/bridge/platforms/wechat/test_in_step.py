"""Remarks and tags in step with WeChat's own: what changed on which side goes to the other, and a refusal stops no message."""

from __future__ import annotations

import pytest

from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import ProfileChanged
from bridge.models import Customer, InboundEvent, InStep, Tag, TagInStep
from bridge.platforms import customers
from bridge.platforms.wechat import in_step
from bridge.platforms.wechat.models import WeChatAccount
from bridge.privacy import export
from tests.support.actors import OPENID

pytestmark = pytest.mark.once

TAGS, CREATE, UPDATE = "cgi-bin/tags/get", "tags/create", "tags/update"
TAG, UNTAG, REMARK, INFO = (
    "members/batchtagging",
    "members/batchuntagging",
    "user/info/updateremark",
    "user/info/batchget",
)


@pytest.fixture
def kept(talking):
    """A customer who follows an account whose remarks and tags are kept in step both ways."""
    type(talking.account).objects.update(parameters={"PROFILES_IN_STEP": "both"})
    Customer.objects.update(subscribed=True, remark="")
    return talking


def keep(site, platforms, *, tags: dict[int, str], remark: str = "", has: tuple[int, ...] = ()) -> None:
    """Let a run meet a WeChat that has these tags, and says this of the customer."""
    platforms.script.pop(INFO, None)
    platforms.answer(TAGS, {"tags": [{"id": number, "name": name, "count": 0} for number, name in tags.items()]})
    platforms.answer(INFO, {"user_info_list": [{"openid": OPENID, "remark": remark, "tagid_list": list(has)}]})
    assert customers.keep_in_step() == 1
    site.work()


def names() -> list[str]:
    return sorted(Customer.objects.get().tags.values_list("name", flat=True))


def test_switched_off_wechat_is_not_asked(talking, platforms):
    assert customers.keep_in_step() == 0
    assert platforms.bodies(TAGS) == []


def test_our_tag_goes_to_wechat_where_it_is_made_first(kept, platforms):
    Customer.objects.get().tags.add(Tag.objects.create(name="VIP", of="customer"))
    platforms.answer(CREATE, {"tag": {"id": 134, "name": "VIP"}})
    keep(kept, platforms, tags={2: "星标组"}, has=(134,))
    assert platforms.bodies(CREATE) == [{"tag": {"name": "VIP"}}]
    assert platforms.bodies(TAG) == [{"openid_list": [OPENID], "tagid": 134}]
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert len(platforms.bodies(TAG)) == 1
    assert names() == ["VIP"]


def test_a_number_that_wechat_has_no_more_is_forgotten(kept, platforms):
    """Another tag may get it."""
    for _run in range(2):
        keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert TagInStep.objects.get().number == 134
    keep(kept, platforms, tags={})
    assert not TagInStep.objects.exists()


def test_another_accounts_numbers_stay(kept, platforms):
    other = WeChatAccount.objects.create(slug="other", name="y", app_id="wx0000000000000001", app_secret="s", token="t")
    tag = Tag.objects.create(name="VIP", of="customer")
    theirs = TagInStep.objects.create(account=other, number=134, tag=tag, name="VIP", ours="VIP")
    keep(kept, platforms, tags={})
    assert TagInStep.objects.get() == theirs


def test_a_tag_that_was_just_made_there_may_be_renamed_before_the_next_run(kept, platforms):
    """It is the same tag: neither made once more under its new name, nor does the old one come back."""
    tag = Tag.objects.create(name="VIP", of="customer")
    Customer.objects.get().tags.add(tag)
    platforms.answer(CREATE, {"tag": {"id": 134, "name": "VIP"}})
    keep(kept, platforms, tags={2: "星标组"}, has=(134,))
    Tag.objects.filter(pk=tag.pk).update(name="金卡")
    for name in ("VIP", "金卡"):
        keep(kept, platforms, tags={2: "星标组", 134: name}, has=(134,))
    assert platforms.bodies(UPDATE) == [{"tag": {"id": 134, "name": "金卡"}}]
    assert (len(platforms.bodies(CREATE)), names()) == (1, ["金卡"])
    assert not Tag.objects.filter(name="VIP").exists()


def test_a_tag_that_was_just_made_there_is_known_in_what_wechat_says_right_after(kept, platforms):
    """Somebody has put it on another customer at WeChat meanwhile."""
    other = Customer.objects.create(
        account=kept.account,
        openid="oOtherCustomer00000000000000",
        im_id="other",
        subscribed=True,
        created_at=clock.now(),
    )
    Customer.objects.get(openid=OPENID).tags.add(Tag.objects.create(name="VIP", of="customer"))
    platforms.answer(CREATE, {"tag": {"id": 134, "name": "VIP"}})
    platforms.answer(TAGS, {"tags": []})
    platforms.answer(INFO, {"user_info_list": [{"openid": other.openid, "remark": "", "tagid_list": [134]}]})
    assert customers.keep_in_step() == 1
    assert InboundEvent.objects.filter(kind="profile", lane="other", body__contains="VIP").count() == 1


def test_one_that_we_took_off_is_taken_off_there(kept, platforms):
    tag = Tag.objects.create(name="VIP", of="customer")
    Customer.objects.get().tags.add(tag)
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    Customer.objects.get().tags.remove(tag)
    keep(kept, platforms, tags={134: "VIP"})
    assert platforms.bodies(UNTAG) == [{"openid_list": [OPENID], "tagid": 134}]
    assert names() == []


def test_wechats_tags_come_here_and_go_again(kept, platforms):
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert names() == ["VIP"]
    assert platforms.bodies(TAG) == []
    keep(kept, platforms, tags={134: "VIP"})
    assert names() == []
    assert platforms.bodies(UNTAG) == []


def test_a_tag_that_is_renamed_here_is_renamed_there_and_does_not_come_back(kept, platforms):
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    Tag.objects.filter(name="VIP").update(name="金卡")
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert platforms.bodies(UPDATE) == [{"tag": {"id": 134, "name": "金卡"}}]
    keep(kept, platforms, tags={134: "金卡"}, has=(134,))
    assert (names(), len(platforms.bodies(UPDATE))) == (["金卡"], 1)
    assert (platforms.bodies(TAG), platforms.bodies(UNTAG), platforms.bodies(CREATE)) == ([], [], [])


def test_a_tag_that_is_renamed_there_stays_the_same_tag(kept, platforms):
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    own = Tag.objects.get(name="VIP").pk
    for _run in range(2):
        keep(kept, platforms, tags={134: "金卡"}, has=(134,))
        assert (names(), Tag.objects.get(name="金卡").pk) == (["金卡"], own)
    assert platforms.bodies(UPDATE) == []


def test_renamed_there_to_what_is_another_tag_here_it_is_that_one(kept, platforms):
    Tag.objects.create(name="金卡", of="customer")
    for _run in range(2):
        keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    for _run in range(2):
        keep(kept, platforms, tags={134: "金卡"}, has=(134,))
    assert names() == ["金卡"]
    assert Tag.objects.filter(name="VIP").exists()


@pytest.mark.parametrize("code", [45157, 45158, 45058])
def test_a_new_name_that_wechat_does_not_take_stays_here_and_is_offered_once(kept, platforms, code):
    for _run in range(2):
        keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    Tag.objects.filter(name="VIP").update(name="金卡")
    platforms.answer(UPDATE, {"errcode": code, "errmsg": "no"})
    for _run in range(3):
        keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert (names(), len(platforms.bodies(UPDATE))) == (["金卡"], 1)


def test_a_word_that_is_put_on_conversations_is_not_put_on_customers(kept, platforms):
    Tag.objects.create(name="退款", of="conversation")
    keep(kept, platforms, tags={134: "退款"}, has=(134,))
    assert names() == []
    assert not InboundEvent.objects.filter(kind="profile").exists(), "nor is anything tried each five minutes"


def test_what_was_put_on_somebody_as_a_customers_tag_and_is_one_of_conversations_by_now_stays_here(kept, platforms):
    tag = Tag.objects.create(name="refund", of="customer")
    Customer.objects.get().tags.add(tag)
    Tag.objects.update(of="conversation")
    keep(kept, platforms, tags={})
    assert (platforms.bodies(CREATE), platforms.bodies(TAG)) == ([], [])


def test_remarks_go_both_ways_and_ours_goes_first(kept, platforms):
    kept.seat_says("#name 王女士")
    kept.work()
    keep(kept, platforms, tags={}, remark="王女士")
    assert platforms.bodies(REMARK) == [{"openid": OPENID, "remark": "王女士"}]
    keep(kept, platforms, tags={}, remark="王姐")
    assert Customer.objects.get().remark == "王姐"
    kept.seat_says("#name 王小姐")
    kept.work()
    keep(kept, platforms, tags={}, remark="王阿姨")
    assert Customer.objects.get().remark == "王小姐"
    assert platforms.bodies(REMARK)[-1]["remark"] == "王小姐"


def test_a_remark_that_wechat_refuses_stays_here_and_theirs_is_not_tried_each_run(kept, platforms):
    Customer.objects.update(remark="王女士")
    platforms.answer(REMARK, {"errcode": 40003, "errmsg": "invalid openid"})
    for _run in range(2):
        keep(kept, platforms, tags={}, remark="王姐")
    assert Customer.objects.get().remark == "王女士"
    assert not InboundEvent.objects.filter(kind="profile").exists()


def test_a_remark_that_is_too_long_goes_as_far_as_it_fits_and_stays_whole_here(kept, platforms):
    long = "长" * 40
    Customer.objects.update(remark=long)
    for _time in range(2):
        keep(kept, platforms, tags={}, remark=long[:29])
    assert platforms.bodies(REMARK) == [{"openid": OPENID, "remark": long[:29]}]
    assert Customer.objects.get().remark == long


def test_with_one_way_nothing_comes_back(kept, platforms):
    type(kept.account).objects.update(parameters={"PROFILES_IN_STEP": "to"})
    platforms.answer(TAGS, {"tags": [{"id": 134, "name": "VIP"}]})
    assert customers.keep_in_step() == 1
    assert platforms.bodies(INFO) == []


def test_with_one_way_a_tag_that_is_renamed_there_keeps_its_name_here(kept, platforms):
    for _run in range(2):
        keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    type(kept.account).objects.update(parameters={"PROFILES_IN_STEP": "to"})
    keep(kept, platforms, tags={134: "Gold"}, has=(134,))
    assert list(Tag.objects.values_list("name", flat=True)) == ["VIP"]


def test_a_refusal_stops_the_run_and_no_message(kept, platforms):
    Customer.objects.update(remark="王女士")
    platforms.answer(TAGS, {"tags": []})
    platforms.answer(REMARK, {"errcode": 45009, "errmsg": "quota"})
    assert customers.keep_in_step() == 0
    assert not InStep.objects.filter(remark="王女士").exists()
    kept.seat_says("hello")
    kept.work()
    assert platforms.to_customer()[-1] == "hello"


@pytest.mark.parametrize("answer", [{"user_info_list": [None, {"openid": 3}]}, {"user_info_list": "x"}, {}])
def test_nonsense_changes_nothing(kept, platforms, answer):
    platforms.answer(TAGS, {"tags": [{"id": "x"}, None]})
    platforms.answer(INFO, answer)
    assert customers.keep_in_step() == 1
    kept.work()
    assert (Customer.objects.get().remark, names()) == ("", [])


def test_a_name_that_is_too_long_here_is_one_tag_and_stays(kept, platforms):
    for _time in range(3):
        keep(kept, platforms, tags={134: "x" * 60}, has=(134,))
        assert names() == ["x" * 50]
    assert InboundEvent.objects.filter(kind="profile").count() == 1


# Refusals of one person or one word, and what happens in the middle


def add_customers(site, *openids: str) -> None:
    for openid in openids:
        site.customer_says("hello", openid)
    site.work()
    Customer.objects.update(subscribed=True)


@pytest.mark.parametrize("code", [40003, 45059, 46004, 49003, 50005])
def test_one_person_whom_wechat_refuses_keeps_nobody_else_back(kept, platforms, code):
    """Else no tag and no remark of the account would be in step any more, as that person comes first in each run."""
    add_customers(kept, "oGone", "oLast")
    tag = Tag.objects.create(name="VIP", of="customer")
    for one in Customer.objects.all():
        one.tags.add(tag)
    Customer.objects.update(remark="")
    Customer.objects.filter(openid="oLast").update(remark="王女士")
    refused = {"errcode": code, "errmsg": "x"}
    platforms.answer(TAG, refused, {"errcode": 0}, refused, {"errcode": 0})
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert [one["openid_list"] for one in platforms.bodies(TAG)] == [
        [OPENID, "oGone", "oLast"], [OPENID], ["oGone"], ["oLast"],
    ]  # fmt: skip
    assert platforms.bodies(REMARK) == [{"openid": "oLast", "remark": "王女士"}]
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert platforms.bodies(TAG)[4:] == [{"openid_list": ["oGone"], "tagid": 134}], "the others are in step"
    assert Customer.objects.get(openid="oGone").tags.count() == 1


def test_a_remark_that_is_refused_of_one_person_is_written_of_the_next(kept, platforms):
    add_customers(kept, "oLast")
    Customer.objects.update(remark="王女士")
    platforms.answer(REMARK, {"errcode": 40003, "errmsg": "x"})
    keep(kept, platforms, tags={})
    assert [one["openid"] for one in platforms.bodies(REMARK)] == [OPENID, "oLast"]
    assert not InStep.objects.filter(customer__openid=OPENID, remark="王女士").exists()


def test_remarks_that_are_refused_hide_none_behind_them(kept, platforms, monkeypatch):
    """Here a run offers one remark: the one that is refused for good comes first, until it is another one."""
    monkeypatch.setattr(in_step, "REMARKS", 1)
    kept.customer_says("hello", "oOtherCustomer00000000000000")
    kept.work()
    Customer.objects.update(subscribed=True)
    first, second = Customer.objects.order_by("pk")
    for one, remark in ((first, "王姐"), (second, "李哥")):
        Customer.objects.filter(pk=one.pk).update(remark=remark)
    platforms.answer(REMARK, {"errcode": 40003, "errmsg": "invalid openid"})
    for _run in range(3):
        keep(kept, platforms, tags={})
    assert [body["remark"] for body in platforms.bodies(REMARK)] == ["王姐", "李哥"]
    Customer.objects.filter(pk=first.pk).update(remark="王女士")
    keep(kept, platforms, tags={})
    assert [body["remark"] for body in platforms.bodies(REMARK)][2:] == ["王女士"]


@pytest.mark.parametrize("code", [45157, 45158, 45056])
def test_a_name_that_wechat_does_not_take_keeps_no_other_tag_back(kept, platforms, code):
    for name in ("A", "B"):
        Customer.objects.get().tags.add(Tag.objects.create(name=name, of="customer"))
    platforms.answer(CREATE, {"errcode": code, "errmsg": "x"}, {"tag": {"id": 135, "name": "B"}})
    keep(kept, platforms, tags={})
    assert platforms.bodies(TAG) == [{"openid_list": [OPENID], "tagid": 135}]


@pytest.mark.parametrize(("name", "known"), [("长" * 11, 1), ("VIP", 100)])
def test_a_tag_for_which_wechat_has_no_room_is_not_made_there(kept, platforms, name, known):
    Customer.objects.get().tags.add(Tag.objects.create(name=name, of="customer"))
    keep(kept, platforms, tags={100 + number: f"t{number}" for number in range(known)})
    assert (platforms.bodies(CREATE), names()) == ([], [name])


def test_a_tag_of_thirty_bytes_is_made_and_the_hundredth_too(kept, platforms):
    Customer.objects.get().tags.add(Tag.objects.create(name="长" * 10, of="customer"))
    platforms.answer(CREATE, {"tag": {"id": 7, "name": "长" * 10}})
    keep(kept, platforms, tags={100 + number: f"t{number}" for number in range(99)}, has=(7,))
    assert len(platforms.bodies(CREATE)) == 1


def test_people_go_to_wechat_some_at_a_time(kept, platforms, monkeypatch):
    monkeypatch.setattr(in_step, "TAGGED_AT_ONCE", 2)
    add_customers(kept, "oTwo", "oThree")
    tag = Tag.objects.create(name="VIP", of="customer")
    for one in Customer.objects.all():
        one.tags.add(tag)
    keep(kept, platforms, tags={134: "VIP"}, has=(134,))
    assert [one["openid_list"] for one in platforms.bodies(TAG)] == [[OPENID, "oTwo"], ["oThree"]]


def test_only_followers_of_the_account_are_written_and_asked_about(kept, platforms):
    add_customers(kept, "oLeft")
    Customer.objects.update(remark="王女士")
    Customer.objects.filter(openid="oLeft").update(subscribed=False)
    keep(kept, platforms, tags={}, remark="王女士")
    keep(kept, platforms, tags={}, remark="王女士")
    assert [one["openid"] for one in platforms.bodies(REMARK)] == [OPENID]
    assert [[one["openid"] for one in body["user_list"]] for body in platforms.bodies(INFO)] == [[OPENID]], (
        "and of who was just written nothing is asked: the answer may be of before"
    )


def test_those_of_whom_nothing_was_heard_for_longest_are_asked_first(kept, platforms, monkeypatch):
    monkeypatch.setattr(in_step, "ASKED", 1)
    add_customers(kept, "oTwo")
    for _run in range(4):
        keep(kept, platforms, tags={})
    asked = [body["user_list"][0]["openid"] for body in platforms.bodies(INFO)]
    assert asked == ["oTwo", OPENID, "oTwo", OPENID]


def test_a_remark_that_was_changed_here_while_wechats_waited_stays(kept, platforms):
    keep(kept, platforms, tags={})
    storing.post(Customer.objects.get().im_id, ProfileChanged("王姐"))
    Customer.objects.update(remark="王小姐")
    kept.work()
    assert Customer.objects.get().remark == "王小姐"


def test_what_comes_of_a_customer_who_was_erased_stops_nothing(kept):
    lane = Customer.objects.get().im_id
    export.erase(Customer.objects.get())
    storing.post(lane, ProfileChanged("王姐", ("VIP",)))
    kept.work()
    assert InboundEvent.objects.get(kind="profile").state == InboundEvent.State.FILTERED
    assert not Customer.objects.exists()


def test_an_account_in_trouble_is_not_asked(kept, platforms):
    type(kept.account).objects.update(trouble="x")
    assert customers.keep_in_step() == 0
    assert platforms.bodies(TAGS) == []
