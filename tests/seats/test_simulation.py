"""Fairness and order, measured by the simulator with a fixed seed; and theory against independent numbers."""

from __future__ import annotations

import math

import pytest
from django.core.management import CommandError, call_command

from seats.simulation import erlang, report
from seats.simulation.engine import Engine
from seats.simulation.scenario import Place, Result, Scenario

UNEQUAL = tuple(Place(f"seat{number:02d}", 2 + 2 * (1 + number % 4), 1 + number % 4) for number in range(20))


@pytest.mark.embedded
def test_over_a_day_each_seats_share_is_its_weights_share(db):
    scenario = Scenario(UNEQUAL[:6], "weighted", customers=450, service=900, patience=600)
    result = Engine(scenario).run()
    assert result.customers > 400, "one conversation more or less is below the error allowed"
    assert report.share_error(scenario, result) < 0.05
    assert result.order_broken == 0


@pytest.mark.embedded
def test_under_most_idle_none_who_is_idle_for_longer_is_passed_over(db):
    """Full enough that there is a queue, and empty enough that seats are idle."""
    seats = tuple(Place(f"seat{number:02d}", 1 + number % 2, 1) for number in range(6))
    result = Engine(Scenario(seats, "most_idle", customers=350, service=900, patience=1200)).run()
    assert result.idle_broken == 0
    assert result.order_broken == 0
    assert result.waited > 0.05


@pytest.mark.embedded
def test_the_engine_notices_who_is_passed_over(db):
    """The same books find fault where there is some: under the weights, idle seats are passed over."""
    result = Engine(Scenario(UNEQUAL[:8], "weighted", customers=150, service=900, patience=600)).run()
    assert result.idle_broken > 0


@pytest.mark.embedded
def test_a_steady_day_is_as_theory_says(db):
    scenario = Scenario(
        tuple(Place(f"s{number}", 2, 1) for number in range(4)), "round_robin", customers=700, service=300, patience=300,
        curve=(1.0,) * 24, first_hour=6, last_hour=13,
    )  # fmt: skip
    result = Engine(scenario).run()
    expected = erlang.over_a_day(scenario.rates(), scenario.places, 300, 300)
    assert result.mean_wait == pytest.approx(expected.wait, rel=0.3)
    assert result.given_up / result.customers == pytest.approx(expected.gives_up, rel=0.3)
    assert result.waited == pytest.approx(expected.waits, rel=0.2)


def test_erlang_a_without_impatience_is_erlang_c():
    """10 places, 8 Erlang: the chance to wait is 0.4092 (Erlang C's tables), the mean wait C / (c mu - lambda)."""
    one = erlang.erlang_a(rate=8 / 60, places=10, service=60, patience=1e9)
    assert one.waits == pytest.approx(0.4092, abs=2e-4)
    assert one.wait == pytest.approx(0.4092 * 60 / 2, rel=1e-3)
    assert one.occupancy == pytest.approx(0.8, rel=1e-4)


def test_erlang_a_with_patience_like_service_is_a_poisson_number_of_customers():
    """Then everyone leaves at the same rate, served or not: M/M/infinity."""
    mean, places = 12.0, 10
    one = erlang.erlang_a(rate=mean / 60, places=places, service=60, patience=60)
    poisson = [math.exp(-mean) * mean**n / math.factorial(n) for n in range(100)]
    assert one.waits == pytest.approx(sum(poisson[places:]), rel=1e-9)
    waiting = sum((n - places) * share for n, share in enumerate(poisson) if n > places)
    assert one.gives_up == pytest.approx(waiting / mean, rel=1e-9)


@pytest.mark.parametrize("rate", [0.001, 1.0, 50.0])
def test_erlang_a_balances(rate):
    """Who comes is served or gives up."""
    one = erlang.erlang_a(rate, 20, 300, 200)
    assert one.occupancy * 20 / 300 == pytest.approx(rate * (1 - one.gives_up), rel=1e-9)


def test_erlang_a_needs_numbers_above_0():
    with pytest.raises(ValueError, match="above 0"):
        erlang.erlang_a(0, 1, 1, 1)


def test_the_same_seed_is_the_same_day_and_closed_hours_have_no_customers():
    scenario = Scenario(UNEQUAL, "weighted", 1000, 900, 600, seed=7)
    assert list(scenario.arrivals()) == list(scenario.arrivals())
    assert Scenario.from_json(scenario.to_json()) == scenario
    assert all(9 * 3600 <= at < 22 * 3600 for at in scenario.arrivals())
    assert len(list(scenario.arrivals())) == pytest.approx(1000, abs=150)


def test_the_report_has_a_line_for_each_strategy_and_one_for_theory():
    scenario = Scenario(UNEQUAL, "weighted", 100, 900, 600)
    result = Result(customers=2, waits=[0.0, 90.0], hours=[9, 10], given={"seat00": 2})
    text = report.table(scenario, {"weighted": result}, erlang.over_a_day(scenario.rates(), 120, 900, 600))
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["weighted", "Erlang-A"]
    assert "45.0 s" in lines[1]
    assert "weighted" in report.plot(scenario, {"weighted": result}, colors=False)


@pytest.mark.embedded
def test_the_command_leaves_the_sites_own_tables_alone(site, capsys):
    from bridge.models import Conversation

    call_command("simulate", "--group", "sales", "--customers", "20", "--strategy", "weighted")
    said = capsys.readouterr().out
    assert "weighted" in said
    assert "Erlang-A" in said
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--group", "nothing"], "sales"),
        (["--strategy", "best"], "weighted"),
        (["--from", "22", "--to", "9"], "--from"),
        (["--weights", "a"], "--weights"),
        (["--customers", "0"], "--customers"),
    ],
)
def test_what_cannot_be_simulated_is_said(site, words, says):
    with pytest.raises(CommandError, match=says):
        call_command("simulate", *words)
