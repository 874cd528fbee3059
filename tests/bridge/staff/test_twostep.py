"""Two-step sign-in: set up with a code, asked for at every door, and a wrong code counts as a failed sign-in."""

from __future__ import annotations

import time

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

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
    assert "<svg" in client.get(OWN).content.decode()
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
