"""Which changes are tried: none that changes nothing, and of the others all or a sample."""

from __future__ import annotations

import ast
import random
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, WorkerOutcome, WorkItem, WorkResult

Place = tuple[int, int]
# None, members of enums and classes, which are all that is compared by `is` here, are equal to themselves alone.
SAME = ("core/ReplaceComparisonOperator_Is_Eq", "core/ReplaceComparisonOperator_IsNot_NotEq")


def choose(work: WorkDB, home: Path, sample: int | None, hand: random.Random) -> None:
    """Leave out what is no change, and all but a sample; no place is taken twice while there are others."""
    items = sorted(work.work_items, key=lambda item: (_at(item), _change(item).operator_name))
    hand.shuffle(items)
    annotated = {path: annotations(home / path) for path in {_change(item).module_path for item in items}}
    first: list[WorkItem] = []
    again: list[WorkItem] = []
    seen: set[tuple[str, Place]] = set()
    for item in items:
        change = _change(item)
        if change.operator_name in SAME or _within(change.start_pos, annotated[change.module_path]):
            continue
        (again if _at(item) in seen else first).append(item)
        seen.add(_at(item))
    taken = {item.job_id for item in (first + again)[:sample]}
    for item in items:
        if item.job_id not in taken:
            work.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def annotations(path: Path) -> list[tuple[Place, Place]]:
    """Return from where to where annotations go: they are never calculated, so `A | B` in them is none."""
    found: list[tuple[Place, Place]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for one in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(one, ast.expr):
                found.append(((one.lineno, one.col_offset), (one.end_lineno or one.lineno, one.end_col_offset or 0)))
    return found


def _change(item: WorkItem) -> MutationSpec:
    return item.mutations[0]


def _at(item: WorkItem) -> tuple[str, Place]:
    return str(_change(item).module_path), _change(item).start_pos


def _within(place: Place, ranges: list[tuple[Place, Place]]) -> bool:
    return any(start <= place < end for start, end in ranges)
