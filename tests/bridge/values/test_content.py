"""What a content says of itself where the platform says nothing."""

import pytest

from bridge.values.content import File, Video, Voice

pytestmark = pytest.mark.once


def test_what_is_not_known_is_nothing():
    assert (Voice().seconds, Voice().media, Video().seconds, Video().media, File().size, File().media) == (0,) * 6
