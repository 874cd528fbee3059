"""The pages of notice templates: fetched, their blanks filled, and what is refused."""

from __future__ import annotations

import pytest

from bridge.base import clock
from bridge.models import Template
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.notices import fetching
from bridge.values.outcomes import DeliveryError

pytestmark = pytest.mark.either

LIST, ADDED = "/admin/bridge/template/", {"url": "", "app_id": "", "path": ""}
WORDS = "内容：{{thing1.DATA}}\n状态：{{phrase2.DATA}}"
OURS = {"template_list": [{"template_id": "T1", "title": "回复提醒", "content": WORDS, "example": "内容：好"}]}
NOTICES = {"errcode": 0, "data": [
    {"priTmplId": "S1", "title": "进度", "content": "{{thing1.DATA}}", "type": 2},
    {"priTmplId": "S2", "title": "长期", "content": "{{thing1.DATA}}", "type": 3},
]}  # fmt: skip


@pytest.fixture
def fetched(site, platforms, admin_client):
    platforms.answer("get_all_private_template", OURS)
    platforms.answer("newtmpl/gettemplate", NOTICES)
    admin_client.post(f"{LIST}fetch/")
    return Template.objects.get(remote_id="T1")


def change(client, template: Template, **values):
    return client.post(f"{LIST}{template.pk}/change/", {**ADDED, **values})


def test_templates_of_both_kinds_are_fetched(fetched):
    assert list(Template.objects.values_list("remote_id", "kind").order_by("remote_id")) == [
        ("S1", "once"), ("S2", "lasting"), ("T1", "free"),
    ]  # fmt: skip
    assert fetched.blanks == ["thing1", "phrase2"]


def test_what_stands_in_the_blanks_stays_and_what_is_gone_is_marked(fetched, platforms):
    Template.objects.filter(pk=fetched.pk).update(words={"thing1": "x"})
    platforms.answer("get_all_private_template", OURS)
    platforms.answer("newtmpl/gettemplate", {"errcode": 48001})
    assert fetching.fetch(WeChatAccount.objects.get(), clock.now()) == 1
    assert Template.objects.get(remote_id="T1").words == {"thing1": "x"}
    assert list(Template.objects.filter(gone=True).values_list("remote_id", flat=True)) == ["S1", "S2"]


def test_one_with_many_blanks_is_filled_whole(fetched, admin_client):
    names = [f"thing{number}" for number in range(1, 16)]
    body = "\n".join(f"第{name}项：{{{{{name}.DATA}}}}" for name in names)
    Template.objects.filter(pk=fetched.pk).update(blanks=names, body=body)
    said = {f"blank_{at}": f"words {at}" for at in range(15)}
    answer = change(admin_client, fetched, for_seats="on", **said)
    assert answer.status_code == 302
    assert Template.objects.get(pk=fetched.pk).words == {name: f"words {at}" for at, name in enumerate(names)}
    assert (
        "第thing1项：words 0<br>第thing2项：words 1<br>"
        in admin_client.get(f"{LIST}{fetched.pk}/change/").content.decode()
    )


def test_where_wechat_does_not_answer_nothing_is_taken_for_gone(fetched, platforms):
    platforms.answer("get_all_private_template", {"errcode": 45009})
    with pytest.raises(DeliveryError):
        fetching.fetch(WeChatAccount.objects.get(), clock.now())
    assert not Template.objects.filter(gone=True).exists()


def test_the_page_says_which_account_wechat_does_not_answer_for(fetched, platforms, admin_client):
    platforms.answer("get_all_private_template", {"errcode": 45009})
    answer = admin_client.post(f"{LIST}fetch/", follow=True)
    said, level = [(str(one), one.level_tag) for one in answer.context["messages"]][-1]
    assert level == "error"
    assert WeChatAccount.objects.get().name in said
    assert "45009" in said


@pytest.mark.parametrize("answer", [{"template_list": [None, 3, {"title": "x"}]}, {"template_list": "x"}, {}])
def test_nonsense_is_no_template(site, platforms, answer):
    platforms.answer("get_all_private_template", answer)
    platforms.answer("newtmpl/gettemplate", {"errcode": 0, "data": None})
    assert fetching.fetch(WeChatAccount.objects.get(), clock.now()) == 0


def test_the_blanks_are_filled(fetched, admin_client):
    answer = change(admin_client, fetched, blank_0="{customer}，您好", blank_1="已回复", for_seats="on")
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    fetched.refresh_from_db()
    assert fetched.words == {"thing1": "{customer}，您好", "phrase2": "已回复"}
    assert fetched.is_ready


@pytest.mark.parametrize(("values", "wrong"), [
    ({"blank_0": "{colour}", "blank_1": "已回复"}, "blank_0"),
    ({"blank_0": "您好", "blank_1": "replied"}, "blank_1"),
    ({"blank_0": "长" * 21, "blank_1": "已回复"}, "blank_0"),
    ({"blank_0": "您好", "for_seats": "on"}, "__all__"),
    ({"blank_0": "您好", "blank_1": "已回复", "app_id": "wx1"}, "path"),
    ({"blank_0": "您好", "blank_1": "已回复", "url": "ftp://x"}, "url"),
    ({"blank_0": "您好", "blank_1": "已回复", "url": "https://x.cn/{colour}"}, "url"),
    ({"blank_0": "您好", "blank_1": "已回复", "app_id": "wx1", "path": "p?{colour}"}, "path"),
])  # fmt: skip
def test_what_wechat_would_refuse_is_refused_first(fetched, admin_client, values, wrong):
    answer = change(admin_client, fetched, **values)
    assert list(answer.context["adminform"].form.errors) == [wrong]


def test_only_what_is_gone_at_wechat_can_be_deleted(fetched, admin_client):
    assert admin_client.post(f"{LIST}{fetched.pk}/delete/", {"post": "yes"}).status_code == 403
    Template.objects.update(gone=True)
    assert admin_client.post(f"{LIST}{fetched.pk}/delete/", {"post": "yes"}).status_code == 302


def test_an_empty_list_says_what_to_do_next(site, admin_client):
    page = admin_client.get(LIST).content.decode()
    assert "暂无内容" in page
    assert "点“从微信获取”后列在这里" in page
    assert "清除过滤" not in page, "there is nothing to clear"
    other = admin_client.get("/admin/bridge/workinghours/").content.decode()
    assert ("有内容后会显示在这里。" in other, "/admin/bridge/workinghours/add/" in other) == (True, True)
    sought = admin_client.get(f"{LIST}?q=nowhere").content.decode()
    assert ("没有结果" in sought, "清除过滤" in sought, "从微信获取”后" in sought) == (True, True, False)


def test_the_page_says_what_each_placeholder_stands_for(fetched, admin_client):
    page = admin_client.get(f"{LIST}{fetched.pk}/change/").content.decode()
    assert [page.count(words) for words in ("{reason} 座席填写的原因", "{conversation} 会话编号")] == [1, 1]
