"""Two-step sign-in: set up with a code, asked for at every door, and a wrong code counts as a failed sign-in."""

from __future__ import annotations

import time

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from bridge.live import parameters
from seats.desk import stream
from seats.roles import capabilities

pytestmark = pytest.mark.once

PASSWORD = "a-long-password-1"
ADMIN, DESK, OWN = "/admin/login/", "/desk/login/", "/admin/two-step/"


@pytest.fixture
def anna(db) -> User:
    return User.objects.create_superuser("anna", password=PASSWORD)


def code(device: TOTPDevice, ahead: int = 0) -> str:
    """Return what the phone shows, `ahead` steps from now: each is taken once."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.fixture
def device(anna) -> TOTPDevice:
    client = Client()
    client.force_login(anna)
    # Dark on light, also on the dark page.
    assert '<path fill="#fff"' in client.get(OWN).content.decode()
    made = TOTPDevice.objects.get()
    assert "错误" in client.post(OWN, {"code": "000000"}).content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert client.post(OWN, {"code": code(made)}).status_code == 302
    made.refresh_from_db()
    assert made.confirmed
    return made


@pytest.mark.parametrize("door", [ADMIN, DESK])
def test_the_code_is_asked_for_at_every_door(device, door):
    given = {"username": "anna", "password": PASSWORD}
    client = Client()
    page = client.post(door, given)
    assert not signed_in(client)
    assert 'name="code"' in page.content.decode()
    client.post(door, {**given, "code": "123"})
    assert not signed_in(client)
    assert AccessAttempt.objects.get().failures_since_start == 1
    TOTPDevice.objects.update(throttling_failure_count=0)
    client.post(door, {**given, "password": "wrong", "code": code(device, 1)})
    assert not signed_in(client)
    right = code(device, 1)
    client.post(door, {**given, "code": right})
    assert signed_in(client)
    other = Client()
    other.post(door, {**given, "code": right})
    assert not signed_in(other), "a code is taken once"


@pytest.mark.parametrize("door", [ADMIN, DESK])
def test_without_it_the_password_is_enough(anna, door):
    client = Client()
    page = client.get(door).content.decode()
    assert 'name="code"' not in page
    client.post(door, {"username": "anna", "password": PASSWORD})
    assert signed_in(client)


def test_switching_off_takes_a_code_and_an_administrator_may_reset(device, anna):
    client = Client()
    client.force_login(anna)
    client.post(OWN, {"code": "000000"})
    assert TOTPDevice.objects.exists()
    page = client.get("/admin/otp_totp/totpdevice/").content.decode()
    assert "anna" in page
    assert device.key not in client.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/").content.decode()
    client.post(f"/admin/otp_totp/totpdevice/{device.pk}/delete/", {"post": "yes"})
    assert not TOTPDevice.objects.exists()


def test_nobody_takes_the_second_step_from_who_has_more(device, anna):
    """Whoever knows the password of a superuser would else come in by it alone."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(*capabilities.rows(capabilities.BY_NAME["users"].permissions()))
    erin = TOTPDevice.objects.create(user=User.objects.create_user("erin"), confirmed=True)
    client = Client()
    client.force_login(clerk)
    address = "/admin/otp_totp/totpdevice/"
    assert client.post(f"{address}{device.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [device.pk, erin.pk], "post": "yes"}
    client.post(address, chosen)
    assert list(TOTPDevice.objects.filter(user=anna)) == [device]
    client.post(address, {**chosen, "_selected_action": [erin.pk]})
    assert not TOTPDevice.objects.filter(pk=erin.pk).exists()


# Asked of roles


@pytest.fixture
def asked(db) -> Client:
    """Somebody of the analysts, of whom two steps are asked by the parameters' page."""
    ContentType.objects.clear_cache()  # the parameters' own is made by the first change, and goes with the test
    analyst = Group.objects.get(name="分析员")
    Group.objects.create(name="others")
    chief = Client()
    chief.force_login(User.objects.create_superuser("chief"))
    page = chief.get("/admin/constance/config/")
    form = {one.name: one.value() for one in page.context["form"] if one.value() is not None}
    assert chief.post("/admin/constance/config/", {**form, "TWO_STEP_ROLES": [analyst.pk]}).status_code == 302
    parameters.stored.forget()
    user = User.objects.create_user("ann", is_staff=True)
    user.groups.add(analyst)
    client = Client()
    client.force_login(user)
    return client


def test_a_role_of_which_two_steps_are_asked_sets_them_up_first(asked):
    for address in ("/admin/", "/admin/reports/overview/", "/desk/"):
        assert asked.get(address)["Location"] == OWN
    page = asked.get(OWN).content.decode()
    assert "请先完成设置" in page
    answer = asked.get("/api/reports/")
    assert (answer.status_code, answer.json()["code"]) == (403, "two_step_needed")
    made = TOTPDevice.objects.get(user__username="ann")
    assert asked.get("/admin/").status_code == 302, "begun is not set up"
    asked.post(OWN, {"code": code(made)})
    assert asked.get("/admin/reports/overview/").status_code == 200
    assert asked.get("/api/reports/").status_code == 200


def test_they_may_leave_and_others_are_not_asked_but_superusers_are(asked):
    other = User.objects.create_user("other", is_staff=True)
    other.groups.add(Group.objects.get(name="others"))
    client = Client()
    client.force_login(other)
    assert client.get("/admin/").status_code == 200
    chief = Client()
    chief.force_login(User.objects.get(username="chief"))
    assert chief.get("/admin/")["Location"] == OWN
    assert asked.post("/admin/logout/").status_code in (200, 302)
    assert not signed_in(asked)
    assert asked.get("/admin/login/").status_code == 200


def test_a_desk_of_theirs_hears_nothing(asked):
    cookie = f"sessionid={asked.cookies['sessionid'].value}".encode()
    User.objects.get(username="ann").user_permissions.add(*capabilities.rows(["seats.oversee"]))
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"cookie", cookie)]}
    assert stream.who(scope)[0] is None
    Group.objects.get(name="分析员").user_set.clear()
    assert stream.who(scope)[0] is not None
