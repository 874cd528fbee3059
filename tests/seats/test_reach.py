"""Nobody gives others, or themselves, a part in groups that they have no part in: by the admin's forms and the API."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User

from bridge.models import Conversation
from seats import reach
from seats.models import Seat, SeatGroup
from seats.roles import capabilities
from tests.support.routing import client_of

pytestmark = pytest.mark.either


@pytest.fixture
def office(site):
    """The operator changes seats and groups and serves in sales; the chief besides oversees every group and sees users."""
    operator = User.objects.create_user("operator", is_staff=True)
    operator.groups.add(Group.objects.get(name="运营"))
    Seat.objects.create(user=operator, im_user_id="operator").groups.add(site.sales)
    chief = User.objects.create_user("chief", is_staff=True)
    chief.groups.add(*operator.groups.all())
    chief.user_permissions.add(*capabilities.rows(["seats.oversee", "auth.view_user"]))
    site.bob.groups.set([site.care])
    return site


def asks(who: str, method: str, address: str, **data: Any) -> Any:
    page = getattr(client_of(who), method)
    return page(f"/api/admin/{address}", json.dumps(data), "application/json", headers={"accept-language": "en"})


def wrong(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {one["field"]: one["detail"] for one in answer.json()["errors"]}


def own(office: Any) -> str:
    return f"seats/{Seat.objects.get(user__username='operator').pk}/"


@pytest.mark.parametrize("whose", ["own", "somebody's"])
def test_into_a_group_goes_a_seat_only_by_who_has_a_part_in_it(office, whose):
    address = own(office) if whose == "own" else f"seats/{office.alice.pk}/"
    before = set(Seat.objects.get(pk=address.split("/")[1]).groups.all())
    said = wrong(asks("operator", "patch", address, groups=["sales", "care"]))["groups"]
    assert said.startswith("You neither serve in nor supervise: ")
    assert set(Seat.objects.get(pk=address.split("/")[1]).groups.all()) == before
    assert asks("chief", "patch", address, groups=["sales", "care"]).status_code == 200


def test_what_was_there_stays_and_may_go_and_ones_own_group_is_given(office):
    address = f"seats/{office.bob.pk}/"
    assert asks("operator", "patch", address, groups=["care", "sales"]).json()["groups"] == ["care", "sales"]
    assert asks("operator", "patch", address, groups=["sales"], capacity=7).json()["groups"] == ["sales"]


def test_who_supervises_a_group_puts_seats_into_it(office):
    office.care.supervisors.add(Seat.objects.get(user__username="operator"))
    assert asks("operator", "patch", own(office), groups=["sales", "care"]).status_code == 200


def test_the_admins_page_refuses_it_too(office):
    page = client_of("operator")
    address = f"/admin/seats/seat/{office.alice.pk}/change/"
    form = {"groups": [office.sales.pk, office.care.pk], "capacity": 5, "weight": 1, "availability": "open"}
    answer = page.post(address, form)
    assert "请联系主管所有座席组的人" in answer.content.decode()
    assert page.post(address, {**form, "groups": [office.sales.pk]}).status_code == 302


def test_supervisors_are_named_by_who_supervises(office):
    seat = Seat.objects.get(user__username="operator")
    for slug in ("sales", "care"):
        address = f"groups/{SeatGroup.objects.get(slug=slug).pk}/"
        assert "supervisors" in wrong(asks("operator", "patch", address, supervisors=["operator"]))
    office.sales.supervisors.add(seat)
    address = f"groups/{office.sales.pk}/"
    assert asks("operator", "patch", address, supervisors=["operator", "alice"]).status_code == 200
    assert asks("operator", "patch", address, supervisors=[]).status_code == 200, "taking away is no giving"
    assert "supervisors" in wrong(asks("operator", "patch", address, supervisors=["operator"]))
    assert asks("chief", "patch", address, supervisors=["operator"]).status_code == 200


def test_a_new_group_has_supervisors_unless_customers_were_in_one_of_its_name(office):
    made = asks("operator", "post", "groups/", name="New", slug="new", supervisors=["operator"])
    assert made.status_code == 201, made.content
    office.customer_says("hello")
    office.work()
    Conversation.objects.update(group="gone")
    assert "supervisors" in wrong(asks("operator", "post", "groups/", name="x", slug="gone", supervisors=["operator"]))
    type(office.account).objects.update(group="routed")
    assert "supervisors" in wrong(
        asks("operator", "post", "groups/", name="x", slug="routed", supervisors=["operator"])
    )


def test_no_overflow_leads_another_groups_customers_to_oneself(office):
    address = f"groups/{office.care.pk}/"
    assert "overflow_group" in wrong(asks("operator", "patch", address, overflow_group="sales"))
    assert asks("chief", "patch", address, overflow_group="sales").status_code == 200
    assert asks("operator", "patch", address, name="Care").status_code == 200, "what stands there stays"
    assert asks("operator", "patch", f"groups/{office.sales.pk}/", overflow_group="care").status_code == 200


def test_nor_to_a_group_that_one_supervises_without_serving_in_it(office):
    operator = Seat.objects.get(user__username="operator")
    operator.groups.clear()
    office.sales.supervisors.set([operator])
    assert "overflow_group" in wrong(asks("operator", "patch", f"groups/{office.care.pk}/", overflow_group="sales"))


def test_a_seat_is_handed_to_another_user_only_by_who_oversees_all(office):
    address = f"seats/{office.bob.pk}/"
    User.objects.create_user("erin")
    for change in ({"user": "erin"}, {"im_user_id": "free"}):
        assert list(wrong(asks("operator", "patch", address, **change))) == list(change)
        assert asks("chief", "patch", address, **change).status_code == 200, change


@pytest.mark.parametrize("makes", [True, False])
def test_who_does_not_see_users_gets_the_same_answer_for_each_name(office, makes):
    """ "somebody" is there, "nobody" is not, alice has a seat already."""
    User.objects.create_user("somebody")
    if makes:
        User.objects.get(username="operator").user_permissions.add(Permission.objects.get(codename="add_user"))
    answers = [
        asks("operator", "post", "seats/", user=name, im_user_id="new") for name in ("somebody", "nobody", "alice")
    ]
    said = {
        (one.status_code, one.content.decode().replace(name, "-"))
        for one, name in zip(answers, ("somebody", "nobody", "alice"), strict=True)
    }
    assert len(said) == 1
    assert {one.status_code for one in answers} == {400 if makes else 403}
    assert not Seat.objects.filter(user__username="somebody").exists()
    assert asks("chief", "post", "seats/", user="somebody", im_user_id="new").status_code == 201


def test_a_new_seats_page_begins_with_the_only_group_for_who_may_choose_it(office, admin_client):
    office.care.delete()
    User.objects.get(username="operator").user_permissions.add(Permission.objects.get(codename="add_user"))
    Seat.objects.get(user__username="operator").groups.clear()
    ticked = re.compile(r'<input[^>]*name="groups"[^>]*\schecked[\s>]')
    pages = [page.get("/admin/seats/seat/add/").content.decode() for page in (client_of("operator"), admin_client)]
    assert ['name="groups"' in one for one in pages] == [True, True]
    assert [bool(ticked.search(one)) for one in pages] == [False, True]


# Whom one may touch


@pytest.fixture
def clerk(office):
    """Someone who may change users, and serves in sales."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(*capabilities.rows(capabilities.BY_NAME["users"].permissions()))
    Seat.objects.create(user=clerk, im_user_id="clerk").groups.add(office.sales)
    return User.objects.get(pk=clerk.pk)


