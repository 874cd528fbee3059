"""Upgrades without a pause: the code of the last release runs on the tables of the next one; and one version everywhere."""

from __future__ import annotations

import io
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.core.management import call_command
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from config import VERSION
from tests.support.expanding import breaks
from tests.support.stack import BASE

pytestmark = pytest.mark.once

HEADINGS = re.findall(r"^## (\d+\.\d+\.\d+)(.*)$", (BASE / "CHANGELOG.md").read_text(), re.M)
RELEASED = {version for version, words in HEADINGS if "not released yet" not in words}
# The packages may lie below, too: `make test` makes its virtual environment here.
OURS = [config.label for config in apps.get_app_configs() if Path(config.path).parent == BASE]


def test_one_version_stands_everywhere():
    project = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]["version"]
    image = yaml.safe_load((BASE / "compose.yaml").read_text())["services"]["web"]["image"]
    example = re.search(r"^# VERSION=(.*)$", (BASE / ".env.example").read_text(), re.M)
    assert example
    assert {HEADINGS[0][0], project, image.partition(":-")[2].rstrip("}"), example[1]} == {VERSION}


def test_no_migration_after_the_first_breaks_the_release_before():
    # The tests' own tables are made without migrations.
    with override_settings(MIGRATION_MODULES={}):
        loader = MigrationLoader(None)
    later = {key: one for key, one in loader.disk_migrations.items() if key[0] in OURS and not one.initial}
    assert {key: list(breaks(one, RELEASED)) for key, one in later.items() if list(breaks(one, RELEASED))} == {}
    # Each app has a first one, which a new site alone runs.
    assert {app for app, _name in loader.disk_migrations} >= {"bridge", "seats", "chatbots", "analytics"}


def migration(*operations: migrations.operations.base.Operation, **facts: str) -> object:
    return type("Migration", (migrations.Migration,), {"operations": list(operations), **facts})


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("delivery", "colour", models.CharField(max_length=9, null=True)),
        migrations.AddField("delivery", "colour", models.CharField(max_length=9, db_default="")),
        migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("delivery", models.Index(fields=["code"], name="delivery_code")),
        migrations.AlterField("delivery", "code", models.CharField(max_length=40, null=True)),
        migrations.RunPython(migrations.RunPython.noop),
        migrations.AddField(
            "delivery", "of", models.ForeignKey("bridge.Tag", models.CASCADE, null=True, db_constraint=False)
        ),
        migrations.AddField("delivery", "of", models.ManyToManyField("bridge.Tag", db_constraint=False)),
    ],
)
def test_what_adds_breaks_nothing(operation):
    assert list(breaks(migration(operation), set())) == []


@pytest.mark.parametrize(
    "operation",
    [
        # Django's own default is no default of the column.
        migrations.AddField("delivery", "colour", models.CharField(max_length=9, default="")),
        migrations.AlterField("delivery", "content", models.JSONField()),
        migrations.RemoveField("delivery", "code"),
        migrations.RenameField("delivery", "code", "answer"),
        migrations.DeleteModel("Delivery"),
        migrations.AddConstraint("delivery", models.UniqueConstraint(fields=["code"], name="code_once")),
        migrations.RunSQL("ALTER TABLE bridge_delivery DROP COLUMN code"),
        # It deletes customers without these rows, of which it knows nothing.
        migrations.CreateModel("Colour", [("of", models.OneToOneField("bridge.Customer", models.CASCADE))]),
        migrations.AddField("delivery", "of", models.ForeignKey("bridge.Tag", models.CASCADE, null=True)),
        migrations.AddField("delivery", "of", models.ManyToManyField("bridge.Tag")),
    ],
)
def test_what_takes_away_breaks_the_release_before(operation):
    assert list(breaks(migration(operation), set())) != []


def test_new_tables_may_point_to_each_other():
    shade = migrations.CreateModel("Shade", [("of", models.ForeignKey("bridge.Colour", models.CASCADE))])
    colour = migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))])
    assert list(breaks(migration(colour, shade), set())) == []
    assert list(breaks(migration(shade), set())) != []


def test_what_a_release_did_without_may_go_in_the_next_one():
    gone = migration(migrations.RemoveField("delivery", "code"), unused_since="0.2.0")
    assert list(breaks(gone, {"0.1.0", "0.2.0"})) == []
    assert list(breaks(gone, {"0.1.0"})) == ["0.2.0 is no release"]


def test_the_version_is_said_with_the_state_of_the_database(db):
    said = io.StringIO()
    call_command("version", stdout=said)
    assert said.getvalue().startswith(f"{VERSION} (Python 3.")
