"""A changed SECRET_KEY is said wherever somebody looks."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from bridge.base import secrets
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount
from config.run import prepare

ANOTHER = "another-key-of-no-value-another-key-of-no-value-another"


def forget_keys():
    """Let the fields derive their keys anew: a process does so once."""
    for field in (*WeChatAccount._meta.concrete_fields, *TencentIMApp._meta.concrete_fields):
        field.__dict__.pop("f", None)
        field.__dict__.pop("keys", None)


@pytest.fixture(autouse=True)
def _keys():
    yield
    forget_keys()


@pytest.fixture
def changed(site, settings):
    """A site whose SECRET_KEY is another one than that its secrets were stored with."""
    settings.SECRET_KEY = ANOTHER
    forget_keys()


def test_all_is_well_with_the_right_key(site):
    assert not secrets.unreadable()
    assert not [one for one in run_checks(databases=["default"]) if one.id == "bridge.E004"]


def test_the_check_names_it(changed):
    assert sum(secrets.unreadable().values()) > 0
    (error,) = [one for one in run_checks(databases=["default"]) if one.id == "bridge.E004"]
    assert "SECRET_KEY_FALLBACKS" in error.hint


def test_the_start_says_it(changed, capsys):
    prepare.check_secrets()
    assert "SECRET_KEY 已更改" in capsys.readouterr().out


def test_health_and_the_first_page_say_it(changed, client, admin_user):
    client.force_login(admin_user)
    assert client.get("/healthz").json()["checks"]["secrets"] == "down"
    page = client.get("/admin/").content.decode()
    assert 'role="alert"' in page
    assert "SECRET_KEY_FALLBACKS" in page


def test_the_first_key_among_the_fallbacks_reads_them(site, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], ANOTHER
    forget_keys()
    assert not secrets.unreadable()
    call_command("check", "--database", "default")
