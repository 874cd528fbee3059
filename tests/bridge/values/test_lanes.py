"""Names of lanes, at the longest."""

import pytest

from bridge.values.agents import seat_lane
from bridge.values.lanes import LONGEST, lane_of_customer

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("account", "openid", "lane"),
    [(0, "a", "0.a"), (1, "a", "1.a"), (35, "a", "z.a"), (36, "a-_Z9", "10.a-_Z9"), (36 * 36 + 37, "a", "111.a"), (1, "", "1."), (1, "b" * 30, "1." + "b" * 30)],
)  # fmt: skip
def test_a_plain_id_stands_in_the_lane(account, openid, lane):
    assert lane_of_customer(account, openid) == lane


@pytest.mark.parametrize("openid", ["b" * 31, "b" * 60, "a.b", "客户", "a\n"])
@pytest.mark.parametrize("account", [1, 36, 99999])
def test_any_other_is_hashed_and_as_long_as_it_may_be(account, openid):
    lane = lane_of_customer(account, openid)
    assert len(lane) == LONGEST
    assert openid not in lane
    assert lane != lane_of_customer(account, openid + "c")


def test_the_lane_of_a_seat():
    assert seat_lane("seat_1") == "seat:seat_1"
