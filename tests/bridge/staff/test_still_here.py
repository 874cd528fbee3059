"""Whether somebody is still signed in, as pages ask before they send what was written."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.either
HERE = "/admin/still-here/"


@pytest.fixture
def client(db):
    User.objects.create_superuser("chief", password="chief-password-1")
    return Client(enforce_csrf_checks=True)


def test_whoever_is_signed_out_is_told_so_and_not_led_away(client):
    assert client.get(HERE).status_code == 401
    assert client.post(HERE).status_code in (403, 405)


def test_the_token_counts_after_somebody_has_signed_in_anew(client):
    client.force_login(User.objects.get())
    client.get(HERE)
    client.logout()
    client.force_login(User.objects.get())
    answer = client.get(HERE)
    assert answer["Cache-Control"].startswith("max-age=0")
    sent = {"csrfmiddlewaretoken": answer.json()["token"], "name": "VIP", "of": "customer", "priority": "0"}
    assert client.post("/admin/bridge/tag/add/", sent).status_code != 403
    assert client.post("/admin/bridge/tag/add/", {**sent, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
