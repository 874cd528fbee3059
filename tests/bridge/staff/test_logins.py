"""Too many failed sign-ins: a name waits, from one address, on both doors; after very many from anywhere, everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from bridge.staff import logins

pytestmark = pytest.mark.either

PASSWORD = "right-password-1"
DOORS = ["/admin/login/", "/desk/login/"]


@pytest.fixture
def people(db, settings):
    settings.LOGIN_TRIES = 3
    for name in ("ann", "ben"):
        User.objects.create_user(name, password=PASSWORD, is_staff=True, is_superuser=True)


def sign_in(door: str, name: str, password: str, address: str = "192.0.2.1"):
    return Client(REMOTE_ADDR=address).post(door, {"username": name, "password": password})


@pytest.mark.parametrize("door", DOORS)
def test_a_name_waits_after_too_many_failures(people, door):
    for _number in range(2):
        assert sign_in(door, "ann", "wrong").status_code == 200
    locked = sign_in(door, "ann", "wrong")
    assert locked.status_code == 429
    assert "登录失败次数过多" in locked.content.decode()
    assert sign_in(door, "ann", PASSWORD).status_code == 429
    assert sign_in(door, "ben", PASSWORD).status_code == 302  # another name from there
    assert sign_in(door, "ann", PASSWORD, "192.0.2.2").status_code == 302  # the same one from elsewhere


def test_after_a_while_or_by_an_administrators_hand_it_may_try_again(people):
    for _number in range(3):
        sign_in("/desk/login/", "ann", "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in("/desk/login/", "ann", PASSWORD).status_code == 302
    for _number in range(3):
        sign_in("/desk/login/", "ann", "wrong")
    assert sign_in("/desk/login/", "ann", PASSWORD).status_code == 429
    chief = Client()
    chief.force_login(User.objects.get(username="ben"), backend="django.contrib.auth.backends.ModelBackend")
    page = chief.get("/admin/axes/accessattempt/")
    assert "ann" in page.content.decode()
    row = AccessAttempt.objects.get(username="ann")
    chief.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"})
    assert sign_in("/desk/login/", "ann", PASSWORD).status_code == 302


def test_a_success_begins_anew_and_no_password_is_kept(people):
    sign_in("/desk/login/", "ann", "a-secret-mistyped")
    assert "a-secret-mistyped" not in str(list(AccessAttempt.objects.values()))
    assert sign_in("/desk/login/", "ann", PASSWORD).status_code == 302
    for _number in range(2):
        assert sign_in("/desk/login/", "ann", "wrong").status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_fails_from_many_addresses_waits_everywhere_but_at_home(people, door):
    assert sign_in(door, "ann", PASSWORD, "192.0.2.99").status_code == 302
    for number in range(logins.EVERYWHERE * 3 - 1):
        assert sign_in(door, "ann", "wrong", f"192.0.2.{number}").status_code == 200
    assert sign_in(door, "ann", PASSWORD, "192.0.2.100").status_code == 302
    sign_in(door, "ann", "wrong", "192.0.2.101")
    assert sign_in(door, "ann", PASSWORD, "192.0.2.102").status_code == 429
    assert sign_in(door, "ann", PASSWORD, "192.0.2.99").status_code == 302, "from where she has signed in before"
    assert sign_in(door, "ben", PASSWORD, "192.0.2.102").status_code == 302, "another name"


def test_an_address_is_home_to_the_name_that_signed_in_there_alone(people):
    """Who works here tries a colleague's name from where they sign in themselves."""
    assert sign_in("/desk/login/", "ben", PASSWORD, "192.0.2.99").status_code == 302
    for number in range(logins.EVERYWHERE * 3):
        sign_in("/desk/login/", "ann", "wrong", f"192.0.2.{number}")
    assert sign_in("/desk/login/", "ann", PASSWORD, "192.0.2.99").status_code == 429


def test_after_a_while_the_name_may_try_from_anywhere(people):
    for number in range(logins.EVERYWHERE * 3):
        sign_in("/desk/login/", "ann", "wrong", f"192.0.2.{number}")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in("/desk/login/", "ann", PASSWORD, "192.0.2.102").status_code == 302


@pytest.mark.parametrize("written", ["ANN", " ann ", "ａｎｎ"])
def test_a_name_written_otherwise_is_the_same_name(people, written):
    sign_in("/desk/login/", written, "wrong")
    for _number in range(2):
        sign_in("/desk/login/", "ann", "wrong")
    assert sign_in("/desk/login/", "ann", PASSWORD).status_code == 429
