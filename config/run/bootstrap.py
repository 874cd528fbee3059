"""Sets the project up on a fresh machine, then runs what was asked for. Only the standard library; Python 3.11 or newer.

Called by the Makefile: `python3 config/run/bootstrap.py run|test|bench|chaos|cluster|soak|mutants|lint|format|messages|lock|audit`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from guard import Guarded  # type: ignore[import-not-found]  # beside this file, which is run by its path

BASE = Path(__file__).resolve().parents[2]
VENV = Path(os.environ.get("VENV", BASE / ".venv"))
PYTHON = VENV / "bin" / "python"
NEEDED = (3, 11)
RUN = ["requirements.lock"]
DEV = ["requirements.lock", "requirements-dev.txt"]
MYSQL = "requirements-mysql.lock"
BIOME = "@biomejs/biome@2.6.8"  # from npm, for `make lint` alone


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def suitable_python() -> str:
    """Return a Python that is new enough: this one, else the newest on the PATH."""
    if sys.version_info >= NEEDED:
        return sys.executable
    for minor in range(20, NEEDED[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    sys.exit("This needs Python 3.11 or newer; on Debian 12 or Ubuntu 24.04: apt-get install python3")


def make_venv() -> None:
    """Make the virtual environment; where Debian's python3-venv is missing, install it or say how."""
    if PYTHON.exists():
        return
    python = suitable_python()
    if subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode:
        install_venv_package(python)
    say(f"Making a virtual environment in {VENV}")
    if attended([python, "-m", "venv", str(VENV)]):
        sys.exit("The virtual environment could not be made; Python says why above.")


def install_venv_package(python: str) -> None:
    """Install the system package for virtual environments where it is missing and we are root."""
    version = subprocess.check_output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True)
    package = f"python{version.strip()}-venv"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"Python's venv module is missing. Type this, then try again:\n    sudo apt-get install -y {package}")
    say(f"Installing {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    command = ["apt-get", "install", "-y", "-qq", package]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def has_mysql_headers() -> bool:
    """Tell whether mysqlclient can be built here."""
    if not (shutil.which("gcc") or shutil.which("cc")) or not shutil.which("pkg-config"):
        return False
    names = ("mysqlclient", "mariadb", "libmariadb")
    return any(subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0 for name in names)


def install(files: list[str]) -> None:
    """Install the packages of `files`, unless exactly these were installed before."""
    mysql = has_mysql_headers()
    wanted = [*files, *([MYSQL] if mysql else [])]
    digest = hashlib.sha256(b"".join((BASE / name).read_bytes() for name in wanted)).hexdigest()
    stamp = VENV / f".installed-{files[-1]}"
    if not mysql:
        say(
            "MySQL's headers are not here, so mysqlclient is left out "
            "(for MySQL: apt-get install gcc pkg-config default-libmysqlclient-dev python3-dev)"
        )
    if stamp.exists() and stamp.read_text() == digest:
        return
    say("Installing packages; the first time this takes a minute or two")
    for name in files:
        pip(*locked(name), check=True)
    if mysql and not pip(*locked(MYSQL), check=False):
        say("mysqlclient could not be built and is left out; the embedded SQLite does not need it")
    stamp.write_text(digest)


def locked(name: str) -> list[str]:
    """Return pip's words for a file of packages. Those of a lock file must have the hashes written there."""
    return [*(["--require-hashes"] if name.endswith(".lock") else []), "-r", str(BASE / name)]


def pip(*words: str, check: bool) -> bool:
    """Run pip of the virtual environment."""
    with tempfile.TemporaryFile("w+") as said:
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words]
        failed = attended(command, stdout=said, stderr=said)
        if check and failed:
            said.seek(0)
            sys.exit(f"{said.read()}\nThe packages could not be installed; pip says why above.")
    return not failed


def attended(command: list[str], **words: Any) -> int:
    """Run a command that takes long and return its exit code. It ends with this process, and with `make` (MAKE_PID)."""
    guarded, make = Guarded(command, **words), os.environ.get("MAKE_PID", "")
    while guarded.process.poll() is None:
        if make.isdigit() and os.getppid() != int(make):
            sys.exit("make is gone.")
        time.sleep(0.1)
    return int(guarded.process.returncode)


def become(*words: str) -> None:
    """Go on as this command of the virtual environment; signals then reach it directly."""
    os.chdir(BASE)
    os.execv(str(PYTHON), [str(PYTHON), *words])


def check_all(*commands: list[str]) -> None:
    """Run the linters and the type checker; stop at the first that fails."""
    for command in commands:
        say("$ " + " ".join(command))
        environment = {"DJANGO_SETTINGS_MODULE": "config.settings", **os.environ}
        if code := subprocess.run(
            [str(VENV / "bin" / command[0]), *command[1:]], cwd=BASE, env=environment, check=False
        ).returncode:
            sys.exit(code)


def check_scripts() -> None:
    """Look through the pages' scripts with Biome, where Node.js is there; say loudly where it is not."""
    npx = shutil.which("npx")
    if npx is None:
        say("! The scripts of desk and sandbox were NOT linted: there is no Node.js here (npx). apt-get install npm")
        return
    command = [npx, "--yes", BIOME, "lint", "--error-on-warnings"]
    say("$ " + " ".join(command[1:]))
    if code := subprocess.run(command, cwd=BASE, check=False).returncode:
        sys.exit(code)


def messages() -> None:
    """Collect the texts to translate and compile the catalogue."""
    check_all(["django-admin", "makemessages", "-l", "zh_Hans", "--no-location", "-i", ".venv", "-i", "var"])
    check_all(["django-admin", "compilemessages", "-i", ".venv"])


def main() -> None:
    """Run the command that make names."""
    task = sys.argv[1] if len(sys.argv) > 1 else "run"
    if task == "run":
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C just ends this process; nothing of it stays
    make_venv()
    install(RUN if task == "run" else DEV)
    match task:
        case "run":
            become("-m", "config.run.serve")
        case "test":
            become("-m", "tests.run", *sys.argv[2:])
        case "bench":
            become("-m", "benchmarks.run")
        case "chaos":
            become("-m", "tests.chaos")
        case "cluster":
            become("-m", "pytest", "tests/cluster", "-s", "-rs")
        case "soak":
            become("-m", "tests.chaos.soak")
        case "mutants":
            become("-m", "tests.mutants")
        case "lint":
            check_all(["ruff", "check", "."], ["ruff", "format", "--check", "."], ["lint-imports"], ["mypy"])
            check_scripts()
        case "format":
            check_all(["ruff", "check", "--fix", "."], ["ruff", "format", "."])
        case "messages":
            messages()
        case "lock" | "audit":
            become("-m", "config.run.dependencies", task)
        case _:
            sys.exit(f"There is no task {task}.")


if __name__ == "__main__":
    main()
