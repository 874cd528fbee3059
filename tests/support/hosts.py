"""Three hosts on one machine: a network namespace each where those may be made, else a loopback address each."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.support.place import Place

NUMBERS = (1, 2, 3)
OUTSIDE = 254  # the number of this machine itself, where the platforms, the proxy and the files are
NET = "198.18"  # set aside for tests between networks (RFC 2544)


@dataclass(frozen=True)
class Host(Place):
    """One of the three. Its links can be cut where it is a namespace: then nobody is told, as where a switch dies."""

    number: int = 0
    link: str = ""

    def cut(self) -> None:
        """Let nothing go to it or come from it; what was said on open connections is lost without a word."""
        _run("ip", "link", "set", self.link, "down")

    def mend(self) -> None:
        """Let it hear the others again."""
        _run("ip", "link", "set", self.link, "up")


@dataclass(frozen=True)
class Hosts:
    """All three, and the place outside of them."""

    all: tuple[Host, ...]
    outside: Place

    @property
    def can_be_cut(self) -> bool:
        """Tell whether their links can be cut: whether they are namespaces."""
        return bool(self.all[0].link)


@cache
def namespaces_are_allowed() -> bool:
    """Tell whether network namespaces can be made here."""
    name = f"bridge-{secrets.token_hex(3)}"
    try:
        _run("ip", "netns", "add", name)
        _run("nsenter", f"--net=/var/run/netns/{name}", "true")
        _run("ip", "netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextlib.contextmanager
def three() -> Iterator[Hosts]:
    """Make the hosts and the network between them, and take both away at the end."""
    if not namespaces_are_allowed() or os.environ.get("HOSTS") == "loopback":
        print("No network namespaces here: the hosts are loopback addresses, and their links CANNOT BE CUT.")
        yield Hosts(tuple(Host(f"127.0.3.{number}", number=number) for number in NUMBERS), Place())
        return
    with contextlib.ExitStack() as entered:
        yield _with_namespaces(entered)


def _with_namespaces(entered: contextlib.ExitStack) -> Hosts:
    run, net = secrets.token_hex(3), f"{NET}.{secrets.randbelow(256)}"
    switch = f"br{run}"
    _run("ip", "link", "add", switch, "type", "bridge")
    entered.callback(_run, "ip", "link", "del", switch)
    _run("ip", "address", "add", f"{net}.{OUTSIDE}/24", "dev", switch)
    _run("ip", "link", "set", switch, "up")
    found = tuple(_namespace(entered, run, switch, net, number) for number in NUMBERS)
    return Hosts(found, Place(f"{net}.{OUTSIDE}"))


def _namespace(entered: contextlib.ExitStack, run: str, switch: str, net: str, number: int) -> Host:
    name, link, address = f"bridge-{run}-{number}", f"v{run}-{number}", f"{net}.{number}"
    inside = ("nsenter", f"--net=/var/run/netns/{name}")
    _run("ip", "netns", "add", name)
    entered.callback(_run, "ip", "netns", "del", name)
    _run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
    _run("ip", "link", "set", link, "master", switch, "up")
    for words in (
        ("address", "add", f"{address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        _run(*inside, "ip", *words)
    return Host(address, inside, number, link)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
