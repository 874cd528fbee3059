"""The environment's variables, read strictly: a wrong value ends the program at once, with one sentence that says what to do.

The sentence names the variable, what was read (never a password) and what is expected, in both languages: nobody has
chosen one yet. Read by `config.settings` and `config.run`, so that every way of starting the site says the same.
"""

from __future__ import annotations

import builtins
import importlib.util
import ipaddress
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
TRUE, FALSE = ("1", "true", "yes", "on", "y", "t", "ok"), ("0", "false", "no", "off", "n", "f", "")
DATABASES = ("sqlite", "mysql")
IN_MEMORY = "sqlite://:memory:"
REDIS = ("redis", "rediss", "unix")
BROKERS = ("amqp", "amqps", "pyamqp", "redis", "rediss", "redis+socket")
_NEEDED: Any = environ.Env.NOTSET
_Number = TypeVar("_Number", int, float)


class Misconfigured(SystemExit):
    """A variable has a value that cannot be: the program ends with exit code 1 after this message."""


def sentence(variable: str, read: str, chinese: str, english: str) -> str:
    """Return what is said of a `variable` that was `read` and is not what is expected."""
    return f"✗ {variable}={read!r}：{chinese}。{variable} is {read!r}: {english}."


def refuse(variable: str, read: str, chinese: str, english: str) -> NoReturn:
    """End the program: `variable` was `read`, which is not what is expected. Raises: Misconfigured."""
    raise Misconfigured(sentence(variable, read, chinese, english))


def without_password(url: str) -> str:
    """Return an address without its password.

    >>> without_password("mysql://bridge:p@ss:word@db:3306/bridge")
    'mysql://bridge:***@db:3306/bridge'
    >>> without_password("redis://127.0.0.1:6379/0")
    'redis://127.0.0.1:6379/0'
    """
    head, mark, rest = url.rpartition("@")
    scheme, slashes, user = head.partition("://")
    name, colon, _password = user.partition(":")
    return f"{scheme}{slashes}{name}:***@{rest}" if mark and colon else url


