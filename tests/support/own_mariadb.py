"""A MariaDB of a test's own, to be killed, frozen and brought back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support import prepared
from tests.support.own import OwnServer

SERVER, INSTALL = shutil.which("mariadbd"), shutil.which("mariadb-install-db")


def is_here() -> bool:
    """Tell whether a server can be started on this machine."""
    return bool(SERVER and INSTALL)


def install(folder: Path, *more: str) -> None:
    """Make an empty server's files; `more` are words for the program that makes them."""
    words = [str(INSTALL), "--no-defaults", f"--datadir={folder}", "--auth-root-authentication-method=normal"]
    subprocess.run([*words, "--skip-test-db", *more], check=True, capture_output=True)


class OwnMariaDB(OwnServer):
    """A server that flushes each commit to the disk, as in production."""

    name = "mariadb"

    @property
    def url(self) -> str:
        return f"mysql://root@127.0.0.1:{self.port}/bridge"

    def prepare(self) -> None:
        shutil.copytree(prepared.folder("mariadb", install), self.home, dirs_exist_ok=True)

    def command(self) -> list[str]:
        return [
            str(SERVER), "--no-defaults", f"--datadir={self.home}", f"--port={self.port}", "--bind-address=127.0.0.1",
            f"--socket={self.home}/s", f"--pid-file={self.home}/pid", "--user=root", "--innodb-buffer-pool-size=64M",
            "--innodb-flush-log-at-trx-commit=1",
        ]  # fmt: skip
