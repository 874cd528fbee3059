"""The SQL views for other tools, with a query each. Making a view ends a transaction on MySQL, so nothing here is in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from analytics.facts import rollups
from analytics.management.commands import migrate
from analytics.tables import making
from bridge.models import Conversation, Customer, Fact, Tag
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, TOKEN

AT = datetime(2026, 11, 3, 2, tzinfo=UTC)


def rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


@pytest.fixture
def conversation(transactional_db) -> Conversation:
    account = WeChatAccount.objects.create(
        slug="shop", name="旗舰店", app_id="wx1", app_secret="s", token=TOKEN, encoding_aes_key=AES_KEY, group="sales"
    )
    customer = Customer.objects.create(account=account, openid="o1", im_id="wx_1", created_at=AT)
    one = Conversation.objects.create(
        customer=customer, status="closed", group="sales", source="scan", source_detail="store-7", opened_at=AT
    )
    one.tags.set([Tag.objects.create(name="refund"), Tag.objects.create(name="billing")])
    own = {"account_id": account.pk, "group": "sales", "conversation_id": one.pk, "source": "scan"}
    Fact.objects.create(kind=Fact.Kind.OPENED, at=AT, value=1, **own)
    Fact.objects.create(kind=Fact.Kind.RECEIVED, at=AT, **own)
    Fact.objects.create(
        kind=Fact.Kind.FIRST_ANSWER, at=AT + timedelta(minutes=1), seconds=60, working=30, seat_id=3, **own
    )
    rollups.update(AT + timedelta(hours=2))
    yield one
    making.drop()


def test_each_view_answers_a_query(conversation):
    call_command("report_views")
    seen = (
        "SELECT account, tags, is_returning, received, first_response_seconds, opened_hour FROM analytics_conversation"
    )
    ((account, tags, *numbers),) = rows(f"{seen} WHERE opened_day = '2026-11-03' AND source_detail = 'store-7'")
    assert (account, tags) == ("旗舰店", "billing, refund"), "by name, whatever was put on first"
    assert numbers == [1, 1, 60, 10]
    assert rows("SELECT conversation_id FROM analytics_conversation_tag WHERE tag = 'refund'") == [(conversation.pk,)]
    assert rows("SELECT kind, working_seconds FROM analytics_event WHERE seconds > 0") == [("first_answer", 30)]
    assert rows("SELECT SUM(opened), SUM(returning_customers), SUM(messages_left) FROM analytics_day") == [(1, 1, 0)]
    with connection.cursor() as cursor:
        for view in making.all_views():
            cursor.execute(f"SELECT * FROM {view.name}")
            assert [one[0] for one in cursor.description] == [one.name for one in view.columns]


def test_what_is_deleted_leaves_its_row(conversation):
    call_command("report_views")
    account = conversation.customer.account_id
    conversation.delete()
    Customer.objects.all().delete()
    WeChatAccount.objects.all().delete()
    seen = "SELECT account_id, account, source_detail, tags, received FROM analytics_conversation"
    assert rows(seen) == [(account, None, None, None, 1)]


def test_they_are_made_anew_and_taken_away(conversation):
    names = {view.name for view in making.all_views()}
    for _again in range(2):
        call_command("report_views")
        assert names <= set(connection.introspection.table_names(include_views=True))
    call_command("report_views", "--drop")
    assert not names & set(connection.introspection.table_names(include_views=True))


def test_they_are_out_of_the_way_of_an_update(conversation, monkeypatch):
    stood = []
    monkeypatch.setattr(migrate.Command.__base__, "handle", lambda *args, **options: stood.append(making.stand()))
    call_command("migrate")
    call_command("report_views")
    call_command("migrate")
    # MariaDB changes tables below a view by itself.
    assert stood == [False, connection.vendor != "sqlite"]
    assert making.stand()


def test_a_reader_of_the_views_reads_nothing_else(conversation):
    """The rights that docs/back-office.md gives are enough for the views, and for nothing below them."""
    if connection.vendor != "mysql":
        pytest.skip("SQLite has no users")
    call_command("report_views")
    database = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE USER 'report_reader'@'%%' IDENTIFIED BY 'reader'", [])
        for view in making.all_views():
            cursor.execute(f"GRANT SELECT ON `{database}`.{view.name} TO 'report_reader'@'%%'", [])
    import MySQLdb

    settings = connection.settings_dict
    reader = MySQLdb.connect(
        host=settings["HOST"], port=int(settings["PORT"] or 3306), user="report_reader", passwd="reader", db=database
    )
    try:
        cursor = reader.cursor()
        for view in making.all_views():
            cursor.execute(f"SELECT COUNT(*) FROM {view.name}")
        for refused in (
            "SELECT * FROM bridge_customer",
            "SELECT * FROM bridge_fact",
            "DELETE FROM analytics_conversation",
        ):
            with pytest.raises(MySQLdb.OperationalError):
                cursor.execute(refused)
    finally:
        reader.close()
        with connection.cursor() as own:
            own.execute("DROP USER 'report_reader'@'%%'", [])


def test_the_view_of_days_has_one_row_a_day(conversation):
    own = {"account_id": conversation.customer.account_id, "group": "sales", "source": "scan"}
    Fact.objects.create(kind=Fact.Kind.OPENED, at=AT + timedelta(hours=3), value=0, **own)
    rollups.update(AT + timedelta(hours=5))
    call_command("report_views")
    assert rows("SELECT opened FROM analytics_day WHERE opened > 0") == [(2,)]
