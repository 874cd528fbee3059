"""Each action of the back office by somebody who may look at everything and change nothing, and by who may."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from bridge.models import Conversation, Customer, Delivery, InboundEvent
from bridge.platforms.tencent_im.forms import TencentIMAppForm
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.forms import WeChatAccountForm
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import SeatGroup
from tests.support.routing import conversation

pytestmark = pytest.mark.either


@dataclass(frozen=True)
class Done:
    """An action of a list, what is posted with it, the permission it takes, and what it leads to."""

    page: str
    action: str
    permission: str
    more: dict[str, str]


CLOSE = Done("conversation", "close_selected", "change_conversation", {})
GIVE = Done("conversation", "reassign_selected", "change_conversation", {"target": "care"})
REPLAY = Done("inboundevent", "replay_selected", "change_inboundevent", {})
RESEND = Done("delivery", "resend_selected", "change_delivery", {})
DROP = Done("delivery", "drop_selected", "change_delivery", {"reason": "wrong customer"})
BLOCK = Done("customer", "block_selected", "change_customer", {"reason": "spam"})
UNBLOCK = Done("customer", "unblock_selected", "change_customer", {})
ALL = [CLOSE, GIVE, REPLAY, RESEND, DROP, BLOCK, UNBLOCK]
MODELS = {"conversation": Conversation, "inboundevent": InboundEvent, "delivery": Delivery, "customer": Customer}


@pytest.fixture
def floor(day):
    """Alice has customer 1, to whom a message did not go; one event has failed."""
    day.site.login("alice", "bob")
    day.arrive(1)
    day.platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "no"}, {"errcode": 40003, "errmsg": "no"})
    day.says("alice", "too late", 1)
    InboundEvent.objects.filter(platform="wechat").update(state=InboundEvent.State.FAILED)
    day.platforms.calls.clear()
    return day


def staff(*permissions: str) -> Client:
    """Return a browser of somebody of the staff who may look at everything, and besides has these permissions."""
    user = User.objects.create_user("staff", is_staff=True)
    looking = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set([*looking, *Permission.objects.filter(codename__in=permissions)])
    client = Client()
    client.force_login(user)
    return client


def chosen(done: Done) -> list[int]:
    rows = MODELS[done.page]._default_manager.all()
    if done.page == "delivery":
        rows = rows.filter(state="failed")
    if done.page == "inboundevent":
        rows = rows.filter(state=InboundEvent.State.FAILED)
    found = list(rows.values_list("pk", flat=True))
    assert found
    return found


def do(client: Client, done: Done) -> int:
    data = {"action": done.action, "_selected_action": chosen(done), "confirm": "yes", **done.more}
    return client.post(f"/admin/bridge/{done.page}/", data).status_code


def as_it_stands(day) -> tuple[object, ...]:
    """Return all that any of the actions would change, once all lanes have been worked on."""
    day.site.work()
    one = conversation(1)
    return (
        (one.status, one.group),
        sorted(InboundEvent.objects.values_list("pk", "state")),
        sorted(Delivery.objects.values_list("pk", "state")),
        sorted(Customer.objects.values_list("pk", "blocked_at")),
    )


@pytest.mark.parametrize("done", ALL, ids=lambda done: done.action)
def test_who_may_only_look_changes_nothing(floor, done):
    if done is UNBLOCK:
        Customer.objects.update(blocked_at=floor.now)
    others = {one.permission for one in ALL} - {done.permission}
    client = staff(*others)
    before = as_it_stands(floor)
    do(client, done)
    assert as_it_stands(floor) == before


@pytest.mark.parametrize("done", ALL, ids=lambda done: done.action)
def test_who_has_the_permission_does_it(floor, done):
    if done is UNBLOCK:
        Customer.objects.update(blocked_at=floor.now)
    client = staff(done.permission)
    before = as_it_stands(floor)
    do(client, done)
    assert as_it_stands(floor) != before


def test_the_group_that_is_chosen_gets_it(floor):
    assert SeatGroup.objects.filter(slug="care").exists()
    do(staff(GIVE.permission), GIVE)
    floor.site.work()
    assert conversation(1).group == "care"


@pytest.mark.parametrize("page", ["export", "erase"])
def test_a_customers_data_are_for_who_may_have_them(floor, page):
    number = floor.customer(1).pk
    refused = staff(*{one.permission for one in ALL})
    assert refused.get(f"/admin/bridge/customer/{number}/{page}/").status_code in (302, 403)
    assert refused.post(f"/admin/bridge/customer/{number}/{page}/", {"confirm": "yes"}).status_code in (302, 403)
    floor.site.work()
    assert Customer.objects.filter(pk=number).exists()


def test_who_may_only_look_at_accounts_and_apps_sees_all_but_their_secrets(floor):
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    for model, secrets in ((WeChatAccount, WeChatAccountForm.secrets), (TencentIMApp, TencentIMAppForm.secrets)):
        one = model.objects.get()
        answer = client.get(f"/admin/bridge/{model._meta.model_name}/{one.pk}/change/")
        page = answer.content.decode()
        assert (answer.status_code, str(getattr(one, "app_id", "") or one.sdk_app_id) in page) == (200, True)
        kept = [getattr(one, name) for name in secrets if getattr(one, name)]
        assert kept
        assert [word for word in kept if word in page] == []
        assert "readonly" in page
        assert client.post(f"/admin/bridge/{model._meta.model_name}/{one.pk}/change/", {"name": "x"}).status_code == 403
