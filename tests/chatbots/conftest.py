"""What the bots' table tests share: they run without a database, in English."""

import pytest
from django.utils.translation import override


@pytest.fixture
def english():
    """Let the product speak English."""
    with override("en"):
        yield
