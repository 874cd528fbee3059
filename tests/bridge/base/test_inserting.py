"""Rows that are inserted with plain SQL: they are what Django's own statement would have made of them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext_lazy as _

from bridge.base import inserting
from bridge.base.inserting import append, insert
from bridge.models import Conversation, Customer, Delivery, Exchange, Fact, Message, SearchText
from bridge.platforms.wechat.models import WeChatAccount

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, 0, 0, 123456, tzinfo=UTC)
GROWING = (Message, Delivery, Fact, SearchText, Exchange)


@pytest.fixture
def conversation():
    account = WeChatAccount.objects.create(
        slug="shop", name="店", app_id="wx", app_secret="s", token="t" * 8, group="sales"
    )
    customer = Customer.objects.create(account=account, openid="oInserting", im_id="wx_1", created_at=NOW)
    return Conversation.objects.create(customer=customer, open_for=customer, mode="send", opened_at=NOW)


def message(conversation, **fields) -> Message:
    own = {"side": Message.Side.CUSTOMER, "preview": "'; %s %% \\ 😀", "created_at": NOW, **fields}
    own = {"content": {"type": "Text", "text": "你好"}, "relayed": True, **own}
    return Message(conversation=conversation, **own)


def delivery(conversation, **fields) -> Delivery:
    own = {"direction": Delivery.Direction.SEAT, "payload": {"a": ["“", None, 1.5]}, "random": 2**32 - 1, **fields}
    return Delivery(lane="wx_1", platform="tencent_im", conversation=conversation, due_at=NOW, created_at=NOW, **own)


def rows(conversation) -> list[models.Model]:
    written = message(conversation)
    written.save()
    return [
        message(conversation, author="amy", seat_id=3),
        delivery(conversation),
        delivery(conversation, payload={}, content={"type": "Image"}, finished_at=NOW, state=Delivery.State.DONE, kept=False),
        Fact(kind=Fact.Kind.RECEIVED, at=NOW, conversation_id=conversation.pk, group="sales", seconds=1.25),
        SearchText(conversation=conversation, words="你 你好"),
        Exchange(direction=Exchange.Direction.OUT, at=NOW, method="POST", address="/x?y=***", status=200, failed=True),
    ]  # fmt: skip


def stored(model: type[models.Model]) -> dict[str, object]:
    """Return the columns of the newest row as the database has them."""
    row = model._default_manager.order_by("-pk").values().first()
    return {name: value for name, value in row.items() if name != "id"}


def same_as_djangos(theirs: models.Model, ours: models.Model) -> None:
    """Write one by Django's own statement and its equal by ours: the database has the same twice."""
    model = type(theirs)
    model._default_manager.bulk_create([theirs])
    expected = stored(model)
    append(model, [ours])
    assert stored(model) == expected


def test_a_row_is_what_djangos_own_statement_makes_of_it(conversation):
    for theirs, ours in zip(rows(conversation), rows(conversation), strict=True):
        same_as_djangos(theirs, ours)
        assert type(ours)._default_manager.count() >= 2
        assert not ours._state.adding


@pytest.mark.parametrize("said", ["a\0b", "'\\\"`;--%%s{}{0}", "😀\u200d👩\U0010ffff", " trailing ", "长" * 20000])
def test_words_come_back_as_they_were(conversation, said):
    insert(Message, [message(conversation, preview=said[:200], content={"text": said})])
    append(SearchText, [SearchText(conversation=conversation, words=said)])
    written = Message.objects.latest("pk")
    assert (written.preview, written.content) == (said[:200], {"text": said})
    assert SearchText.objects.latest("pk").words == said


def odd(conversation) -> list[models.Model]:
    """Values of another type than their columns: Django makes them into those."""
    words, fact = _("Close"), {"kind": Fact.Kind.RECEIVED, "conversation_id": conversation.pk}
    return [
        message(conversation, author=12, seat_id="3", preview=words, relayed=1),
        message(conversation, author=True, seat_id=True, relayed=False),
        delivery(conversation, attempts=2.0, kept=0, payload=[], reason=words, code=Decimal("1.50")),
        Fact(at=NOW.astimezone(timezone(timedelta(hours=8))), seconds=Decimal("1.5"), seat_id=3.7, **fact),
        Fact(at=NOW.replace(tzinfo=None), seconds=True, account_id="7", began_at=None, **fact),
        Fact(at=NOW, seconds=3, **fact),
    ]


