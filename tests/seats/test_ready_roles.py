"""The roles that a site begins with, what a role's page gives in words, and the pages for whoever took the wrong door."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from seats.models import ReadyMadeRole
from seats.roles import capabilities, ready

pytestmark = pytest.mark.either
PAGE = "/admin/auth/group/"


def role(slug: str) -> Group:
    return Group.objects.get(
        name={"supervisor": "主管", "analyst": "分析员", "operator": "运营", "administrator": "管理员"}[slug]
    )


def signed_in(slug: str = "", **words) -> Client:
    user = User.objects.create_user(slug or "nobody", is_staff=bool(slug), **words)
    if slug:
        user.groups.add(role(slug))
    page = Client()
    page.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return page


def test_each_is_made_once_and_what_staff_change_stays(db):
    assert [one.name for one in capabilities.held(capabilities.names_of(role("analyst")))] == [
        "reports",
        "arranges_reports",
    ]
    role("analyst").permissions.clear()
    role("operator").delete()
    Group.objects.filter(name="主管").update(name="组长")
    ready.make()
    assert not role("analyst").permissions.exists()
    assert set(Group.objects.values_list("name", flat=True)) == {"组长", "分析员", "管理员"}


def test_a_role_of_the_same_name_is_left_alone(db):
    ReadyMadeRole.objects.filter(slug="analyst").delete()
    role("analyst").permissions.clear()
    ready.make()
    assert not role("analyst").permissions.exists()


def test_every_permission_of_the_table_is_there(db):
    named = frozenset().union(*(one.permissions() for one in capabilities.CAPABILITIES))
    assert capabilities.rows(named).count() == len(named)
    assert capabilities.names_of(role("administrator")) == named


def test_a_roles_page_shows_words_and_no_permissions(admin_client):
    page = admin_client.get(f"{PAGE}{role('supervisor').pk}/change/").content.decode()
    assert page.count('name="capabilities"') == len(capabilities.CAPABILITIES)
    assert "查看所有座席组的报表" in page
    assert "Can add" not in page
    assert 'name="permissions"' not in page
    assert "角色" in page
    assert "查看所有座席组的报表" in admin_client.get(PAGE).content.decode()


def test_ticking_gives_and_unticking_takes_and_what_has_no_word_stays(admin_client):
    one = role("analyst")
    other = Permission.objects.get(codename="view_logentry")
    one.permissions.add(other)
    asked = {"name": "分析员", "capabilities": ["reports", "reads"]}
    assert admin_client.post(f"{PAGE}{one.pk}/change/", asked).status_code == 302
    names = capabilities.names_of(one)
    assert [held.name for held in capabilities.held(names)] == ["reports", "reads"]
    assert "admin.view_logentry" in names


def test_a_user_who_gets_a_role_may_enter_the_back_office(admin_client):
    ann = User.objects.create_user("ann")
    form = {"username": "ann", "is_active": "on", "groups": [role("analyst").pk]}
    assert admin_client.post(f"/admin/auth/user/{ann.pk}/change/", form).status_code == 302
    ann.refresh_from_db()
    assert ann.is_staff
    page = admin_client.get(f"/admin/auth/user/{ann.pk}/change/").content.decode()
    assert "user_permissions" not in page
    assert "角色" in page
    assert "座席组" not in page.split('id="user_form"')[-1].split('class="submit')[0]


@pytest.mark.parametrize("slug", list(ready.READY))
def test_each_link_of_a_roles_first_page_opens(db, slug):
    """The menu offers nothing that is then refused."""
    page = signed_in(slug)
    home = page.get("/admin/").content.decode()
    links = {one for one in re.findall(r'href="(/(?:admin|desk)/[^"]*)"', home) if "logout" not in one}
    assert len(links) > 5
    answers = {one: page.get(one.replace("&amp;", "&")).status_code for one in sorted(links)}
    assert {one for one, status in answers.items() if status != 200} == set()
    assert "/admin/reports/overview/" in links


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("address", "who", "status"),
    [
        ("/admin/", "seat", 302),
        ("/admin/bridge/exchange/", "analyst", 403),
        ("/admin/bridge/conversation/", "seat", 302),
        ("/admin/reports/overview/", "nobody", 403),
        ("/desk/", "nobody", 403),
        ("/desk/floor/", "seat", 403),
        ("/desk/999999/", "seat", 404),
        ("/no/such/page/", "seat", 404),
    ],
)
def test_a_wrong_door_says_where_to_go(site, language, address, who, status):
    page = signed_in() if who == "nobody" else signed_in(who) if who in ready.READY else Client()
    if who == "seat":
        page.force_login(User.objects.get(username="alice"))
    page.cookies["django_language"] = language
    answer = page.get(address, follow=status == 302)
    if status != 302:
        assert answer.status_code == status
    elif answer.redirect_chain[-1][0] == reverse("desk"):
        return  # led to where they may go
    text = answer.content.decode()
    with translation.override(language):
        assert f'lang="{language}"' in text
        assert "Forbidden" not in text
        assert "Not Found" not in text
        assert translation.gettext("Log in as somebody else") in text
    if who == "seat":
        assert 'href="/desk/"' in text
    if who == "analyst":
        assert 'href="/admin/reports/overview/"' in text


def test_a_form_without_its_token_is_answered_in_words(db):
    page = Client(enforce_csrf_checks=True)
    answer = page.post("/desk/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "未作任何修改" in answer.content.decode()


def test_a_failure_is_answered_in_words(db, monkeypatch):
    page = signed_in("analyst")
    page.raise_request_exception = False
    monkeypatch.setattr("analytics.views.floor_now", lambda *_: 1 / 0)
    answer = page.get("/admin/reports/live/")
    assert answer.status_code == 500
    assert "系统出错" in answer.content.decode()


def test_a_supervisor_who_is_no_staff_reads_reports_and_floor(talking):
    carol = talking.seat("carol", talking.care)
    talking.sales.supervisors.add(carol)
    page = Client()
    page.force_login(carol.user)
    assert not carol.user.is_staff
    assert page.get("/desk/floor/").status_code == 200
    text = page.get("/admin/reports/overview/").content.decode()
    assert "/admin/reports/behind/" in text
    assert "nav-sidebar" in text
    assert 'href="/admin/bridge/' not in text
    assert "你没有查看或编辑的权限" not in text, "the frame's menu leads to where carol may go"
    menu = text.partition('id="nav-sidebar"')[2].partition('id="main"')[0]
    assert all(
        f'href="{way}"' in menu for way in ("/desk/", "/desk/floor/", "/admin/reports/overview/", "/admin/tokens/")
    )
    assert 'id="nav-filter"' not in menu, "its search finds pages of the back office alone"
    found = page.get("/admin/reports/behind/opened/?range=today").content.decode()
    assert 'href="/desk/?c=' in found


def test_an_analyst_is_offered_no_conversation_that_they_may_not_open(talking):
    found = signed_in("analyst").get("/admin/reports/behind/opened/?range=today").content.decode()
    assert re.search(r"#\d+", found)
    assert "/transcript/" not in found
    assert "/transcript/" in signed_in("operator").get("/admin/reports/behind/opened/?range=today").content.decode()


@pytest.mark.parametrize(
    ("who", "to"), [("seat", "/desk/"), ("analyst", "/admin/"), ("nobody", None), ("", "/admin/login/")]
)
def test_the_sites_address_leads_to_where_one_may_go(site, who, to):
    page = Client() if who in ("", "seat") else signed_in() if who == "nobody" else signed_in(who)
    if who == "seat":
        page.force_login(User.objects.get(username="alice"))
    answer = page.get("/")
    assert answer.status_code == (302 if to else 403)
    if to:
        assert answer["Location"].startswith(to)
