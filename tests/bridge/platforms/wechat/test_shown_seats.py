"""The seat's name and picture beside its answers: made at WeChat by form, shown where the account says so, in no message's way."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bridge.platforms.wechat.models import ShownSeat
from tests.support.samples import picture

pytestmark = pytest.mark.either

ADD, UPDATE, DELETE, PICTURE = "kfaccount/add", "kfaccount/update", "kfaccount/del", "kfaccount/uploadheadimg"
PAGE, SEND = "/admin/bridge/shownseat/", "message/custom/send"


def sent(site, **values):
    return {
        "account": site.account.pk,
        "seat_id": site.alice.pk,
        "kf_account": "alice@shop",
        "nickname": "小爱",
        **values,
    }


@pytest.fixture
def shown(talking):
    """Alice is shown to the customers of the account."""
    type(talking.account).objects.update(parameters={"SEATS_SHOWN": "on"})
    ShownSeat.objects.create(
        account=talking.account, seat_id=talking.alice.pk, kf_account="alice@shop", nickname="小爱"
    )
    return talking


def say(site, words: str) -> None:
    site.seat_says(words)
    site.work()


def test_it_is_made_at_wechat_with_its_picture(site, admin_client, platforms):
    platforms.answer(ADD, {"errcode": 0})
    platforms.answer(PICTURE, {"errcode": 0})
    photo = SimpleUploadedFile("alice.png", picture("PNG", (64, 64)), "image/png")
    answer = admin_client.post(f"{PAGE}add/", sent(site, photo=photo))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert platforms.bodies(ADD) == [{"kf_account": "alice@shop", "nickname": "小爱"}]
    (file,) = platforms.bodies(PICTURE)
    assert file["mime"] == "image/jpeg"
    assert ShownSeat.objects.get().picture is not None


def test_a_change_without_a_picture_keeps_the_one_that_is_there(site, admin_client, platforms):
    platforms.answer(ADD, {"errcode": 0})
    platforms.answer(PICTURE, {"errcode": 0}, {"errcode": 0})
    photo = SimpleUploadedFile("alice.png", picture("PNG", (64, 64)), "image/png")
    admin_client.post(f"{PAGE}add/", sent(site, photo=photo))
    made = ShownSeat.objects.get()
    platforms.answer(UPDATE, {"errcode": 0})
    platforms.answer(ADD, {"errcode": 65406})
    answer = admin_client.post(f"{PAGE}{made.pk}/change/", sent(site, nickname="小美"))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    after = ShownSeat.objects.get()
    assert (after.nickname, after.picture) == ("小美", made.picture)


def test_of_several_that_are_deleted_at_once_wechat_forgets_each(site, admin_client, platforms):
    names = ("alice@shop", "bob@shop")
    seats = (site.alice.pk, site.bob.pk)
    for seat, name in zip(seats, names, strict=True):
        ShownSeat.objects.create(account=site.account, seat_id=seat, kf_account=name, nickname="小爱")
    platforms.answer(DELETE, {"errcode": 0}, {"errcode": 0})
    chosen = [one.pk for one in ShownSeat.objects.all()]
    admin_client.post(PAGE, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not ShownSeat.objects.exists()
    assert len([url for url, *_rest in platforms.calls if DELETE in url]) == 2


def test_one_that_is_there_already_is_renamed(site, admin_client, platforms):
    platforms.answer(ADD, {"errcode": 65406})
    admin_client.post(f"{PAGE}add/", sent(site))
    assert platforms.bodies(UPDATE) == [{"kf_account": "alice@shop", "nickname": "小爱"}]


@pytest.mark.parametrize(("values", "wrong"), [
    ({"kf_account": "alice"}, "kf_account"), ({"nickname": "名" * 17}, "nickname"), ({"seat_id": "x"}, "seat_id"),
])  # fmt: skip
def test_wechat_is_not_asked_while_something_is_wrong(site, admin_client, platforms, values, wrong):
    answer = admin_client.post(f"{PAGE}add/", sent(site, **values))
    assert list(answer.context["adminform"].form.errors) == [wrong]
    assert platforms.bodies(ADD) == []


def test_what_wechat_refuses_is_not_saved(site, admin_client, platforms):
    platforms.answer(ADD, {"errcode": 65405})
    admin_client.post(f"{PAGE}add/", sent(site))
    assert not ShownSeat.objects.exists()


def test_deleted_wechat_forgets_it(shown, admin_client, platforms):
    admin_client.post(f"{PAGE}{ShownSeat.objects.get().pk}/delete/", {"post": "yes"})
    assert [params["kf_account"] for url, params, _body in platforms.calls if url.endswith(DELETE)] == ["alice@shop"]
    assert not ShownSeat.objects.exists()


def test_its_answers_go_out_under_its_name(shown, platforms):
    say(shown, "您好")
    assert platforms.bodies(SEND)[-1]["customservice"] == {"kf_account": "alice@shop"}


@pytest.mark.parametrize("change", ["off", "gone", "of another account"])
def test_others_go_out_without(shown, platforms, change):
    if change == "off":
        type(shown.account).objects.update(parameters={})
    elif change == "of another account":
        other = type(shown.account).objects.create(
            slug="other", name="y", app_id="wx0000000000000001", app_secret="s", token="t"
        )
        ShownSeat.objects.update(account=other)
    else:
        ShownSeat.objects.all().delete()
    say(shown, "您好")
    assert "customservice" not in platforms.bodies(SEND)[-1]


def test_a_name_that_wechat_does_not_know_keeps_no_message_back(shown, platforms):
    platforms.answer(SEND, {"errcode": 65401, "errmsg": "invalid custom service account"})
    say(shown, "您好")
    assert [body.get("customservice") for body in platforms.bodies(SEND)[-2:]] == [{"kf_account": "alice@shop"}, None]
    assert platforms.to_customer()[-1] == "您好"


def test_its_name_at_wechat_stays_and_its_nickname_changes(shown, admin_client, platforms):
    platforms.answer(ADD, {"errcode": 65406})
    row = ShownSeat.objects.get()
    changed = sent(shown, kf_account="bob@shop", nickname="小波")
    assert admin_client.post(f"{PAGE}{row.pk}/change/", changed).status_code == 302
    assert platforms.bodies(UPDATE) == [{"kf_account": "alice@shop", "nickname": "小波"}]
    assert ShownSeat.objects.values_list("kf_account", "nickname").get() == ("alice@shop", "小波")


def test_a_seat_whose_user_may_not_work_here_any_more_is_not_shown(site, admin_client, platforms):
    site.alice.user.is_active = False
    site.alice.user.save()
    answer = admin_client.post(f"{PAGE}add/", sent(site))
    assert list(answer.context["adminform"].form.errors) == ["seat_id"]
    assert platforms.bodies(ADD) == []
