"""An nginx of a test's own, with the configuration that `deploy/nginx` has for sites."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.own import OwnServer, filled
from tests.support.stack import BASE, free_port

SERVER = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
TEMPLATE = BASE / "deploy/nginx/bridge.conf.template"
NAME = "bridge.example.com"
MAIN = """
daemon off;
{user}
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ }}
http {{
    client_body_temp_path {home}/bodies;
    proxy_temp_path {home}/answers;
    fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
    include {home}/bridge.conf;
}}
"""


class OwnNginx(OwnServer):
    """The proxy in front of `web` (host:port), whose host is asked for at the `resolver` (address:port)."""

    name = "nginx"

    def __init__(self, web: str, resolver: str = "127.0.0.1:1") -> None:
        super().__init__()
        self.plain, self._web, self._resolver = free_port(), web, resolver

    def command(self) -> list[str]:
        return [str(SERVER), "-c", str(self.home / "nginx.conf"), "-e", str(self.home / "error.log")]

    def prepare(self) -> None:
        _certify(self.home)
        # Its workers write into a folder that is this user's alone.
        user = "user root root;" if os.getuid() == 0 else ""
        (self.home / "nginx.conf").write_text(MAIN.format(home=self.home, user=user))
        changes = {
            "${SERVER_NAME}": NAME,
            "${WEB}": self._web,
            "${RESOLVER}": self._resolver,
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "/etc/nginx/certs/": f"{self.home}/",
            "/dev/stdout": f"{self.home}/access.log",
            "/dev/stderr": f"{self.home}/error.log",
        }
        (self.home / "bridge.conf").write_text(filled(TEMPLATE, changes))

    def trust(self) -> ssl.SSLContext:
        """Return what trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.home / "fullchain.pem"))


def _certify(home: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (home / "privkey.pem").write_bytes(private)
    (home / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
