"""`make lock` and `make audit`: fix the versions of all packages, and ask whether any of them is known to be unsafe.

requirements*.txt say which versions are allowed; the lock file beside each says which one is installed, with its hashes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
LOCKER = "uv>=0.9,<1"
AUDITOR = "pip-audit>=2.9,<3"
OLDEST_PYTHON = "3.11"
LOCKS = ("requirements", "requirements-mysql", "requirements-s3")


def install(package: str) -> None:
    """Install a tool that only these two commands need."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
    subprocess.run(command, check=True)


def lock() -> int:
    """Write the lock files anew, the further ones in agreement with the first; return the exit code."""
    install(LOCKER)
    fixed: list[str] = []
    for name in LOCKS:
        shape = ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", "--upgrade"]
        quiet = ["--no-annotate", "--no-header", "--no-emit-index-url", "--quiet"]
        files = [f"{name}.txt", "--output-file", f"{name}.lock"]
        subprocess.run([sys.executable, "-m", "uv", "pip", "compile", *shape, *quiet, *fixed, *files], check=True)
        fixed = ["--constraint", f"{LOCKS[0]}.lock"]
    print("Written: " + ", ".join(f"{name}.lock" for name in LOCKS))
    return 0


def audit() -> int:
    """Ask the database of known vulnerabilities about every locked package; return the exit code.

    A package about which the database said nothing was not audited, and that is said loudly: it is no good news.
    """
    install(AUDITOR)
    files = [word for name in LOCKS for word in ("--requirement", f"{name}.lock")]
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json", *files]
    asked = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        print(asked.stderr[-2000:])
        shout("The packages were NOT audited: the database of vulnerabilities did not answer.")
        return 0
    return report(packages)


def report(packages: list[dict]) -> int:
    """Print what the database said about each package; return 1 if one is known to be unsafe."""
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    unsafe = [(package, vulnerability) for package in packages for vulnerability in package.get("vulns", [])]
    for package, vulnerability in unsafe:
        better = ", ".join(vulnerability.get("fix_versions", [])) or "none yet"
        print(f"UNSAFE {package['name']} {package['version']}: {vulnerability['id']} (mended in {better})")
    if unknown:
        shout(f"NOT audited, the database did not know them: {len(unknown)} of {len(packages)} packages")
    print(f"Audited {len(packages) - len(unknown)} packages, {len(unsafe)} known vulnerabilities.")
    return 1 if unsafe else 0


def shout(line: str) -> None:
    """Print a line that cannot be overlooked."""
    print(f"\n{'!' * (len(line) + 4)}\n! {line} !\n{'!' * (len(line) + 4)}\n", flush=True)


if __name__ == "__main__":
    sys.exit(audit() if sys.argv[1:] == ["audit"] else lock())
