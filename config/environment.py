"""The environment's variables, read strictly: a wrong value ends the program at once, with one sentence that says what to do.

The sentence names the variable, what was read (never a password) and what is expected, in both languages: nobody has
chosen one yet. Read by `config.settings` and `config.run`, so that every way of starting the site says the same.
"""

from __future__ import annotations

import builtins
import importlib.util
import ipaddress
import math
import re
import tempfile
from collections.abc import Collection, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

import environ

from bridge.base import addresses
from config.misconfigured import refuse, without_password, without_secret

BASE_DIR = Path(__file__).resolve().parent.parent
MOST, DAY = 2**31 - 1, 86400
TRUE, FALSE = ("1", "true", "yes", "on", "y", "t", "ok"), ("0", "false", "no", "off", "n", "f", "")
DATABASES = ("sqlite", "mysql")
IN_MEMORY = "sqlite://:memory:"
REDIS = ("redis", "rediss", "unix", addresses.SENTINEL)
AMQP = ("amqp", "amqps", "pyamqp")
BROKERS = (*AMQP, "redis", "rediss", "redis+socket")
_NEEDED: Any = environ.Env.NOTSET
_Number = TypeVar("_Number", int, float)


class Variables(environ.Env):
    """The environment, with `.env` beside manage.py for what it does not say itself."""

    @classmethod
    def load(cls) -> Variables:
        """Return the variables, and let this process and those it starts have what `.env` says."""
        cls.read_env(BASE_DIR / ".env")
        return cls()

    def get_value(self, var: builtins.str, *how: Any, **words: Any) -> Any:
        """Return what a variable says. Raises: Misconfigured, where it is no UTF-8."""
        value = super().get_value(var, *how, **words)
        if isinstance(value, str) and not encodable(value):
            refuse(var, without_secret(var, value), "应为 UTF-8 编码", "it must be written in UTF-8")
        return value

    def word(self, var: builtins.str, default: Any) -> builtins.str:
        """Return a text without blanks around it; `default` where it is unset or empty: a line of `.env` without a value."""
        return self.str(var, default="").strip() or builtins.str(default)

    def int(
        self, var: builtins.str, default: Any, low: builtins.int | None = None, high: builtins.int = MOST
    ) -> builtins.int:
        """Return a whole number from `low` to `high`. Raises: Misconfigured."""
        try:
            return _in_range(var, low, high, builtins.int(self.word(var, default)))
        except ValueError:
            refuse(var, self.str(var), "应为整数", "a whole number is expected")

    def float(
        self, var: builtins.str, default: Any, low: builtins.float | None = None, high: builtins.float = DAY
    ) -> builtins.float:
        """Return a number from `low` to `high`. Raises: Misconfigured."""
        try:
            number = builtins.float(self.word(var, default))
        except ValueError:
            number = math.nan
        if math.isnan(number):
            refuse(var, self.str(var), "应为数字", "a number is expected")
        return _in_range(var, low, high, number)

    def shown(self, var: builtins.str, default: builtins.str = "") -> builtins.str:
        """Return what others must be able to say in a header or to a server: ASCII without blanks. Raises: Misconfigured."""
        word = self.word(var, default)
        if not re.fullmatch(r"[!-~]*", word):
            refuse(
                var,
                without_secret(var, word),
                "只能用英文字母、数字和符号，不能有空格",
                "letters, digits and signs of ASCII are expected, without blanks",
            )
        return word

    def queue(self, var: builtins.str, default: builtins.str) -> builtins.str:
        """Return the name of a queue. Raises: Misconfigured."""
        word = self.word(var, default)
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", word):
            refuse(var, word, "只能用英文字母、数字和 . _ -", "letters, digits and . _ - are expected")
        return word

    def hosts(self, var: builtins.str, default: Collection[builtins.str] = ()) -> list[builtins.str]:
        """Return names of hosts, as a browser sends them. Raises: Misconfigured."""
        for word in (found := self.words(var, default)):
            if word != "*" and not re.fullmatch(r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]", word):
                refuse(
                    var,
                    word,
                    "应为主机名，不带 https://、端口和路径，如 kefu.example.com",
                    "the name of a host is expected, without https://, port and path, such as desk.example.com",
                )
        return found

    def sender(self, var: builtins.str, default: builtins.str) -> builtins.str:
        """Return the address that mail comes from. Raises: Misconfigured."""
        word = self.word(var, default)
        _name, address = parseaddr(word)
        if not re.fullmatch(r"[^@\s\"'%<>]+@[A-Za-z0-9.-]+", address):
            refuse(
                var,
                word,
                "应为电子邮件地址，如 service@example.com",
                "an address of e-mail is expected, such as service@example.com",
            )
        return word

    def needed(self, var: str, because: str) -> builtins.str:
        """Return what must not be empty, `because` of another variable. Raises: Misconfigured."""
        if not (word := self.shown(var)):
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
        word = self.word(var, default).lower()
        if word not in (*TRUE, *FALSE):
            refuse(var, self.str(var), "应为 1 或 0", "1 or 0 is expected")
        return word in TRUE

    def one_of(self, var: str, known: Collection[str], default: str) -> str:
        """Return one of the `known` words. Raises: Misconfigured."""
        word = self.word(var, default)
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
        name = self.word(var, default)
        if name not in available_timezones():
            refuse(
                var, name, "应为时区名，如 Asia/Shanghai", "the name of a time zone is expected, such as Asia/Shanghai"
            )
        return name

    def site(self, var: str, default: str) -> str:
        """Return the address of a site, without a slash at its end; `default` where it is unset or empty.

        Raises: Misconfigured.
        """
        url = self.word(var, default).rstrip("/")
        if not url:
            return ""
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
        words = self.word(var, default)
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
        return _server(var, self.str(var, default="") or default, schemes)

    def redis(self, var: str, default: str) -> str:
        """Return the address of a Redis, or of the sentinels that know which one is the master. Raises: Misconfigured."""
        url = self.str(var, default="") or default
        if not addresses.is_of_sentinels(url):
            return _server(var, url, REDIS)
        try:
            addresses.sentinels_of(url)
        except ValueError:
            refuse(
                var,
                without_password(url),
                "应如 redis+sentinel://:密码@主机1:26379,主机2:26379,主机3:26379/mymaster/0",
                "it must look like redis+sentinel://:password@host1:26379,host2:26379,host3:26379/mymaster/0",
            )
        return url

    def brokers(self, var: str, default: str) -> str:
        """Return the address of a broker, or of several RabbitMQs between semicolons. Raises: Misconfigured."""
        if addresses.is_of_sentinels(default) and not self.str(var, default=""):
            refuse(
                var,
                "",
                "REDIS_URL 为 redis+sentinel:// 时必须填写 RabbitMQ 的地址：主节点切换时 Redis 可能丢失数据",
                "with REDIS_URL=redis+sentinel:// it must name a RabbitMQ: a Redis may lose what it has when its master changes",
            )
        urls = self.str(var, default="") or default
        found = addresses.brokers_of(urls)
        for url in found:
            _server(var, url, BROKERS if len(found) == 1 else AMQP)
        return urls

    def quorum(self, var: str, broker: str) -> builtins.bool:
        """Return whether the queues are to be on several RabbitMQs, which no Redis can. Raises: Misconfigured."""
        chosen = self.bool(var, default=False)
        if chosen and "redis" in broker.split(":", maxsplit=1)[0]:
            refuse(
                var,
                "1",
                "只用于 RabbitMQ，请在 BROKER_URL 中填写其地址",
                "it is for RabbitMQ alone; name one in BROKER_URL",
            )
        return chosen

    def database(self, var: str, default: str) -> str:
        """Return the database's address, which must name a database. Raises: Misconfigured.

        `sqlite://:memory:` is one in memory, for this process alone: a simulated day uses it.
        """
        if self.str(var, default="") == IN_MEMORY:
            return IN_MEMORY
        url = self.str(var, default="") or default
        if url.startswith("mysql"):
            _hosts(var, url)
            _server(var, addresses.with_first_host(url), DATABASES)
        else:
            _server(var, url, DATABASES)
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
        path = Path(self.word(var, default)).absolute()
        if path.exists() and not path.is_dir():
            refuse(var, builtins.str(path), "这是一个文件，应为目录", "this is a file; a folder is expected")
        return path

    def folder(self, var: str, default: Path) -> Path:
        """Return a folder that can be written, made where it is not there. Raises: Misconfigured."""
        path = Path(self.word(var, default)).absolute()
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


