"""Whoever may change users gives nothing that they lack, and touches nobody who has more."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from seats.api.authentication import make_token
from seats.models import TokenSeal
from seats.roles import capabilities

PASSWORD = "right-password-1"
OWN = (
    "view_user",
    "add_user",
    "change_user",
    "delete_user",
    "view_group",
    "add_group",
    "change_group",
    "delete_group",
    "view_conversation",
)
pytestmark = pytest.mark.once


def permissions(*names):
    return list(Permission.objects.filter(codename__in=names))


def person(name, *names, **words):
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True, **words)
    user.user_permissions.set(permissions(*names))
    return user


def client(user):
    page = Client()
    page.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return page


@pytest.fixture
def clerk(db):
    """Someone who may change users and roles and read conversations, and has little else."""
    reading = (one.partition(".")[2] for one in capabilities.BY_NAME["reads"].permissions())
    return client(person("clerk", *OWN, *reading))


def form(user, **changes):
    """Return the form of a user's page as a browser posts it."""
    values = {
        "username": user.username,
        "is_active": "on",
        "is_staff": "on",
        "groups": [role.pk for role in user.groups.all()],
        "user_permissions": [one.pk for one in user.user_permissions.all()],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        **changes,
    }
    return {key: value for key, value in values.items() if value != []}


def change(page, user, **changes):
    return page.post(f"/admin/auth/user/{user.pk}/change/", form(user, **changes))


def test_nobody_makes_a_superuser_but_a_superuser(clerk, admin_client):
    ann = person("ann")
    assert change(clerk, ann, is_superuser="on", first_name="Ann").status_code == 302
    ann.refresh_from_db()
    assert (ann.first_name, ann.is_superuser) == ("Ann", False)
    assert change(admin_client, ann, is_superuser="on").status_code == 302
    ann.refresh_from_db()
    assert ann.is_superuser


def test_superusers_and_those_who_have_more_are_not_touched(clerk, admin_user):
    more = person("more", "delete_customer")
    for other in (admin_user, more):
        assert change(clerk, other, first_name="Changed").status_code == 403
        word = {"password1": "another-password-2", "password2": "another-password-2", "usable_password": "true"}
        assert clerk.post(f"/admin/auth/user/{other.pk}/password/", word).status_code == 403
        assert clerk.post(f"/admin/auth/user/{other.pk}/delete/", {"post": "yes"}).status_code == 403
        clerk.post("/admin/auth/user/", {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})
        other.refresh_from_db()
        assert other.first_name == ""
    assert more.check_password(PASSWORD)
    word = {"password1": "another-password-2", "password2": "another-password-2", "usable_password": "true"}
    assert clerk.post(f"/admin/auth/user/{person('ben').pk}/password/", word).status_code == 302
    assert User.objects.get(username="ben").check_password("another-password-2")


def test_only_what_one_has_is_given_and_the_rest_stays(clerk):
    ann = person("ann")
    (lacking,) = permissions("delete_customer")
    (own,) = permissions("view_conversation")
    strong, weak = Group.objects.create(name="strong"), Group.objects.create(name="weak")
    strong.permissions.add(lacking)
    weak.permissions.add(own)
    assert change(clerk, ann, groups=[strong.pk]).status_code == 200, "the form refuses it"
    assert change(clerk, ann, user_permissions=[own.pk], groups=[weak.pk]).status_code == 302
    assert (list(ann.user_permissions.all()), list(ann.groups.all())) == ([], [weak]), "permissions come by roles alone"


def test_what_a_superuser_has_given_stays_where_a_clerk_saves(clerk):
    """A role without any permission but the clerk's own, and one above it: the one above is not on offer, and stays."""
    ann = person("ann", is_active=True)
    role = Group.objects.create(name="desk")
    role.permissions.add(*permissions("view_conversation"))
    ann.groups.add(role)
    change(clerk, ann, groups=[role.pk], first_name="Ann")
    assert list(ann.groups.all()) == [role]


def test_roles_within_ones_own_alone(clerk):
    strong = Group.objects.create(name="strong")
    (lacking,) = permissions("delete_customer")
    strong.permissions.add(lacking)
    assert clerk.post(f"/admin/auth/group/{strong.pk}/change/", {"name": "mine"}).status_code == 403
    assert clerk.post(f"/admin/auth/group/{strong.pk}/delete/", {"post": "yes"}).status_code == 403
    asked = {"name": "new", "capabilities": ["erases"]}
    assert clerk.post("/admin/auth/group/add/", asked).status_code == 200, "not on offer"
    asked["capabilities"] = ["reads"]
    assert clerk.post("/admin/auth/group/add/", asked).status_code == 302
    assert capabilities.names_of(Group.objects.get(name="new")) == capabilities.BY_NAME["reads"].permissions()


def test_another_password_ends_sessions_and_tokens(db, admin_user):
    _row, token = make_token(admin_user, days=1)
    session = client(admin_user)
    headers = {"Authorization": f"Bearer {token}"}
    assert Client(headers=headers).get("/api/conversations/").status_code == 200
    admin_user.set_password("another-password-2")
    admin_user.save()
    answer = Client(headers=headers).get("/api/conversations/")
    assert answer.status_code in (401, 403)
    assert "密码" in answer.content.decode()
    assert session.get("/admin/").status_code == 302


def test_a_token_without_a_seal_is_worth_nothing(db, admin_user):
    row, token = make_token(admin_user, days=1)
    TokenSeal.objects.filter(token=row.digest).delete()
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/conversations/").status_code in (401, 403)


def test_an_earlier_secret_key_among_the_fallbacks_keeps_tokens(db, admin_user, settings):
    _row, token = make_token(admin_user, days=1)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another-key-of-no-value-another-key-of-no",
    )
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/conversations/").status_code == 200
