"""What the tests of the API share."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User


@pytest.fixture
def floor(day, monkeypatch):
    """Alice has customer 1, customer 2 waits in her group; bob supervises it, carol is of another group, dave oversees all."""
    day.site.seat("carol", day.site.care, online=True)
    day.site.sales.supervisors.add(day.site.bob)
    dave = User.objects.create_user("dave")
    dave.user_permissions.add(Permission.objects.get(codename="oversee"))
    User.objects.create_user("nobody")
    day.site.alice.capacity = 1
    day.site.alice.save()
    day.site.login("alice")
    day.arrive(1, 2)
    # A worker that is called does its work at once.
    day.works_at_once(monkeypatch)
    return day
