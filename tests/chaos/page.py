"""The table, as it is printed and as docs/chaos.md shows it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.rows import Row
from tests.chaos.slopes import Rise
from tests.support import own_mariadb, own_rabbitmq, own_redis

PAGE = Path(__file__).resolve().parents[2] / "docs" / "chaos.md"
HEAD = ["case", "pushed", "acknowledged", "delivered", "unknown", "doubled", "reordered", "lost", "s to recover", "longest ack, s"]  # fmt: skip
SOAK_HEAD = ["what", "at first", "at last", "an hour", "may rise by"]
BEGIN, END = "<!-- table -->", "<!-- /table -->"
SOAK_BEGIN, SOAK_END = "<!-- soak -->", "<!-- /soak -->"


def line(cells: list[str]) -> str:
    """Return one line of the table."""
    return f"| {' | '.join(cells)} |"


def write(rows: list[Row], names: Sequence[str]) -> None:
    """Put the table with date and machine between the page's marks; lines of cases that were not played stay as they were.

    `names` are those of all cases, in their order.
    """
    text = PAGE.read_text("utf-8")
    PAGE.write_text(
        re.sub(f"{BEGIN}.*{END}", lambda found: _table(found.group(), rows, names), text, flags=re.S), "utf-8"
    )


def _table(before: str, rows: list[Row], names: Sequence[str]) -> str:
    lines = {one.split(" | ")[0].removeprefix("| "): one for one in before.splitlines() if one.startswith("| ")}
    lines |= {row.case: line(row.cells()) for row in rows}
    shown = [lines[name] for name in names if name in lines]
    table = [line(HEAD), line(["---"] * len(HEAD)), *shown]
    return "\n".join([BEGIN, "", f"{datetime.now(UTC):%Y-%m-%d}, {machine()}:", "", *table, "", END])


def write_soak(rises: Sequence[Rise], row: Row, minutes: float) -> None:
    """Put what a soak has measured between its marks."""
    table = [line(SOAK_HEAD), line(["---"] * len(SOAK_HEAD)), *(line(one.cells()) for one in rises)]
    came = f"{row.pushed} messages, {row.doubled} doubled, {row.reordered} reordered, {row.lost} lost"
    head = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, {minutes:.0f} minutes, {came}:"
    words = "\n".join([SOAK_BEGIN, "", head, "", *table, "", SOAK_END])
    text = PAGE.read_text("utf-8")
    PAGE.write_text(re.sub(f"{SOAK_BEGIN}.*{SOAK_END}", lambda _found: words, text, flags=re.S), "utf-8")


def machine() -> str:
    """Return what it ran on, in a few words."""
    versions = [
        _first(str(own_mariadb.SERVER), "--version", r"(\d[\d.]+)-?(MariaDB)", r"\2 \1"),
        _first(str(own_redis.SERVER), "--version", r"v=([\d.]+)", r"Redis \1"),
        "RabbitMQ" if own_rabbitmq.is_here() else "",
    ]
    return ", ".join([f"{os.cpu_count()} cores", f"Python {platform.python_version()}", *filter(None, versions)])


def _first(program: str, word: str, pattern: str, words: str) -> str:
    try:
        said = subprocess.run([program, word], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    found = re.search(pattern, said)
    return found.expand(words) if found else ""
