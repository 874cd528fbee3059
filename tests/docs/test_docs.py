"""What the docs name is what there is: console steps, settings and their defaults, commands, callbacks, links, pages of the menu."""

from __future__ import annotations

import ast
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.management import get_commands
from django.utils.translation import override

from bridge.platforms.tencent_im import checks
from bridge.platforms.tencent_im import console as tencent
from bridge.platforms.wechat import console as wechat
from config import backoffice
from seats.models import SeatGroup

pytestmark = pytest.mark.once

BASE = Path(__file__).resolve().parents[2]
PAGES = [*BASE.glob("*.md"), *(BASE / "docs").rglob("*.md")]
LANGUAGES = {"en": "", "zh-hans": ".zh-CN"}
IDS = [str(page.relative_to(BASE)) for page in PAGES]
# Read by programs of their own, which the docs describe at their own places.
ELSEWHERE = {"DJANGO_SETTINGS_MODULE", "MAKE_PID"}


def text_of(name: str, language: str = "en") -> str:
    return (BASE / "docs" / f"{name}{LANGUAGES[language]}.md").read_text()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def values_read() -> dict[str, set[Any]]:
    """Return the variables that the site reads, each with its defaults as far as they are written down as values."""
    found: dict[str, set[Any]] = {}
    for path in ("config/settings.py", "config/run/web.py", "config/run/bootstrap.py", "sandbox/settings.py"):
        for node in ast.walk(ast.parse((BASE / path).read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            name = node.args[0]
            if ast.unparse(node.func.value) in ("env", "os.environ") and isinstance(name, ast.Constant):
                given = [one.value for one in node.keywords if one.arg == "default"]
                found.setdefault(name.value, set()).update(_value(one) for one in given)
    return {name: {one for one in values if one not in (None, "")} for name, values in found.items()}


def _value(node: ast.expr) -> Any:
    """Return the value of a number, a word or a product of numbers; None of what is only known when it runs."""
    try:
        found = eval(compile(ast.Expression(node), "-", "eval"), {"__builtins__": {}})
    except (NameError, TypeError):
        return None
    return None if isinstance(found, list) else int(found) if isinstance(found, bool) else found


def documented(language: str) -> dict[str, str]:
    """Return the variables of the tables in docs/configuration.md with what stands there as their default."""
    found: dict[str, str] = {}
    for row in re.findall(r"^\| (`[A-Z].*?) \|(.*?)\|", text_of("configuration", language), re.M):
        names = re.findall(r"`([A-Z0-9_]+)`", row[0])
        defaults = row[1].split(", ") if len(names) > 1 else [row[1]]
        assert len(defaults) == len(names), row
        found.update(zip(names, (one.strip() for one in defaults), strict=True))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_consoles_steps_are_those_of_the_assistant(language):
    page = squeezed(text_of("connect", language))
    address, slug = ("https://<your address>", "<slug>") if language == "en" else ("https://<你的地址>", "<标识>")
    account = f"`{address}/callbacks/wechat/{slug}/`"
    with override(language):
        lists = [
            tencent.steps(f"`{address}/callbacks/tencent-im/`"),
            wechat.steps(account),
            wechat.steps(account, mini=True),
        ]
    for steps in lists:
        assert squeezed("".join(f"{number}. {step}" for number, step in enumerate(steps, 1))) in page


def test_all_callbacks_are_named_in_the_steps():
    with override("en"):
        said = "".join(tencent.steps("-"))
    assert set(re.findall(r"\b(?:C2C|State)\.\w+", said)) == set(checks.SWITCHES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_documented_with_its_default(language):
    read, said = values_read(), documented(language)
    own = {name for name in read if not name.startswith("SANDBOX_") or name == "SANDBOX_PORT"} - ELSEWHERE
    assert set(said) == own
    for name, default in said.items():
        plain = re.fullmatch(r"[\w.@,:-]+", default) and default not in ("内置", "无", "none", "any")
        for value in read[name] if plain else ():
            assert default == (f"{value:g}" if isinstance(value, float) else str(value)), name
    sandbox = text_of("sandbox", language)
    for name in read:
        assert not name.startswith("SANDBOX_") or name in sandbox, name


def test_the_example_names_settings_that_there_are():
    named = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$", (BASE / ".env.example").read_text(), re.M)
    compose = set(re.findall(r"\$\{(\w+)", (BASE / "compose.yaml").read_text()))
    read = values_read()
    assert {name for name, _example in named} - set(read) - compose == set()
    assert compose <= {name for name, _example in named}
    assert len(named) == len(dict(named)), "none twice"


def test_both_languages_have_the_same_provision_file():
    blocks = [re.search(r"```toml\n(.*?)```", text_of("configuration", language), re.S)[1] for language in LANGUAGES]
    english, chinese = (tomllib.loads(block) for block in blocks)
    assert english == chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_parameters_of_a_group_are_its_fields_with_their_defaults(language):
    rows = re.findall(r"^\| (`[a-z_]+`(?:[,、] ?`[a-z_]+`)*) \| ([^|]+) \|", text_of("routing", language), re.M)
    found: dict[str, str] = {}
    for names, defaults in rows:
        keys = re.findall(r"`([a-z_]+)`", names)
        found.update(zip(keys, re.split(r"[,、] ?", defaults), strict=False))
    fields = {one.name: one.default for one in SeatGroup._meta.fields}
    checked = {name: str(getattr(fields[name], "value", fields[name])) for name in found if name in fields}
    words = {"hours", "overflow_group"}
    assert {name: found[name] for name in checked if name not in words} == {
        name: value for name, value in checked.items() if name not in words
    }
    assert len(checked) >= 13


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_and_settings_that_a_page_names_exist(page):
    if page.name == "CHANGELOG.md" or "decisions" in page.parts:
        return  # they tell what was
    text = page.read_text()
    known = {*get_commands(), "startbot"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) - known == set()
    targets = set(re.findall(r"^([a-z-]+):", (BASE / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`(?:\w+=\S+ )*make ([a-z-]+)`", text)) - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _mark, anchor = unquote(target).partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        if anchor:
            assert anchor in anchors(other), target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for title in re.findall(r"^#+ (.+)$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").strip().lower()
        slug = "".join(one for one in plain if one in " -_" or unicodedata.category(one)[0] in "LNM").replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    return {slug if not at else f"{slug}-{at}" for slug, count in found.items() for at in range(count + 1)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_menu_have_the_names_that_the_docs_give_them(language, admin_client, rf, admin_user):
    request = rf.get("/admin/")
    request.user = admin_user
    with override(language):
        menu = {
            str(group["title"]): {str(one["title"]) for one in group["items"]}
            for group in backoffice.navigation(request)
        }
    for page in PAGES:
        if (
            page.name.endswith(".zh-CN.md") != (language != "en")
            or "decisions" in page.parts
            or page.name == "CHANGELOG.md"
        ):
            continue
        for section, title in re.findall(r"\*([^*\n→]+) → ([^*→\n]+?)(?: → [^*]*)?\*", page.read_text()):
            if section in menu:
                assert title in menu[section], (page.name, section, title, menu[section])
