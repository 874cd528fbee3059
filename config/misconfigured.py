"""What is said of a variable with a value that cannot be: one sentence, in both languages."""

from __future__ import annotations

import re
from typing import NoReturn

from bridge.base.addresses import brokers_of


class Misconfigured(SystemExit):
    """A variable has a value that cannot be: the program ends with exit code 1 after this message."""


def sentence(variable: str, read: str, chinese: str, english: str) -> str:
    """Return what is said of a `variable` that was `read` and is not what is expected."""
    return f"✗ {variable}={read!r}：{chinese}。{variable} is {read!r}: {english}."


def refuse(variable: str, read: str, chinese: str, english: str) -> NoReturn:
    """End the program: `variable` was `read`, which is not what is expected. Raises: Misconfigured."""
    raise Misconfigured(sentence(variable, read, chinese, english))


def without_password(url: str) -> str:
    """Return an address, or several between semicolons, without passwords.

    >>> without_password("mysql://bridge:p@ss:word@db:3306/bridge")
    'mysql://bridge:***@db:3306/bridge'
    >>> without_password("redis://127.0.0.1:6379/0")
    'redis://127.0.0.1:6379/0'
    >>> without_password("amqp://a:secret@one//;amqp://a:secret@two//")
    'amqp://a:***@one//;amqp://a:***@two//'
    >>> without_password("redis+sentinel://:secret@one,two/mymaster?sentinel_password=secret")
    'redis+sentinel://:***@one,two/mymaster?sentinel_password=***'
    """
    return ";".join(map(_without_password, brokers_of(url)))


def _without_password(url: str) -> str:
    url = re.sub(r"(?<=sentinel_password=)[^&]+", "***", url)
    head, mark, rest = url.rpartition("@")
    scheme, slashes, user = head.partition("://")
    name, colon, _password = user.partition(":")
    return f"{scheme}{slashes}{name}:***@{rest}" if mark and colon else url


def without_secret(variable: str, read: str) -> str:
    """Return what was read, or stars where the variable holds a secret.

    >>> without_secret("METRICS_TOKEN", "汉字"), without_secret("MEDIA_S3_REGION", "汉字")
    ('***', '汉字')
    """
    return "***" if any(word in variable for word in ("SECRET", "TOKEN", "KEY", "URL")) else read
