"""startbot: writes a chatbot with its test, as a package of its own."""

from __future__ import annotations

import keyword
import re
from argparse import ArgumentParser
from pathlib import Path
from string import Template
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from bridge.pipeline.bots import bots

STARTER = Path(__file__).parent.parent.parent / "starter"
NAME = re.compile(r"[a-z][a-z0-9]{0,24}")  # it must fit into the column of a conversation's mode


class Command(BaseCommand):
    """Writes NAME_bot.py, its test and a pyproject.toml into a directory. docs/chatbots.md explains them."""

    help = "Write a chatbot called NAME, its test and what makes it a package into DIRECTORY."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="small letters and digits, such as echo")
        parser.add_argument("directory", type=Path, help="where to write it; made where it is not there")

    def handle(self, *args: Any, name: str, directory: Path, **options: Any) -> None:
        if keyword.iskeyword(name):
            raise CommandError(_("%s is no name for a chatbot: it is a word of Python's own.") % name)
        if not NAME.fullmatch(name):
            raise CommandError(
                _("%s is no name for a chatbot: small letters and digits, a letter first, at most 25.") % name
            )
        if name in bots():
            raise CommandError(_("There is a chatbot called %s already.") % name)
        files = written(name)
        if known := [one for one in files if (directory / one).exists()]:
            raise CommandError(_("%s is there already; nothing was written.") % (directory / known[0]))
        directory.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (directory / file).write_text(text, "utf-8")
            self.stdout.write(str(directory / file))


def written(name: str) -> dict[str, str]:
    """Return the files of a chatbot called `name`, by their names."""
    module = f"{name}_bot"
    names = {"bot.py": f"{module}.py", "test_bot.py": f"test_{module}.py", "pyproject.toml": "pyproject.toml"}
    words = {"name": name, "title": name.capitalize(), "module": module}
    return {
        target: Template((STARTER / f"{source}-tpl").read_text("utf-8")).substitute(words)
        for source, target in names.items()
    }
