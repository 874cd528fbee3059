"""The API answers as its schema says, whatever it is asked: requests made up from the schema, by a foreign tool."""

from __future__ import annotations

import os
import traceback
from typing import Any

import pytest
import schemathesis
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bridge.base import clock
from bridge.models import AutoAnswer, Broadcast, Tag, Template
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, QrCode, ShownSeat
from chatbots.models import FaqEntry
from seats.api import scopes
from seats.api.administration import viewsets_of_admin
from seats.api.authentication import make_token
from seats.models import CannedReply
from tests.support.routing import conversation

pytestmark = [pytest.mark.once, pytest.mark.long]
# By hand: SCHEMA_EXAMPLES=400 python -m pytest tests/seats/api/test_schema.py
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "4"))
QUIET = profile(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


ADMIN = "/api/admin/"
# What these refuse cannot be said in a schema: what stands in a file, which addresses there may be, what a command takes, which
# accounts, groups and tags there are. As for the admin's forms, whose rules are Python.
UNSAYABLE = {
    "/api/conversations/", "/api/reports/{name}/",
    "/api/conversations/{id}/cards/", "/api/conversations/{id}/files/", "/api/conversations/{id}/commands/{name}/", "/api/commands/{name}/",
    "/api/me/push/",
}  # fmt: skip


@pytest.fixture
def headers(floor, settings):
    """Alice's, who has customer 1 and reads reports."""
    settings.API_PER_MINUTE = 0
    floor.site.alice.user.user_permissions.add(Permission.objects.get(codename="read_reports"))
    return {"Authorization": f"Bearer {make_token(floor.site.alice.user, 1, scopes.SCOPES)[1]}"}


@pytest.fixture
def chiefs(floor, settings):
    """A superuser's, for whom the office is whole: there is one of each thing."""
    settings.API_PER_MINUTE = 0
    account, item = floor.site.account, {"name": "Shop", "does": "link", "url": "https://shop.example.com/"}
    Broadcast.objects.create(account=account, text="Closed on Sunday")
    Template.objects.create(account=account, remote_id="T1", title="Reply", body="{{thing1.DATA}}", blanks=["thing1"],
                            fetched_at=clock.now())  # fmt: skip
    QrCode.objects.create(account=account, name="Poster", scene="poster", kind="temporary", url="https://example.com/")
    ShownSeat.objects.create(account=account, seat_id=floor.site.alice.pk, kf_account="a@shop", nickname="Alice")
    AccountMenu.objects.create(account=account, items=[item])
    floor.platforms.answer("kfaccount/uploadheadimg", *[{"errcode": 0}] * 50)
    PublishedMenu.objects.create(account=account, items=[item], published_at=clock.now())
    ConditionalMenu.objects.create(account=account, tag_id=1, tag_name="VIP", items=[item])
    for model, names in ((Tag, {"name": "VIP"}), (CannedReply, {"title": "hi", "text": "hello"}),
                         (FaqEntry, {"keywords": "price", "answer": AutoAnswer.of("Five")})):  # fmt: skip
        model.objects.create(**names)
    return {"Authorization": f"Bearer {make_token(User.objects.create_superuser('chief'), 1, scopes.SCOPES)[1]}"}


def id_in(path: str) -> int:
    """Return the id of a thing that stands below this address, the newest; of nothing where there is none any more."""
    kind, own, _act = path.removeprefix(ADMIN).partition("/{id}/")
    if path.startswith(ADMIN) and own:
        # A menu's id is its account's.
        model = apps.get_model("bridge.wechataccount" if kind == "menus" else viewsets_of_admin()[kind].label)
        return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 1
    return conversation(1).pk


def operations(headers) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application(), headers=headers)
    return [found.ok() for found in schema.get_all_operations()]


def asks(operation, headers) -> list[str]:
    """Ask one operation what the schema says may be asked, and what it says may not; return what is wrong with the answers."""
    unsayable = operation.path in UNSAYABLE or operation.path.startswith(ADMIN)
    left = [positive_data_acceptance] if unsayable else []

    @QUIET
    @given(case=operation.as_strategy())
    def ask(case):
        if "id" in case.path_parameters:
            case.path_parameters["id"] = str(id_in(operation.path))
        if operation.path == "/api/reports/{name}/":
            case.path_parameters["name"] = "overview"
        if case.query:
            case.query.pop("cursor", None)  # only an answer can give one
        case.call_and_validate(headers=headers, excluded_checks=left)

    try:
        ask()
    except BaseExceptionGroup as group:
        return [f"{operation.label}: {''.join(traceback.format_exception(group))[-4000:]}"]
    return []


# Requests end with a database connection of their own, as on a real site; a transaction around them all would end with it.
@pytest.mark.django_db(transaction=True)
def test_every_answer_is_in_the_schema(floor, headers):
    # Streams are answered by the site's own server, not by the views that are asked here.
    asked = [one for one in operations(headers) if one.path != "/api/stream/"]
    wrong = [words for one in asked for words in asks(one, headers)]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.django_db(transaction=True)
def test_so_is_every_answer_to_who_may_administer(floor, chiefs):
    # What is deleted cannot be asked for any more.
    asked = sorted(
        (one for one in operations(chiefs) if one.path.startswith(ADMIN)), key=lambda one: one.method == "delete"
    )
    wrong = [words for one in asked for words in asks(one, chiefs)]
    assert {one.path.removeprefix(ADMIN).partition("/{id}/")[0].strip("/") for one in asked} >= set(viewsets_of_admin())
    assert not wrong, "\n\n".join(wrong)
