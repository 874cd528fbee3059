"""Which tests run which line (coverage.py), and how long each test takes."""

from __future__ import annotations

import ast
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from coverage import Coverage

AT_IMPORT = ""


def statement_lines(source: str) -> dict[int, range]:
    """Return for each line the lines of its innermost statement; of a compound one, those before what is in it."""
    found: dict[int, range] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            body = getattr(node, "body", None)
            first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            last = max(first, body[0].lineno - 1) if body else (node.end_lineno or first)
            for line in range(first, last + 1):
                found[line] = range(first, last + 1)
    return found


class Reach:
    """What a run of all tests of a part told."""

    def __init__(self, modules: list[Path]) -> None:
        self.modules = modules
        self.coverage = Coverage(data_file=None, include=[str(path) for path in modules], config_file=False)
        self.seconds: dict[str, float] = {}
        self.noticed: Counter[str] = Counter()
        self._lines: dict[Path, dict[int, set[str]]] = {}
        self._statements: dict[Path, dict[int, range]] = {}

    def test(self, name: str, run: Callable[[], object]) -> None:
        self.coverage.switch_context(name)
        began = time.perf_counter()
        run()
        self.seconds[name] = time.perf_counter() - began

    def lines(self, path: Path) -> dict[int, set[str]]:
        """Return the tests that ran each line; `AT_IMPORT` is one of them where it ran at import."""
        if path not in self._lines:
            of_file = self.coverage.get_data().contexts_by_lineno(str(path.resolve()))
            self._lines[path] = defaultdict(set, {line: set(names) for line, names in of_file.items()})
            self._statements[path] = statement_lines(path.read_text(encoding="utf-8"))
        return self._lines[path]

    def of_line(self, path: Path, line: int) -> set[str]:
        lines = self.lines(path)
        return set().union(*(lines[each] for each in self._statements[path].get(line, range(line, line + 1))))

    def of_module(self, path: Path) -> set[str]:
        return set().union(*self.lines(path).values())

    def quickest(self, names: set[str]) -> list[str]:
        """Return the tests in the order in which they are worth their time: quick ones, and those that have noticed much."""
        return sorted(names & self.seconds.keys(), key=lambda name: self.seconds[name] / (1 + self.noticed[name]))
