"""`manage.py simulate`: plays a day against the assignment code, so that staff can be planned."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from seats.models import Seat, SeatGroup
from seats.routing.strategies import strategies
from seats.simulation import erlang, report
from seats.simulation.child import SimulationError, simulate
from seats.simulation.scenario import Place, Scenario


class Command(BaseCommand):
    help = (
        "Play a day of customers against the assignment code, in a database of its own, and report waits, abandonment and "
        "occupancy for each strategy next to Erlang-A's prediction. With --group the seats are those of the site."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--group", default="", help="slug of a group whose seats, capacities and weights to use")
        parser.add_argument("--seats", type=int, default=20, help="seats, where no group is named")
        parser.add_argument("--capacity", type=int, default=3, help="conversations a seat can have at a time")
        parser.add_argument("--weights", default="1", help="weights of the seats in turn, such as 1,2,3")
        parser.add_argument("--customers", type=int, default=2000, help="customers of the day")
        parser.add_argument("--minutes", type=float, default=12.0, help="how long a conversation takes, on average")
        parser.add_argument("--patience", type=float, default=10.0, help="after how many minutes people give up")
        parser.add_argument("--from", type=int, default=9, dest="first", help="first hour of the day that is open")
        parser.add_argument("--to", type=int, default=22, dest="last", help="hour at which it closes")
        parser.add_argument("--strategy", action="append", help="only this strategy; may be given several times")
        parser.add_argument("--seed", type=int, default=1, help="another seed is another day")
        parser.add_argument("--no-plot", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["strategy"] or list(strategies())
        if unknown := [name for name in names if name not in strategies()]:
            raise CommandError(f"There is no strategy {unknown[0]}; there are {', '.join(strategies())}.")
        seats = self._seats(options)
        try:
            scenarios = {name: self._scenario(options, seats, name) for name in names}
            results = {name: simulate(scenario) for name, scenario in scenarios.items()}
        except SimulationError as error:
            raise CommandError(f"The simulation did not end well: {error}") from error
        one = scenarios[names[0]]
        theory = erlang.over_a_day(one.rates(), one.places, one.service, one.patience)
        self.stdout.write(report.table(one, results, theory))
        if not options["no_plot"]:
            self.stdout.write(report.plot(one, results, colors=self.stdout.isatty() and not options["no_color"]))

    @staticmethod
    def _seats(options: dict[str, Any]) -> tuple[Place, ...]:
        if not options["group"]:
            try:
                weights = [int(word) for word in options["weights"].split(",")]
            except ValueError:
                raise CommandError("--weights takes whole numbers, such as 1,2,3.") from None
            if options["seats"] < 1 or options["capacity"] < 1 or min(weights) < 1:
                raise CommandError("Seats, capacity and weights must be at least 1.")
            return tuple(
                Place(f"seat-{number + 1}", options["capacity"], weights[number % len(weights)])
                for number in range(options["seats"])
            )
        group = SeatGroup.objects.filter(slug=options["group"]).first()
        if group is None:
            known = ", ".join(SeatGroup.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no group {options['group']}; there are: {known}.")
        members = Seat.objects.filter(groups=group, user__is_active=True, capacity__gt=0)
        if not members:
            raise CommandError(f"The group {group.slug} has no seat with a capacity above 0.")
        return tuple(Place(seat.im_user_id, seat.capacity, seat.weight) for seat in members)

    @staticmethod
    def _scenario(options: dict[str, Any], seats: tuple[Place, ...], strategy: str) -> Scenario:
        if not 0 <= options["first"] < options["last"] <= 24:
            raise CommandError("--from and --to are hours of the day, such as --from 9 --to 22.")
        if options["customers"] < 1 or options["minutes"] <= 0 or options["patience"] <= 0:
            raise CommandError("--customers, --minutes and --patience must be above 0.")
        return Scenario(
            seats=seats,
            strategy=strategy,
            customers=options["customers"],
            service=options["minutes"] * 60,
            patience=options["patience"] * 60,
            seed=options["seed"],
            first_hour=options["first"],
            last_hour=options["last"],
        )
