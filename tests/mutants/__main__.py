"""Copy the tree, choose the changes, have them tried part by part, print what was not noticed and the rate.

SAMPLE is how many changes are tried in each part (all without it), SEED chooses them, PARTS names the parts ("values permit").
Nothing is changed in the tree itself, so it may be interrupted; Ctrl-C prints the rate until then.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.modules import find_modules
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome

from tests.mutants.choosing import choose
from tests.mutants.parts import PARTS

BASE = Path(__file__).resolve().parent.parent.parent
GOAL = 90


def copy_tree(target: Path) -> None:
    """Copy what git knows, as it is now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=BASE, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BASE / name, target / name)


def try_part(home: Path, name: str, sample: int | None, seed: str) -> tuple[int, int, bool]:
    """Return how many changes were tried, how many were noticed, and whether Ctrl-C ended it; print what was not noticed."""
    # The tests' own directories go with the copy, also those of a run that had to be killed.
    environment = {
        **os.environ,
        "TMPDIR": str(home / "tmp"),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FUZZ_CASES": "40",
    }
    (home / "tmp").mkdir(exist_ok=True)
    session = home / f"{name}.sqlite"
    began = time.monotonic()
    with use_db(str(session), WorkDB.Mode.create) as work:
        init(
            [path.relative_to(home) for path in find_modules([home / module for module in PARTS[name].modules])],
            work,
            {},
        )
        choose(work, home, sample, random.Random(f"{seed} {name}"))
    stopped = False
    try:
        subprocess.run(
            [sys.executable, "-m", "tests.mutants.trial", name, session.name], cwd=home, env=environment, check=True
        )
    except KeyboardInterrupt:
        stopped = True
    with use_db(str(session), WorkDB.Mode.open) as work:
        tried = [result for _job, result in work.results if result.worker_outcome is WorkerOutcome.NORMAL]
    survived = [result for result in tried if not result.is_killed]
    for text in sorted(str(result.diff) for result in survived):
        print(text)
    endless = sum(str(result.output).startswith("ended by") for result in tried)
    took = f"{endless} by a time-out, {(time.monotonic() - began) / 60:.0f} minutes"
    print(f"{name}: {len(tried) - len(survived)} of {len(tried)} noticed ({took})", flush=True)
    return len(tried), len(tried) - len(survived), stopped


def main() -> None:
    sample = int(os.environ["SAMPLE"]) if os.environ.get("SAMPLE") else None
    names = os.environ.get("PARTS", "").split() or list(PARTS)
    tried = noticed = 0
    with tempfile.TemporaryDirectory(prefix="bridge-mutants-") as folder:
        copy_tree(Path(folder))
        for name in names:
            seed = os.environ.get("SEED", "1")
            of_part, found, stopped = try_part(Path(folder), name, sample, seed)
            tried, noticed = tried + of_part, noticed + found
            if stopped:
                break
    rate = 100 * noticed / max(tried, 1)
    print(f"{noticed} of {tried} changes were noticed: {rate:.0f} % (goal {GOAL} %)")
    sys.exit(0 if rate >= GOAL else 1)


if __name__ == "__main__":
    main()
