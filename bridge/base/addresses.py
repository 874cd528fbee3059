"""Addresses that name several servers, as the settings have them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

SENTINEL = "redis+sentinel"
_NEXT_BROKER = re.compile(r";(?=[a-z+]+://)")
Host = tuple[str, int]


@dataclass(frozen=True)
class Sentinels:
    """Who knows which Redis is the master: the sentinels, the name by which they know it, and how to sign in at both."""

    hosts: tuple[Host, ...]
    master: str
    db: int
    username: str | None
    password: str | None
    own_password: str | None


def hosts_of(url: str, usual: int) -> tuple[Host, ...]:
    """Return hosts and ports of an address in which they stand between commas; `usual` is the port of those without one.

    Raises: ValueError.

    >>> hosts_of("mysql://u:p@a,b:3307/bridge", 3306)
    (('a', 3306), ('b', 3307))
    """
    found = [urlsplit(f"//{one}") for one in urlsplit(url).netloc.rpartition("@")[2].split(",")]
    if not all(one.hostname for one in found):
        raise ValueError("a host is missing")
    return tuple((one.hostname or "", one.port or usual) for one in found)


def is_of_sentinels(url: str) -> bool:
    """Tell whether an address is one of sentinels.

    >>> is_of_sentinels("redis+sentinel://a,b,c/mymaster"), is_of_sentinels("redis://a")
    (True, False)
    """
    return url.startswith(f"{SENTINEL}://")


def with_first_host(url: str) -> str:
    """Return the address with the first of its hosts alone.

    >>> with_first_host("mysql://u:p@a,b:3307/bridge")
    'mysql://u:p@a/bridge'
    """
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}{hosts.split(',')[0]}").geturl()


def sentinels_of(url: str) -> Sentinels:
    """Return what `redis+sentinel://user:password@host:26379,host2:26379/mymaster/0?sentinel_password=...` says.

    Raises: ValueError.
    """
    parts = urlsplit(url)
    master, _slash, db = parts.path.strip("/").partition("/")
    if not re.fullmatch(r"[A-Za-z0-9._-]+", master):
        raise ValueError("the master's name is missing")
    username, _colon, password = parts.netloc.rpartition("@")[0].partition(":")
    own = parse_qs(parts.query).get("sentinel_password", [""])[0]
    hosts = hosts_of(url, 26379)
    return Sentinels(hosts, master, int(db or 0), unquote(username) or None, unquote(password) or None, own or None)


def brokers_of(urls: str) -> list[str]:
    """Return the addresses of several brokers, which stand between semicolons.

    >>> brokers_of("amqp://a:5672//;amqp://b:5672//")
    ['amqp://a:5672//', 'amqp://b:5672//']
    """
    return _NEXT_BROKER.split(urls)
