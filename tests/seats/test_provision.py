"""Provision files: what they do, and how they are refused."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from bridge.pipeline.bots import greeters
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat, SeatGroup
from seats.provision import schema
from tests.echo.models import EchoAccount

pytestmark = pytest.mark.once

GOOD = """
[tencent_im]
sdk_app_id = 1400000001
secret_key = "im-secret"
admin = "administrator"
callback_token = "cb"
api_base = "https://console.tim.qq.com"
[[wechat_account]]
slug = "shop"
name = "旗舰店"
app_id = "wx1"
app_secret = "s"
token = "t"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
encryption = "secure"
api_base = "https://api.weixin.qq.com"
group = "sales"
[[group]]
slug = "sales"
name = "销售"
[[seat]]
username = "alice"
password = "correct horse battery"
groups = ["sales"]
im_user_id = "alice-im"
capacity = 7
weight = 3
[[seat]]
username = "bob"
groups = []
"""


def provision(tmp_path, text):
    path = tmp_path / "site.toml"
    path.write_text(text)
    call_command("provision", str(path))


def test_it_makes_a_site(db, tmp_path):
    provision(tmp_path, GOOD)
    account = WeChatAccount.objects.get()
    assert (account.slug, account.name, account.group, account.token) == ("shop", "旗舰店", "sales", "t")
    assert TencentIMApp.objects.get().secret_key == "im-secret"
    alice = Seat.objects.get(im_user_id="alice-im")
    assert (alice.capacity, alice.weight, [str(group) for group in alice.groups.all()]) == (7, 3, ["销售"])
    assert alice.user.check_password("correct horse battery")
    assert not User.objects.get(username="bob").has_usable_password()
    assert Seat.objects.get(user__username="bob").im_user_id == "bob"


def test_twice_is_once_and_changes_are_taken(db, tmp_path, capsys):
    provision(tmp_path, GOOD)
    before = User.objects.get(username="alice").password
    provision(tmp_path, GOOD)
    assert "0 created, 0 changed" in capsys.readouterr().out
    assert User.objects.get(username="alice").password == before
    provision(tmp_path, GOOD.replace("capacity = 7", "capacity = 9").replace("旗舰店", "新店"))
    assert (Seat.objects.get(im_user_id="alice-im").capacity, WeChatAccount.objects.get().name) == (9, "新店")
    assert WeChatAccount.objects.count() == SeatGroup.objects.count() == 1


BOTS = GOOD.replace(
    'group = "sales"\n[[group]]', 'group = "sales"\nbots = [{ name = "faq", settings = { most = 3 } }]\n[[group]]'
)


def test_the_bots_that_greet_an_accounts_customers(db, tmp_path, capsys):
    provision(tmp_path, BOTS)
    account = WeChatAccount.objects.get()
    assert account.bots == [{"name": "faq", "on": True, "settings": {"most": 3}}]
    assert greeters(account.bots, account.first_mode) == ["faq", "transform"]
    provision(tmp_path, BOTS)
    assert "0 created, 0 changed" in capsys.readouterr().out
    provision(tmp_path, GOOD)
    assert WeChatAccount.objects.get().bots == account.bots, "what the file does not name stays"
    none = BOTS.replace('[{ name = "faq", settings = { most = 3 } }]', '[]\nfirst_mode = "faq"')
    provision(tmp_path, none)
    account.refresh_from_db()
    assert greeters(account.bots, account.first_mode) == ["transform"]


def test_a_third_platform_brings_its_own_table(db, tmp_path):
    text = '[[echo_account]]\nslug = "echo"\nkey = "k"\ngroup = "sales"\n[[group]]\nslug = "sales"\n'
    provision(tmp_path, text)
    account = EchoAccount.objects.get()
    assert (account.name, account.key, account.group) == ("echo", "k", "sales")
    with pytest.raises(CommandError, match=r"echo_account.. echo: key: "):
        provision(tmp_path, text.replace('key = "k"', ""))


GROUP = GOOD.replace('slug = "sales"', 'slug = "sales"\n%s', 1)
WRONG = {
    "unknown key": (GOOD.replace("weight = 3", "wieght = 3"), ["[[seat]] alice", "wieght"]),
    "unknown table": (GOOD + "\n[webhooks]\nx = 1", ["webhooks"]),
    "short key": (GOOD.replace("abcdefghijk", "abc"), ["[[wechat_account]] shop", "encoding_aes_key", "43"]),
    "unknown group of a seat": (GOOD.replace('["sales"]', '["slaes"]'), ["[[seat]] alice", "groups", "slaes"]),
    "unknown group of an account": (GOOD.replace('group = "sales"', 'group = "x"'), ["shop", "group", "x"]),
    "wrong type": (GOOD.replace("capacity = 7", 'capacity = "7"'), ["alice", "capacity", "int"]),
    "yes as a number": (GOOD.replace("capacity = 7", "capacity = true"), ["alice", "capacity", "int"]),
    "negative": (GOOD.replace("weight = 3", "weight = 0"), ["alice", "weight"]),
    "missing": (GOOD.replace('token = "t"', ""), ["shop", "token"]),
    "not TOML": (GOOD + "\n[[", ["TOML"]),
    "bad mode": (GOOD.replace('"secure"', '"secret"'), ["shop", "encryption"]),
    "bad address": (GOOD.replace("https://api.weixin", "ftp://api.weixin"), ["shop", "api_base"]),
    "twice": (GOOD + '\n[[group]]\nslug = "sales"', ["[[group]] sales"]),
    "long IM id": (GOOD.replace("alice-im", "a" * 33), ["alice", "im_user_id"]),
    "same IM id": (GOOD + 'im_user_id = "alice-im"', ["bob", "im_user_id"]),
    "no key in secure mode": (GOOD.replace("encoding_aes_key", "previous_aes_key"), ["shop", "encoding_aes_key"]),
    "an account's AppID at another": (
        GOOD + '\n[[wechat_account]]\nslug = "b"\napp_id = "wx1"\napp_secret = "s"\ntoken = "t"\nencryption = "plain"',
        ["[[wechat_account]] b", "app_id", "shop"],
    ),
    "unknown bot": (BOTS.replace('"faq"', '"fax"'), ["shop", "bots", "faq"]),
    "a bot that greets nobody": (BOTS.replace('"faq"', '"send"'), ["shop", "bots", "faq"]),
    "no table": (BOTS.replace('{ name = "faq", settings = { most = 3 } }', '"faq"'), ["shop", "bots", "faq"]),
    "unknown setting of a bot": (BOTS.replace("most", "least"), ["shop", "bots", "faq", "least", "most"]),
    "a bot's setting outside": (BOTS.replace("most = 3", "most = 101"), ["shop", "bots", "faq: most", "100"]),
    "a bot's setting of another kind": (BOTS.replace("most = 3", 'most = "many"'), ["shop", "bots", "faq: most"]),
    "neither on nor off": (BOTS.replace('"faq",', '"faq", on = "yes",'), ["shop", "bots", "faq"]),
    "settings that are none": (BOTS.replace("{ most = 3 }", "3"), ["shop", "bots", "faq"]),
    "overflow to itself": (GROUP % 'overflow_group = "sales"', ["[[group]] sales", "overflow_group"]),
    "unknown overflow": (GROUP % 'overflow_group = "care"', ["[[group]] sales", "overflow_group", "care"]),
    "unknown strategy": (GROUP % 'strategy = "best"', ["[[group]] sales", "strategy", "weighted"]),
    "unknown hours": (GROUP % 'hours = "night"', ["[[group]] sales", "hours", "night"]),
    "unknown supervisor": (GROUP % 'supervisors = ["nobody"]', ["[[group]] sales", "supervisors", "nobody"]),
    "no day": (GOOD + '\n[[hours]]\nname = "office"\nspecial_days = { "1. May" = "" }', ["[[hours]] office", "1. May"]),
    "one bracket": (GOOD.replace("[[group]]", "[group]"), ["[[group]]"]),
}


@pytest.mark.parametrize(("text", "named"), WRONG.values(), ids=WRONG)
def test_mistakes_are_named_and_nothing_is_half_applied(db, tmp_path, text, named):
    with pytest.raises(CommandError) as refused:
        provision(tmp_path, text)
    assert all(word in str(refused.value) for word in ["site.toml", *named] if word != "TOML")
    assert not SeatGroup.objects.exists()
    assert not WeChatAccount.objects.exists()
    assert not User.objects.exists()


def test_a_missing_file(db, tmp_path):
    with pytest.raises(CommandError):
        call_command("provision", str(tmp_path / "none.toml"))
    with pytest.raises(schema.ProvisionError):
        schema.read(tmp_path / "none.toml")
