"""The index over words stays with its table when a migration changes that."""

from __future__ import annotations

import pytest
from django.db import connection, models

from bridge.conversation.search import found
from bridge.models import Conversation, SearchText


@pytest.fixture
def grown(transactional_db):
    """The table with one more column, for which SQLite makes it anew."""
    column = models.IntegerField(db_default=7)
    column.set_attributes_from_name("next_count")
    column.model = SearchText
    with connection.schema_editor() as editor:
        editor.add_field(SearchText, column)
    yield
    with connection.schema_editor() as editor:
        editor.remove_field(SearchText, column)


def test_words_are_found_when_the_table_was_made_anew(site, grown):
    site.customer_says("where is my parcel")
    site.work()
    [conversation] = Conversation.objects.all()
    assert found(Conversation.objects.all(), "parcel", 1) == {conversation.pk}
    SearchText.objects.all().delete()
    assert found(Conversation.objects.all(), "parcel", 1) == set()
