"""A table is changed beside a site that uses it: MySQL and MariaDB would wait without end, or give up in the middle."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from django.db import connection, connections, models

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "mysql", reason="SQLite has one writer at a time"),
]
TABLE = "patient_table"


class Row(models.Model):
    """A row of a table that only this test has."""

    class Meta:
        app_label = "patience"
        managed = False
        db_table = TABLE


@pytest.fixture
def table():
    with connection.schema_editor() as editor:
        editor.create_model(Row)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def add_column() -> None:
    column = models.IntegerField(null=True)
    column.set_attributes_from_name("more")
    column.model = Row
    with connection.schema_editor() as editor:
        editor.add_field(Row, column)


def run(ended: threading.Event) -> None:
    try:
        add_column()
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@SESSION.lock_wait_timeout, @@SESSION.innodb_lock_wait_timeout")
            ended.limits = cursor.fetchone()  # type: ignore[attr-defined]
    finally:
        connections.close_all()
        ended.set()


def test_others_go_on_while_it_waits_and_it_comes_through_when_they_are_ready(table, caplog):
    ended = threading.Event()
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@SESSION.lock_wait_timeout")
        usual = cursor.fetchone()[0]
        cursor.execute("START TRANSACTION")
        cursor.execute(f"SELECT * FROM {TABLE}")
        changing = threading.Thread(target=run, args=(ended,))
        with caplog.at_level(logging.WARNING, "config.mysql.schema"):
            changing.start()
            deadline = time.monotonic() + 60
            while "this is tried again" not in caplog.text and time.monotonic() < deadline:
                assert not ended.wait(0.05), "it did not wait for whoever uses the table"
        assert "this is tried again" in caplog.text
        cursor.execute(f"INSERT INTO {TABLE} () VALUES ()")
        cursor.execute("COMMIT")
        assert ended.wait(120)
        changing.join()
        cursor.execute(f"SELECT more FROM {TABLE}")
        assert cursor.fetchall() == ((None,),)
    assert ended.limits == (usual, 10)


def test_what_is_wrong_is_not_tried_again(table):
    add_column()
    with pytest.raises(Exception, match="Duplicate column"):
        add_column()