def encodable(word: str) -> bool:
    """Tell whether the system gave a text in UTF-8: other bytes come as halves of characters."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


def _in_range(variable: str, low: _Number | None, high: _Number, number: _Number) -> _Number:
    if low is not None and number < low:
        refuse(variable, str(number), f"不能小于 {low}", f"it must be {low} or more")
    if number > high:
        refuse(variable, str(number), f"不能大于 {high}", f"it must be {high} or less")
    return number


def _server(variable: str, url: str, schemes: Collection[str]) -> str:
    """Return the address, which must name a server. Raises: Misconfigured."""
    parts = _split(variable, url)
    if parts.scheme not in schemes:
        known = ", ".join(f"{one}://" for one in schemes)
        refuse(variable, without_password(url), f"应以 {known} 之一开头", f"it must begin with one of {known}")
    if not (parts.hostname or parts.path.strip("/")):
        refuse(variable, without_password(url), "缺少主机名或路径", "it names neither a host nor a path")
    return url


def _hosts(variable: str, url: str) -> None:
    """Refuse an address one of whose hosts cannot be. A single one that is missing is said by whoever reads it."""
    if "," in urlsplit(url).netloc:
        try:
            addresses.hosts_of(url, 3306)
        except ValueError:
            refuse(
                variable,
                without_password(url),
                "应如 mysql://用户:密码@主机1:3306,主机2:3306/库名",
                "it must look like mysql://user:password@host1:3306,host2:3306/name",
            )


def _split(variable: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _port = parts.port  # ValueError where it is no number
    except ValueError:
        refuse(variable, without_password(url), "不是有效的地址", "this is no address")
    return parts