class Variables(environ.Env):
    """The environment, with `.env` beside manage.py for what it does not say itself."""

    @classmethod
    def load(cls) -> Variables:
        """Return the variables, and let this process and those it starts have what `.env` says."""
        cls.read_env(BASE_DIR / ".env")
        return cls()

    def int(self, var: str, default: Any = _NEEDED, low: builtins.int | None = None) -> builtins.int:
        """Return a whole number, `low` at least. Raises: Misconfigured."""
        try:
            return _at_least(var, low, builtins.int(super().int(var, default=default)))
        except ValueError:
            refuse(var, self.str(var), "应为整数", "a whole number is expected")

    def float(self, var: str, default: Any = _NEEDED, low: builtins.float | None = None) -> builtins.float:
        """Return a number, `low` at least. Raises: Misconfigured."""
        try:
            return _at_least(var, low, builtins.float(self.str(var, default=str(default))))
        except ValueError:
            refuse(var, self.str(var), "应为数字", "a number is expected")

    def needed(self, var: str, because: str) -> builtins.str:
        """Return what must not be empty, `because` of another variable. Raises: Misconfigured."""
        if not (word := self.str(var, default="")):
            refuse(var, "", f"{because} 时必须填写", f"it is needed with {because}")
        return word

    def words(self, var: str, default: Collection[builtins.str] = ()) -> list[builtins.str]:
        """Return what stands between commas, without blanks; the `default` where it is unset or empty."""
        found = [word.strip() for word in self.str(var, default="").split(",")]
        return [word for word in found if word] or list(default)

    def paths(self, var: str) -> list[builtins.str]:
        """Return dotted paths of what can be imported, separated by commas. Raises: Misconfigured."""
        for path in (found := self.words(var)):
            try:
                known = importlib.util.find_spec(path.rpartition(".")[0] or path)
            except (ImportError, ValueError):
                known = None
            if known is None:
                refuse(
                    var,
                    path,
                    "找不到此模块，请先安装，或检查路径（如 echo_bot.EchoBot）",
                    "there is no such module; install it first, or correct the path (such as echo_bot.EchoBot)",
                )
        return found

    def origins(self, var: str, default: builtins.str) -> list[builtins.str]:
        """Return origins of forms, each with its scheme. Raises: Misconfigured."""
        for word in (found := self.words(var, [default])):
            if urlsplit(word).scheme not in ("http", "https"):
                refuse(var, word, "应以 http:// 或 https:// 开头", "it must begin with http:// or https://")
        return found

    def mail(self, var: str) -> dict[builtins.str, Any]:
        """Return Django's settings for the mail server at this address, none where it is empty. Raises: Misconfigured."""
        url = self.str(var, default="")
        if not url:
            return {}
        parts = _split(var, url)
        known = sorted(scheme for scheme in self.EMAIL_SCHEMES if scheme.startswith(("smtp", "file", "console")))
        if parts.scheme not in known or (parts.scheme.startswith("smtp") and not parts.hostname):
            refuse(
                var,
                without_password(url),
                "应如 smtp+tls://用户:密码@smtp.example.com:587",
                "it must look like smtp+tls://user:password@smtp.example.com:587",
            )
        return dict(self.email_url_config(url))

    def bind(self, var: str, default: builtins.str) -> tuple[builtins.str, builtins.int]:
        """Return the address and port to listen on. Raises: Misconfigured."""
        word = self.str(var, default="") or default
        host, _colon, port = word.rpartition(":")
        if not host or not port.isdigit() or not 0 < builtins.int(port) < 65536:
            refuse(
                var, word, "应为 地址:端口，如 0.0.0.0:8000", "an address and a port are expected, such as 0.0.0.0:8000"
            )
        return host.strip("[]"), builtins.int(port)

    def bool(self, var: str, default: Any = _NEEDED) -> bool:
        """Return yes or no. Raises: Misconfigured."""
        word = self.str(var, default=str(default)).strip().lower()
        if word not in (*TRUE, *FALSE):
            refuse(var, self.str(var), "应为 1 或 0", "1 or 0 is expected")
        return word in TRUE

    def one_of(self, var: str, known: Collection[str], default: str) -> str:
        """Return one of the `known` words. Raises: Misconfigured."""
        word = self.str(var, default=default)
        if word not in known:
            names = ", ".join(sorted(known))
            refuse(var, word, f"应为以下之一：{names}", f"one of these is expected: {names}")
        return word

    def port(self, var: str, default: builtins.int) -> builtins.int:
        """Return a TCP port. Raises: Misconfigured."""
        port = self.int(var, default=default)
        if not 0 < port < 65536:
            refuse(var, str(port), "端口应在 1 到 65535 之间", "a port lies between 1 and 65535")
        return port

    def zone(self, var: str, default: str) -> str:
        """Return the name of a time zone. Raises: Misconfigured."""
        name = self.str(var, default=default)
        if name not in available_timezones():
            refuse(
                var, name, "应为时区名，如 Asia/Shanghai", "the name of a time zone is expected, such as Asia/Shanghai"
            )
        return name

    def site(self, var: str, default: str) -> str:
        """Return the site's own address, without a slash at its end; `default` where it is unset or empty.

        Raises: Misconfigured.
        """
        url = (self.str(var, default="") or default).rstrip("/")
        parts = _split(var, url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            refuse(
                var,
                url,
                "应为以 http:// 或 https:// 开头的完整网址，如 https://kefu.example.com",
                "a whole address is expected that begins with http:// or https://, such as https://desk.example.com",
            )
        return url

    def proxies(self, var: str, default: str) -> str:
        """Return addresses and networks, separated by commas. Raises: Misconfigured.

        "*" is none: then whoever connects may say that they come from anywhere.
        """
        words = self.str(var, default=default)
        for word in words.split(","):
            try:
                ipaddress.ip_network(word.strip(), strict=False)
            except ValueError:
                refuse(
                    var,
                    words,
                    "应为反向代理的地址或网段，以逗号分隔，如 172.16.0.0/12；不能用 *",
                    "the addresses or networks of your reverse proxies are expected, such as 172.16.0.0/12, and never *",
                )
        return words

    def server(self, var: str, default: str, schemes: Collection[str]) -> str:
        """Return the address of a database, Redis or broker; `default` where it is unset or empty. Raises: Misconfigured."""
        url = self.str(var, default="") or default
        parts = _split(var, url)
        if parts.scheme not in schemes:
            known = ", ".join(f"{one}://" for one in schemes)
            refuse(var, without_password(url), f"应以 {known} 之一开头", f"it must begin with one of {known}")
        if not (parts.hostname or parts.path.strip("/")):
            refuse(var, without_password(url), "缺少主机名或路径", "it names neither a host nor a path")
        return url

    def database(self, var: str, default: str) -> str:
        """Return the database's address, which must name a database. Raises: Misconfigured.

        `sqlite://:memory:` is one in memory, for this process alone: a simulated day uses it.
        """
        if self.str(var, default="") == IN_MEMORY:
            return IN_MEMORY
        url = self.server(var, default, DATABASES)
        if urlsplit(url).scheme == "mysql" and importlib.util.find_spec("MySQLdb") is None:
            refuse(
                var,
                without_password(url),
                "未安装 mysqlclient：pip install -r requirements-mysql.txt",
                "mysqlclient is not installed: pip install -r requirements-mysql.txt",
            )
        if not urlsplit(url).path.strip("/"):
            refuse(var, without_password(url), "缺少数据库名", "it names no database; add /name at its end")
        return url

    def place(self, var: str, default: Path) -> Path:
        """Return where files lie; it need not be there yet, nor answer now. Raises: Misconfigured, where it is a file."""
        path = Path(self.str(var, default="") or default).absolute()
        if path.exists() and not path.is_dir():
            refuse(var, builtins.str(path), "这是一个文件，应为目录", "this is a file; a folder is expected")
        return path

    def folder(self, var: str, default: Path) -> Path:
        """Return a folder that can be written, made where it is not there. Raises: Misconfigured."""
        path = Path(self.str(var, default=str(default))).absolute()
        if "%" in str(path):
            refuse(var, str(path), "路径中不能有 %", "the path must not have a % in it")
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=path) as probe:
                probe.write(b"\0" * 4096)
                probe.flush()
        except OSError as error:
            why = f"{error.strerror or type(error).__name__}"
            refuse(
                var, str(path), f"无法写入此目录（{why}）", f"this folder cannot be written ({why}); choose another one"
            )
        return path


def within(known: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters' first `values`, each within its range or one of its choices. Raises: Misconfigured."""
    for name, value in values.items():
        one = known[name]
        if one.choices and value not in (names := [choice for choice, _words in one.choices]):
            words = ", ".join(names)
            refuse(name, str(value), f"应为以下之一：{words}", f"one of these is expected: {words}")
        if one.low is not None and not one.low <= value <= one.high:
            low, high = f"{one.low:g}", f"{one.high:g}"
            refuse(name, str(value), f"应在 {low} 到 {high} 之间", f"a number from {low} to {high} is expected")
    return values


def _at_least(variable: str, low: _Number | None, number: _Number) -> _Number:
    if low is not None and number < low:
        refuse(variable, str(number), f"不能小于 {low}", f"it must be {low} or more")
    return number


def _split(variable: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _port = parts.port  # ValueError where it is no number
    except ValueError:
        refuse(variable, without_password(url), "不是有效的地址", "this is no address")
    return parts
