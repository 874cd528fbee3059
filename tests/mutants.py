"""`make mutants`: change the product for the worse, one place at a time, and count what the quick tests notice (cosmic-ray).

SAMPLE is how many changes are tried in each part (all without it), SEED chooses them, PARTS names the parts ("values permit").
It works on a copy of the tree, so nothing stays changed when it is interrupted; Ctrl-C prints the rate until then. It is run by
hand: all changes take many hours.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import toml
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, WorkerOutcome, WorkItem, WorkResult

BASE = Path(__file__).resolve().parent.parent
GOAL = 90
# In annotations `A | B` is never calculated.
ANNOTATIONS = "core/ReplaceBinaryOperator_BitOr_"
PYTEST = "-m pytest -x -p no:cacheprovider -m 'not workers and not browser and not services'"


@dataclass(frozen=True)
class Part:
    """Some modules, and the quick tests that ought to notice what changes there. Fast tests first: one failure is enough."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def protocol(platform: str, *modules: str) -> Part:
    folder, tests = f"bridge/platforms/{platform}", "tests/bridge/platforms"
    names = ("crypto", "fuzz", "payloads", "odd_answers", "contract")
    shared = [f"{tests}/test_{name}.py" for name in ("protocol", *names)]
    return Part(tuple(f"{folder}/{name}.py" for name in modules), (folder, *shared, f"{tests}/{platform}"))


PARTS = {
    "values": Part(("bridge/values",), ("bridge/values", "tests/bridge/values")),
    "pipeline": Part(
        ("bridge/pipeline",), ("bridge/pipeline", "tests/bridge/pipeline", "tests/bridge/apply", "tests/chatbots")
    ),
    "permit": Part(
        ("bridge/outbox/permit.py",),
        (
            "tests/bridge/platforms/wechat/test_windows.py",
            "tests/bridge/outbox",
            "tests/bridge/platforms/test_codes.py",
        ),
    ),
    "routing": Part(("seats/routing",), ("seats/routing", "tests/seats/routing", "tests/chatbots/test_transfer.py")),
    "wechat": protocol("wechat", "crypto", "envelope", "parse", "protocol", "render"),
    "tencent_im": protocol("tencent_im", "crypto", "elements", "parse", "protocol", "render"),
}


def copy_tree(target: Path) -> None:
    """Copy what git knows, as it is now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=BASE, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BASE / name, target / name)


def choose(work: WorkDB, sample: int | None, hand: random.Random) -> None:
    """Leave out what is no change, and all but a sample; no place is taken twice while there are others."""

    def place(item: WorkItem) -> MutationSpec:
        return item.mutations[0]

    def key(item: WorkItem) -> tuple[str, tuple[int, int], str]:
        return str(place(item).module_path), place(item).start_pos, place(item).operator_name

    items = sorted(work.work_items, key=key)
    hand.shuffle(items)
    wanted = [item for item in items if not place(item).operator_name.startswith(ANNOTATIONS)]
    seen: set[tuple[Path, tuple[int, int]]] = set()
    again = []
    chosen = []
    for item in wanted:
        at = (place(item).module_path, place(item).start_pos)
        (again if at in seen else chosen).append(item)
        seen.add(at)
    taken = {item.job_id for item in (chosen + again)[:sample]}
    for item in items:
        if item.job_id not in taken:
            work.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def cosmic_ray(home: Path, environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "cosmic_ray.cli", *words]
    subprocess.run(command, cwd=home, env=environment, check=True)


def try_part(home: Path, name: str, part: Part, sample: int | None, seed: str) -> tuple[int, int, bool]:
    """Return how many changes were tried, how many were noticed, and whether Ctrl-C ended it; print what was not noticed."""
    # The tests' own directories go with the copy, also those of a run that had to be killed.
    environment = {**os.environ, "TMPDIR": str(home / "tmp"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    (home / "tmp").mkdir(exist_ok=True)
    command = f"{sys.executable} {PYTEST} {' '.join(part.tests)}"
    began = time.monotonic()
    subprocess.run(command, shell=True, cwd=home, env=environment, check=True, stdout=subprocess.DEVNULL)
    timeout = 30 + 4 * (time.monotonic() - began)
    config, session = home / f"{name}.toml", home / f"{name}.sqlite"
    words = {"module-path": list(part.modules), "timeout": timeout, "excluded-modules": [], "test-command": command}
    config.write_text(toml.dumps({"cosmic-ray": {**words, "distributor": {"name": "local"}}}))
    cosmic_ray(home, environment, "init", config.name, session.name)
    with use_db(str(session), WorkDB.Mode.open) as work:
        choose(work, sample, random.Random(f"{seed} {name}"))
    stopped = False
    try:
        cosmic_ray(home, environment, "exec", config.name, session.name)
    except KeyboardInterrupt:
        stopped = True
    with use_db(str(session), WorkDB.Mode.open) as work:
        tried = [result for _job, result in work.results if result.worker_outcome is WorkerOutcome.NORMAL]
    survived = [result for result in tried if not result.is_killed]
    for result in survived:
        print(result.diff)
    print(f"{name}: {len(tried) - len(survived)} of {len(tried)} noticed", flush=True)
    return len(tried), len(tried) - len(survived), stopped


def main() -> None:
    sample = int(os.environ["SAMPLE"]) if os.environ.get("SAMPLE") else None
    names = os.environ.get("PARTS", "").split() or list(PARTS)
    tried = noticed = 0
    with tempfile.TemporaryDirectory(prefix="bridge-mutants-") as folder:
        copy_tree(Path(folder))
        for name in names:
            seed = os.environ.get("SEED", "1")
            of_part, found, stopped = try_part(Path(folder), name, PARTS[name], sample, seed)
            tried, noticed = tried + of_part, noticed + found
            if stopped:
                break
    rate = 100 * noticed / max(tried, 1)
    print(f"{noticed} of {tried} changes were noticed: {rate:.0f} % (goal {GOAL} %)")
    sys.exit(0 if rate >= GOAL else 1)


if __name__ == "__main__":
    main()
