"""What the doors to sign in give away: not which names there are, no other site's address, no session that was there before, no secret."""

from __future__ import annotations

import logging
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from seats.models import Seat
from tests.support.routing import client_of

pytestmark = pytest.mark.either
DOORS = ("/admin/login/", "/desk/login/")
PASSWORD = "a-right-password-1"
ELSEWHERE = (
    "https://evil.example.com/", "//evil.example.com/", "///evil.example.com", "/\\evil.example.com", "\\\\evil.example.com",
    "http:///evil.example.com", "https:evil.example.com", "javascript:alert(1)", "\t//evil.example.com",
)  # fmt: skip


@pytest.fixture
def people(db) -> None:
    User.objects.create_user("known", password=PASSWORD, is_staff=True)
    User.objects.create_user("gone", password=PASSWORD, is_staff=True, is_active=False)
    User.objects.create_user("nopassword", is_staff=True)
    Seat.objects.create(user=User.objects.create_user("seat", password=PASSWORD), im_user_id="seat")


def said(door: str, name: str, password: str) -> tuple[int, str]:
    """Return the answer to an attempt to sign in, without what differs from one page to the next."""
    answer = Client().post(door, {"username": name, "password": password})
    text = re.sub(r'(value|nonce)="[^"]*"', "", answer.content.decode())
    return answer.status_code, text.replace(name, "NAME")


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_is_there_is_answered_like_one_that_is_not(people, door):
    nobody = said(door, "nobody", "wrong")
    assert [name for name in ("known", "gone", "nopassword") if said(door, name, "wrong") != nobody] == []
    assert said(door, "gone", PASSWORD) == nobody, "nor is it told that a password was right"


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_is_not_there_waits_like_one_that_is(people, door, settings):
    answers = {name: [said(door, name, "wrong")[0] for _try in range(12)] for name in ("known", "nobody")}
    assert answers["known"] == answers["nobody"]
    assert answers["known"][-1] == 429


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_led_elsewhere(people, door, where):
    page, name = Client(), "known" if door == DOORS[0] else "seat"
    for address in (door, f"{door}?next={where}"):
        answer = page.post(address, {"username": name, "password": PASSWORD, "next": where})
        assert answer.status_code == 302
        assert "evil" not in answer["Location"]
        assert "javascript" not in answer["Location"]
        again = page.get(address, {"next": where})
        assert "evil" not in again.headers.get("Location", "")
    for leaving in ("/desk/logout/", "/admin/logout/", "/i18n/setlang/"):
        answer = page.post(leaving, {"next": where, "language": "en"})
        assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("door", DOORS)
def test_a_session_that_was_there_before_is_another_one_after(people, door):
    """Whoever has put their own session's cookie into a browser would else come in with it."""
    page = Client()
    session = page.session
    session["planted"] = True
    session.save()
    before = session.session_key
    page.cookies["sessionid"] = before
    page.post(door, {"username": "known" if door == DOORS[0] else "seat", "password": PASSWORD})
    assert page.cookies["sessionid"].value not in ("", before)
    assert "_auth_user_id" in page.session
    stale = Client()
    stale.cookies["sessionid"] = before
    assert "_auth_user_id" not in stale.session


def test_there_is_no_other_way_to_a_password(db, client):
    """No page makes a new one for who has lost it: an administrator does, and says it."""
    for address in ("/admin/password_reset/", "/accounts/password_reset/", "/desk/password_reset/"):
        assert client.get(address).status_code in (302, 404)


def test_no_line_of_the_log_holds_a_secret(talking, admin_client, platforms, caplog):
    caplog.set_level(logging.DEBUG)
    page = Client(raise_request_exception=False)
    for door in DOORS:
        page.post(door, {"username": "alice", "password": "planted-password"})
    page.get("/api/me/", headers={"Authorization": "Bearer wcb_planted-token"})
    page.get("/metrics", headers={"Authorization": "Bearer planted-metrics"})
    client_of("alice").post("/api/me/tokens/", {"name": "planted-name"}, content_type="application/json")
    account = f"/admin/bridge/wechataccount/{talking.account.pk}/change/"
    admin_client.post(account, {"app_secret": "planted-secret", "token": "planted-token"})
    platforms.answer("message/custom/send", {"errcode": -1, "errmsg": "busy"})
    talking.seat_says("hello")
    talking.work()
    assert caplog.records
    for secret in ("planted-p", "planted-t", "planted-m", "planted-s", "token-1", talking.account.app_secret):
        assert secret not in caplog.text
