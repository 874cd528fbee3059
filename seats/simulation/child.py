"""The process in which a day is played: a database of its own in memory, so that the site's is never touched."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from seats.simulation.scenario import Result, Scenario

BASE = Path(__file__).resolve().parent.parent.parent


class SimulationError(Exception):
    """The process that plays the day did not end well; the text is the last that it said."""


def simulate(scenario: Scenario) -> Result:
    """Play the scenario in a process of its own and return what came of it. SimulationError where it fails."""
    with tempfile.TemporaryDirectory(prefix="bridge-simulate-") as home:
        apart = {"DATABASE_URL": "sqlite://:memory:", "DATA_DIR": home, "REDIS_URL": "redis://127.0.0.1:1/0",
                 "BACKGROUND_THREADS": "0", "SECRET_KEY": "simulated", "DJANGO_SETTINGS_MODULE": "config.settings"}  # fmt: skip
        words = [sys.executable, "-m", "seats.simulation.child"]
        played = subprocess.run(
            words,
            input=scenario.to_json(),
            env={**os.environ, **apart},
            cwd=BASE,
            capture_output=True,
            text=True,
            check=False,
        )
    if played.returncode:
        raise SimulationError(played.stderr.strip().splitlines()[-1] if played.stderr.strip() else "no output")
    return Result.from_json(played.stdout.splitlines()[-1])


def main() -> None:
    """Read a scenario and write a result."""
    import django

    django.setup()
    from django.core.management import call_command

    from seats.simulation.engine import Engine

    call_command("migrate", verbosity=0)
    print(Engine(Scenario.from_json(sys.stdin.read())).run().to_json())


if __name__ == "__main__":
    main()
