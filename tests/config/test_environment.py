"""A wrong value in the environment ends the program at once, with a sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.db.utils import OperationalError, ProgrammingError

from config import environment
from config.environment import BROKERS, REDIS, Variables
from config.misconfigured import Misconfigured
from config.parameters import PARAMETERS
from config.run import lock, prepare, reach
from tests.support.stack import BASE

pytestmark = pytest.mark.once


@pytest.fixture
def env(monkeypatch):
    """Return how a value is read that the environment has, as config.settings reads it."""

    def read(name: str, value: str, how: str, *words):
        monkeypatch.setenv(name, value)
        return getattr(Variables(), how)(name, *words)

    return read


@pytest.mark.parametrize(("value", "how", "words", "read"), [
    ("8000", "port", (1,), 8000),
    ("0.5", "float", (1,), 0.5),
    ("Yes", "bool", (False,), True),
    ("0", "bool", (True,), False),
    ("https://desk.example.com/", "site", ("",), "https://desk.example.com"),
    ("mysql://u:p@h/db", "database", ("",), "mysql://u:p@h/db"),
    ("", "database", ("sqlite:///x",), "sqlite:///x"),
    ("rediss://h:6380/1", "server", ("", REDIS), "rediss://h:6380/1"),
    ("amqp://u:p@h//", "server", ("", BROKERS), "amqp://u:p@h//"),
    ("mysql://u:p@a,b:3307/db", "database", ("",), "mysql://u:p@a,b:3307/db"),
    ("redis+sentinel://:p@a,b:26380/main/1", "redis", ("",), "redis+sentinel://:p@a,b:26380/main/1"),
    ("redis://h:6379/0", "redis", ("",), "redis://h:6379/0"),
    ("amqp://a//;amqp://b//", "brokers", ("",), "amqp://a//;amqp://b//"),
    ("", "brokers", ("redis://h:6379/0",), "redis://h:6379/0"),
    ("amqp://a//", "brokers", ("redis+sentinel://a/main",), "amqp://a//"),
    ("1", "quorum", ("amqp://a//;amqp://b//",), True),
    ("", "quorum", ("redis://h",), False),
    ("Asia/Shanghai", "zone", ("",), "Asia/Shanghai"),
    ("127.0.0.1, ::1,172.16.0.0/12", "proxies", ("",), "127.0.0.1, ::1,172.16.0.0/12"),
    (" a.example.com, ,b.example.com", "words", (), ["a.example.com", "b.example.com"]),
    ("", "words", (["127.0.0.1"],), ["127.0.0.1"]),
    ("tests.echo.platform.EchoPlatform", "paths", (), ["tests.echo.platform.EchoPlatform"]),
    ("https://a.example.com", "origins", ("",), ["https://a.example.com"]),
    ("", "mail", (), {}),
    ("[::]:8000", "bind", ("",), ("::", 8000)),
    ("", "bind", ("127.0.0.1:8001",), ("127.0.0.1", 8001)),
    ("", "int", (5,), 5),
    (" ", "float", (0.5,), 0.5),
    ("", "bool", (True,), True),
    ("", "one_of", (("ask", "resend"), "ask"), "ask"),
    ("", "zone", ("Asia/Shanghai",), "Asia/Shanghai"),
    ("", "proxies", ("127.0.0.1",), "127.0.0.1"),
    ("", "queue", ("bridge",), "bridge"),
    ("a.example.com, .b.example.com,[::1],*", "hosts", ([],), ["a.example.com", ".b.example.com", "[::1]", "*"]),
    ("客服 <service@example.com>", "sender", ("",), "客服 <service@example.com>"),
    ("wechat-bridge@localhost", "sender", ("",), "wechat-bridge@localhost"),
    ("s3cr3t:/+=", "shown", (), "s3cr3t:/+="),
    ("", "site", ("",), ""),
])  # fmt: skip
def test_what_can_be_is_read(env, value, how, words, read):
    assert env("X_TEST", value, how, *words) == read


@pytest.mark.parametrize(("value", "how", "words", "said"), [
    ("abc", "int", (1,), "whole number"),
    ("1.5", "int", (1,), "whole number"),
    ("0", "port", (1,), "between 1 and 65535"),
    ("65536", "port", (1,), "between 1 and 65535"),
    ("x", "float", (1,), "a number"),
    ("maybe", "bool", (1,), "1 or 0"),
    ("pray", "one_of", (("ask", "resend"), "ask"), "ask, resend"),
    ("Mars/Base", "zone", ("",), "Asia/Shanghai"),
    ("*", "proxies", ("",), "never *"),
    ("127.0.0.1,proxy", "proxies", ("",), "172.16.0.0/12"),
    ("desk.example.com", "site", ("",), "https://"),
    ("ftp://desk.example.com", "site", ("",), "https://"),
    ("https://", "site", ("",), "https://"),
    ("https://h:port", "site", ("",), "no address"),
    ("https://h/?x=1", "site", ("",), "https://"),
    ("postgres://u:p@h/db", "database", ("",), "sqlite://, mysql://"),
    ("mysql://u:p@h", "database", ("",), "no database"),
    ("mysql://u:p@a,b", "database", ("",), "no database"),
    ("mysql://u:p@a,/db", "database", ("",), "host1:3306,host2:3306/name"),
    ("mysql://u:p@a:1,b:port/db", "database", ("",), "host1:3306,host2:3306/name"),
    ("redis+sentinel://a,b", "redis", ("",), "host3:26379/mymaster/0"),
    ("redis+sentinel://a,b/main/zero", "redis", ("",), "host3:26379/mymaster/0"),
    ("redis+sentinel://a,:1/main", "redis", ("",), "host3:26379/mymaster/0"),
    ("amqp://a//;redis://b", "brokers", ("",), "amqp://, amqps://"),
    ("amqp://a//;amqp://", "brokers", ("",), "neither a host nor a path"),
    ("", "brokers", ("redis+sentinel://a/main",), "must name a RabbitMQ"),
    ("1", "quorum", ("redis://h",), "RabbitMQ alone"),
    ("mysql://u:p@h/", "database", ("",), "no database"),
    ("nonsense", "server", ("", REDIS), "redis://"),
    ("redis://", "server", ("", REDIS), "neither a host nor a path"),
    ("0", "int", (5, 1), "1 or more"),
    ("99999999999999999999999", "int", (5, 1), "2147483647 or less"),
    ("1e309", "float", (5, 0), "86400 or less"),
    ("nan", "float", (5, 0), "a number"),
    ("11", "int", (5, 1, 10), "10 or less"),
    ("汉字", "shown", (), "ASCII"),
    ("two words", "shown", (), "without blanks"),
    ("a,b", "queue", ("bridge",), "letters, digits"),
    ("https://desk.example.com", "hosts", ([],), "without https://"),
    ("desk.example.com:8000", "hosts", ([],), "without https://"),
    ("客服.example.com", "hosts", ([],), "without https://"),
    ("service", "sender", ("",), "service@example.com"),
    ("%s'\"@x", "sender", ("",), "service@example.com"),
    ("\udcff", "word", ("",), "UTF-8"),
    ("-0.1", "float", (5, 0), "0 or more"),
    ("", "needed", ("MEDIA_STORAGE=s3",), "needed with MEDIA_STORAGE=s3"),
    ("nope.Nope", "paths", (), "no such module"),
    ("tests.echo.platform.EchoPlatform,..x", "paths", (), "no such module"),
    ("desk.example.com", "origins", ("",), "http:// or https://"),
    ("nonsense", "mail", (), "smtp+tls://"),
    ("smtp+tls://", "mail", (), "smtp+tls://"),
    ("0.0.0.0:abc", "bind", ("",), "0.0.0.0:8000"),
    ("8000", "bind", ("",), "0.0.0.0:8000"),
    ("0.0.0.0:0", "bind", ("",), "0.0.0.0:8000"),
    ("/dev/null", "place", (None,), "this is a file"),
    ("/tmp/100%", "folder", (None,), "%"),
    ("/dev/null", "folder", (None,), "cannot be written"),
    ("/dev/null/x", "folder", (None,), "cannot be written"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_both_languages(env, value, how, words, said):
    with pytest.raises(Misconfigured) as refused:
        env("X_TEST", value, how, *words)
    sentence = str(refused.value)
    assert sentence.count("X_TEST") == 2
    assert said in sentence
    assert any("一" <= character <= "鿿" for character in sentence)
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["METRICS_TOKEN", "MEDIA_S3_SECRET", "SECRET_KEY"])
def test_no_secret_is_said_whatever_is_wrong_with_it(env, name):
    for wrong in ("geheim 汉字", "geheim\udcff"):
        with pytest.raises(Misconfigured) as refused:
            env(name, wrong, "shown")
        assert name in str(refused.value)
        assert "geheim" not in str(refused.value)


def test_an_empty_data_dir_is_the_usual_one(env, tmp_path):
    """A line of .env without a value is as though it were not there."""
    assert env("X_TEST", "", "folder", tmp_path / "var") == tmp_path / "var"
    assert env("X_TEST", "", "place", tmp_path / "media") == tmp_path / "media"


def test_a_provision_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="PROVISION"):
        prepare.check_provision(str(tmp_path / "site.toml"))
    prepare.check_provision("")


@pytest.mark.parametrize("url", ["mysql://u:se:cr@et@h", "redis://:secret@h:x/0", "amqp://u:secret@/"])
def test_no_password_is_said(env, url):
    with pytest.raises(Misconfigured) as refused:
        env("X_TEST", url, "database", "")
    assert "secret" not in str(refused.value)
    assert "se:cr" not in str(refused.value)
    assert "***" in str(refused.value)


@pytest.mark.parametrize(("number", "words"), [(28, "No space left"), (30, "Read-only file system")])
def test_a_disk_that_takes_nothing_is_said(env, monkeypatch, tmp_path, number, words):
    def refused(**_words):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(environment.tempfile, "TemporaryFile", refused)
    with pytest.raises(Misconfigured, match=words):
        env("X_TEST", str(tmp_path), "folder", None)


@pytest.mark.parametrize(("name", "value", "words"), [
    ("WINDOW_LOW", -3, "a number from 0 to 20"),
    ("HTTP_TIMEOUT", 0.5, "a number from 1 to 60"),
    ("SERVICE_LEVEL_SECONDS", "61", "one of these"),
])  # fmt: skip
def test_the_environment_holds_to_the_parameters_ranges(name, value, words):
    with pytest.raises(Misconfigured, match=words):
        environment.within(PARAMETERS, {name: value})


def test_the_driver_that_mysql_needs_is_named(env, monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match=r"requirements-mysql\.txt"):
        env("X_TEST", "mysql://u:p@h/db", "database", "")


def test_the_file_gives_what_the_environment_does_not_say(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("# a remark\nX_FILE=file\nX_BOTH='file'\n")
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    monkeypatch.setattr(os, "environ", {"X_BOTH": "environment"})
    monkeypatch.setattr(Variables, "ENVIRON", os.environ)
    env = Variables.load()
    assert (env.str("X_FILE"), env.str("X_BOTH")) == ("file", "environment")
    assert os.environ["X_FILE"] == "file", "what this process starts has it too"


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-m", "config.run.serve"], ["-m", "config.run.web"],
                                     ["-m", "celery", "-A", "config", "worker"]])  # fmt: skip
def test_every_way_of_starting_says_so_at_once(command, tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": "abc", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, *command], cwd=BASE, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "PORT is 'abc': a whole number is expected." in done.stderr
    assert "Traceback" not in done.stderr


def test_one_site_a_folder(tmp_path):
    held = lock.hold(tmp_path, 8000, os.getpid())
    with pytest.raises(lock.Taken) as taken:
        lock.hold(tmp_path, 8010, os.getpid())
    assert (taken.value.pid, taken.value.port) == (os.getpid(), 8000)
    os.close(held)
    os.close(lock.hold(tmp_path, 8010, os.getpid()))


def test_a_second_site_in_the_folder_is_refused(tmp_path):
    held = lock.hold(tmp_path, 8000, os.getpid())
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": "8010", "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-m", "config.run.serve"]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=60)
    os.close(held)
    assert done.returncode == 1
    assert f"(process {os.getpid()}, port 8000)" in done.stderr
    assert not (tmp_path / "db.sqlite3").exists()


@pytest.mark.parametrize(("command", "name", "value"), [
    (["-m", "config.run.serve"], "REDIS_URL", "redis://:secret@127.0.0.1:1/0"),
    (["manage.py", "migrate"], "DATABASE_URL", "sqlite:////proc/nowhere/secret.sqlite3"),
])  # fmt: skip
def test_a_server_that_does_not_answer_is_named(tmp_path, command, name, value):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings",
                   "DATABASE_URL": "", "PORT": "8010", name: value}  # fmt: skip
    done = subprocess.run(
        [sys.executable, *command], cwd=BASE, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert f"{name} is {value.replace(':secret@', ':***@')!r}: it cannot be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert ":secret@" not in done.stderr


@pytest.mark.parametrize("more", [[], ["--traceback"]])
def test_a_database_without_tables_says_what_to_run(tmp_path, more):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "",
    }
    site = tmp_path / "site.toml"
    site.write_text('[[tag]]\nname = "VIP"\n', "utf-8")
    words = [sys.executable, "manage.py", "provision", str(site), *more]
    done = subprocess.run(words, cwd=BASE, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert ("run manage.py migrate first. It says: no such table" in done.stderr) is not bool(more)


@pytest.mark.parametrize(
    ("error", "lacks"),
    [
        (OperationalError("no such column: wake_at"), True), (ProgrammingError(1146, "Table 'x.y' doesn't exist"), True),
        (OperationalError(1054, "Unknown column"), True), (OperationalError(2002, "no connection"), False), (OperationalError(), False),
    ],
)  # fmt: skip
def test_which_errors_say_that_tables_are_missing(error, lacks):
    assert reach.lacks_tables(error) is lacks


def test_what_serves_says_which_server_is_away_and_goes_on(caplog):
    reach.say(SimpleNamespace(EMBEDDED_REDIS=False, REDIS_URL="redis://:secret@127.0.0.1:1/0",
                              BROKER_URL="redis+socket:///nowhere", DATABASE_URL="-"))  # fmt: skip
    assert "REDIS_URL is 'redis://:***@127.0.0.1:1/0'" in caplog.text