def test_a_seats_user_is_touched_by_who_supervises_all_its_groups(office, clerk):
    alice = office.alice.user
    assert not reach.may_touch(clerk, alice), "a colleague does not read what she has"
    office.sales.supervisors.add(clerk.seat)
    assert reach.may_touch(clerk, alice)
    office.alice.groups.add(office.care)
    assert not reach.may_touch(clerk, alice)
    office.alice.groups.set([office.sales])
    office.care.supervisors.add(office.alice)
    assert not reach.may_touch(clerk, alice), "she supervises another group"
    office.care.supervisors.clear()
    office.alice.groups.clear()
    assert not reach.may_touch(clerk, alice), "in no group she still has what she has"
    clerk.user_permissions.add(*capabilities.rows(["seats.oversee"]))
    assert reach.may_touch(User.objects.get(pk=clerk.pk), alice)


def test_oneself_and_who_has_no_seat_are_touched(office, clerk):
    assert reach.may_touch(clerk, clerk)
    assert reach.may_touch(clerk, User.objects.create_user("erin"))


def test_what_somebody_was_given_counts_while_they_may_not_sign_in(office, clerk):
    """Else whoever changes users lets a former administrator in again, with a password of their own."""
    former = User.objects.create_user("former", is_active=False)
    former.groups.add(Group.objects.get(name="管理员"))
    assert not reach.may_touch(clerk, former)
    form = {"username": "former", "is_active": "on"}
    assert client_of("clerk").post(f"/admin/auth/user/{former.pk}/change/", form).status_code == 403
