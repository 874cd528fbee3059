"""An HAProxy of a test's own, with the configuration that `deploy/haproxy` has for sites on several machines."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from tests.support.own import OwnServer, filled
from tests.support.place import Place
from tests.support.stack import BASE

SERVER = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
TEMPLATE = BASE / "deploy/haproxy/haproxy.cfg"
LINE = """
listen line
    mode tcp
    option tcplog
    timeout client 60s
    timeout server 60s
    timeout connect 2s
    bind {address}:{port}
    server there {to}
"""


def is_here() -> bool:
    """Tell whether it can be started on this machine."""
    return bool(SERVER)


class OwnHAProxy(OwnServer):
    """The proxy in front of `webs` (host:port), without TLS; at a second port it hands all on to `beside`."""

    name = "haproxy"

    def __init__(self, place: Place, webs: Sequence[str], beside: str) -> None:
        super().__init__(place)
        self.beside_port, self._plain = place.free_port(), place.free_port()
        self._webs, self._beside = webs, beside

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def command(self) -> list[str]:
        return [str(SERVER), "-db", "-f", str(self.home / "haproxy.cfg")]

    def prepare(self) -> None:
        changes = {
            "    log /dev/log local0\n    user haproxy\n    group haproxy\n": "    log stdout format raw daemon\n",
            "    maxconn 10000\n": "    maxconn 1000\n",
            "bind :80\n": f"bind {self.host}:{self._plain}\n",
            "bind :443 ssl crt /etc/haproxy/bridge.pem alpn h2,http/1.1\n": f"bind {self.host}:{self.port}\n",
            **{f"10.0.0.{number}:8000": web for number, web in enumerate(self._webs, 1)},
        }
        beside = LINE.format(address=self.host, port=self.beside_port, to=self._beside)
        (self.home / "haproxy.cfg").write_text(filled(TEMPLATE, changes) + beside)


class Gateway(OwnServer):
    """Makes a port of this machine's own address, by which hosts know the platforms, one of a host too."""

    name = "gateway"

    def __init__(self, place: Place, port: int, to: str) -> None:
        super().__init__(place)
        self.host, self.port, self._to = "127.0.0.1", port, to

    def command(self) -> list[str]:
        return [str(SERVER), "-db", "-f", str(self.home / "haproxy.cfg")]

    def prepare(self) -> None:
        (self.home / "haproxy.cfg").write_text(LINE.format(address=self.host, port=self.port, to=self._to))

    def is_ready(self) -> bool:
        """Tell whether it runs: nobody outside of the host can ask it."""
        return (self.home / "haproxy.cfg").exists()

    def kill(self) -> None:
        self._end()
