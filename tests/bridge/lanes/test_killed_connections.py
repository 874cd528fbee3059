"""The database ends a worker's connection in the middle of lanes that were taken together: nothing is lost, doubled or overtaken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, connections

from bridge import several
from bridge.models import Delivery, Fact, InboundEvent, Lane, Message
from tests.bridge.lanes.test_together import CUSTOMERS, State, later, read, serving, states, take_all, written
from tests.support.actors import Site

pytestmark = [pytest.mark.services, pytest.mark.once]
KILLS = ("KILL CONNECTION", "KILL QUERY")


def killed_at(part: str, how: str) -> Callable[..., Any]:
    """Return a wrapper for statements: at the first with `part` in it the connection is killed by another one, as by a DBA."""
    number, done = connection.connection.thread_id(), []

    def execute(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if part in sql and not done:
            done.append(sql)
            other = connections.create_connection("default")
            with other.cursor() as cursor:
                cursor.execute(f"{how} {number}")
            other.close()
            if how == "KILL QUERY":  # of which nothing is under way at this moment
                raise OperationalError(1317, "Query execution was interrupted")
        return execute(sql, params, many, context)

    return execute


@pytest.mark.parametrize("how", KILLS)
@pytest.mark.parametrize("part", [
    "bridge_customer", "INSERT INTO `bridge_message`", "INSERT INTO `bridge_fact`", "UPDATE `bridge_inboundevent`",
    "UPDATE `bridge_lane` SET stolen", "UPDATE `bridge_delivery`", "UPDATE `bridge_lane` SET owner = ''",
])  # fmt: skip
def test_a_connection_that_is_killed_costs_time_only(transactional_db, platforms, client, settings, part, how):
    if connection.vendor != "mysql":
        pytest.skip("needs a server")
    talk = serving(Site(client, platforms), settings)
    expected = written(talk)
    taken = take_all()
    try:
        with connection.execute_wrapper(killed_at(part, how)), pytest.raises((OperationalError, InterfaceError)):
            several.work_on(taken)
    finally:
        connection.close()
    with later(10):
        talk.work()
    assert states() == {State.DONE}
    assert not Lane.objects.exclude(owner="").exists()
    assert not Delivery.objects.exclude(state=Delivery.State.DONE).exists()
    assert not InboundEvent.objects.exclude(tries=0).exists()
    assert Fact.objects.filter(kind=Fact.Kind.RECEIVED).count() == Message.objects.filter(side="customer").count() == 16
    for openid in CUSTOMERS:
        said = Message.objects.filter(conversation__customer__openid=openid, side="customer").order_by("pk")
        assert list(said.values_list("preview", flat=True)) == expected
        assert list(dict.fromkeys(read(platforms, openid))) == expected