@pytest.mark.filterwarnings("ignore:DateTimeField:RuntimeWarning")
def test_values_of_another_type_are_what_djangos_own_statement_makes_of_them(conversation):
    for theirs, ours in zip(odd(conversation), odd(conversation), strict=True):
        same_as_djangos(theirs, ours)


@pytest.mark.parametrize("fields", [{"lane": None}, {"random": None}, {"payload": object()}, {"attempts": "many"}])
def test_what_django_refuses_is_refused(conversation, fields):
    for write in (Delivery.objects.bulk_create, lambda rows: append(Delivery, rows)):
        with pytest.raises((IntegrityError, TypeError, ValueError)), transaction.atomic():
            write([delivery(conversation) for _before in range(1)] + [Delivery(**{
                "lane": "wx_1", "direction": Delivery.Direction.SEAT, "payload": {}, "random": 1, "due_at": NOW,
                "created_at": NOW, **fields,
            })])  # fmt: skip
    assert not Delivery.objects.exists()


def test_a_table_with_a_column_more_takes_rows(conversation):
    """As the next release has it, while this one still runs: nothing is said of a column that is not known."""
    table = connection.ops.quote_name(Fact._meta.db_table)
    if connection.in_atomic_block and connection.vendor == "mysql":
        pytest.skip("MySQL ends the test's transaction with it")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN more integer NOT NULL DEFAULT 7")
    append(Fact, [Fact(kind=Fact.Kind.RECEIVED, at=NOW, conversation_id=conversation.pk)])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT more FROM {table}")
        assert cursor.fetchall() == [(7,)]


def test_more_rows_than_one_statement_takes_are_all_written(conversation, monkeypatch):
    monkeypatch.setattr(connection.ops, "bulk_batch_size", lambda fields, rows: 3)
    said = [message(conversation, preview=str(number)) for number in range(8)]
    insert(Message, said)
    assert [Message.objects.get(pk=one.pk).preview for one in said] == [str(number) for number in range(8)]
    append(Fact, [Fact(kind=Fact.Kind.RECEIVED, at=NOW, seat_id=number) for number in range(8)])
    assert sorted(Fact.objects.values_list("seat_id", flat=True)) == list(range(8))


def test_rows_have_their_ids_and_others_point_to_them(conversation):
    said = [message(conversation, preview=str(number)) for number in range(50)]
    owed = [delivery(conversation, message=one) for one in said]
    insert(Message, said)
    append(Delivery, owed)
    assert dict(Message.objects.filter(preview__in=range(50)).values_list("pk", "preview")) == {
        one.pk: one.preview for one in said
    }
    assert list(Delivery.objects.order_by("pk").values_list("message_id", flat=True)) == [one.pk for one in said]


def test_a_database_that_tells_one_id_only_gets_a_statement_a_row(conversation, monkeypatch):
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    said = [message(conversation, preview=str(number)) for number in range(3)]
    insert(Message, said)
    assert [Message.objects.get(pk=one.pk).preview for one in said] == ["0", "1", "2"]


def test_a_row_that_points_to_one_that_is_not_written_is_refused(conversation):
    with pytest.raises(ValueError, match="not written"):
        append(Delivery, [delivery(conversation, message=message(conversation))])
    assert not Delivery.objects.exists()


def test_nothing_costs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        append(Fact, [])
        insert(Message, [])


@pytest.mark.parametrize("model", GROWING)
def test_no_field_of_theirs_sets_itself(model):
    """Django would call `pre_save` of each; here nobody does."""
    calls = [field for field in model._meta.concrete_fields if type(field).pre_save is not models.Field.pre_save]
    assert all(type(field) is models.DateTimeField and not (field.auto_now or field.auto_now_add) for field in calls)
    assert not any(field.generated or field.has_db_default() for field in model._meta.concrete_fields)
    assert inserting._table(model, connection.vendor).fields
