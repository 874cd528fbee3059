"""The API answers as its schema says, whatever it is asked: requests made up from the schema, by a foreign tool."""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from schemathesis.specs.openapi.checks import positive_data_acceptance

from seats.api.authentication import make_token
from tests.support.routing import conversation

pytestmark = pytest.mark.once
# By hand: SCHEMA_EXAMPLES=400 python -m pytest tests/seats/api/test_schema.py
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "4"))
QUIET = profile(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


# What these refuse cannot be said in a schema: what stands in a file, which addresses there may be, what a command takes.
UNSAYABLE = {
    "/api/conversations/{id}/cards/", "/api/conversations/{id}/files/", "/api/conversations/{id}/commands/{name}/",
    "/api/me/push/",
}  # fmt: skip


@pytest.fixture
def headers(floor, settings):
    """Alice's, who has customer 1."""
    settings.API_PER_MINUTE = 0
    return {"Authorization": f"Bearer {make_token(floor.site.alice.user, 1)[1]}"}


def asks(operation, headers) -> list[str]:
    """Ask one operation what the schema says may be asked, and what it says may not; return what is wrong with the answers."""
    left = [positive_data_acceptance] if operation.path in UNSAYABLE else []

    @QUIET
    @given(case=operation.as_strategy())
    def ask(case):
        if "id" in case.path_parameters:
            case.path_parameters["id"] = str(conversation(1).pk)
        case.call_and_validate(headers=headers, excluded_checks=left)

    try:
        ask()
    except BaseExceptionGroup as group:
        return [f"{operation.label}: {group}"]
    return []


# Requests end with a database connection of their own, as on a real site; a transaction around them all would end with it.
@pytest.mark.django_db(transaction=True)
def test_every_answer_is_in_the_schema(floor, headers):
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application(), headers=headers)
    wrong = [one for found in schema.get_all_operations() for one in asks(found.ok(), headers)]
    assert not wrong, "\n\n".join(wrong)
