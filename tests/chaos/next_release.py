"""A release after this one, as it may be: its tables have grown by columns, indexes and tables, and it writes into them.

It is this tree, copied, with more fields in its models; its migrations are made by `makemigrations`, as a developer makes them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.stack import BASE, Stack

VERSION = "99.0.0"
# The tables that grow, by their app: those of a message's way, of assignments and of the reports.
GROWING = {
    "bridge": ("InboundEvent", "Lane", "Customer", "Conversation", "Message", "SearchText", "Delivery", "Fact"),
    "seats": ("Seat", "SeatGroup", "Assignment", "QueueEntry"),
    "chatbots": ("FaqEntry",),
    "analytics": ("Rollup", "ConversationRow"),
}
# One may be empty and has an index; the other the database itself fills for whoever does not know it.
FIELDS = """\
    next_note = models.CharField(max_length=9, null=True, default="next", editable=False, db_index=True)
    next_count = models.IntegerField(db_default=0, editable=False)

"""
TABLE = """

class Next(models.Model):
    note = models.CharField(max_length=9)
"""
LEFT_OUT = ("tests", "docs", "benchmarks", "var", "staticfiles", "node_modules", "__pycache__", ".*")


@contextmanager
def made(site: Stack) -> Iterator[Path]:
    """Return the folder with its code, of which the site's database knows nothing yet."""
    with tempfile.TemporaryDirectory(prefix="bridge-next-") as home:
        folder = Path(home) / "release"
        shutil.copytree(BASE, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        _replace(folder / "config" / "__init__.py", r'^VERSION = ".*"$', f'VERSION = "{VERSION}"')
        for app, names in GROWING.items():
            for name in names:
                _grow(folder / app, name)
            _models(folder / app, f"class {names[0]}(").open("a").write(TABLE)
        with site.code_in(folder):
            site.manage("makemigrations", "-v0", "-n", "next", *GROWING)
        yield folder


def _grow(app: Path, name: str) -> None:
    """Put the new columns at the end of a model's own, before its Meta."""
    _replace(_models(app, f"class {name}("), rf"(^class {name}\(.*?)(?=^    class Meta)", rf"\g<1>{FIELDS}")


def _models(app: Path, words: str) -> Path:
    """Return the file of the app's models that has these words."""
    files = [app / "models.py", *app.glob("models/*.py")]
    return next(file for file in files if file.exists() and words in file.read_text("utf-8"))


def _replace(file: Path, pattern: str, words: str) -> None:
    text, times = re.subn(pattern, words, file.read_text("utf-8"), count=1, flags=re.M | re.S)
    assert times, f"{file} has no {pattern}"
    file.write_text(text, "utf-8")
