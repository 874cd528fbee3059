"""The lock files: what is installed is what is allowed, with hashes; what could not be audited is said."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.run.dependencies import BASE, LOCKS, report

pytestmark = pytest.mark.once


def locked(name):
    """Return the lines of a lock file: package -> [(version, hashes)]."""
    found = {}
    for block in re.split(r"\n(?=\S)", (BASE / f"{name}.lock").read_text()):
        pinned = re.match(r"([A-Za-z0-9._-]+)==(\S+)", block)
        found.setdefault(canonicalize_name(pinned[1]), []).append((pinned[2], block.count("--hash=sha256:")))
    return found


def allowed(name):
    lines = (BASE / f"{name}.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("name", LOCKS)
def test_every_allowed_package_is_locked_within_its_range_and_every_locked_one_has_hashes(name):
    packages = locked(name)
    for requirement in allowed(name):
        versions = packages[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version, _hashes in versions), requirement
    assert all(hashes for versions in packages.values() for _version, hashes in versions)


def test_lock_files_agree_and_name_no_index():
    first = locked("requirements")
    for name in LOCKS:
        for package, versions in locked(name).items():
            assert first.get(package, versions) == versions
        assert "://" not in (BASE / f"{name}.lock").read_text()


def test_images_are_named_by_their_whole_version():
    named = re.findall(r"^FROM (\S+)", (BASE / "Dockerfile").read_text(), re.M)
    named += re.findall(r"image: (\S+)", (BASE / "compose.yaml").read_text())
    ours = [image for image in named if image.startswith("wechat-bridge")]
    assert set(named) - set(ours)
    for image in set(named) - set(ours):
        assert re.search(r":\d+\.\d+(\.\d+)?(-|$)", image), image


KNOWN = {"name": "django", "version": "5.2.1", "vulns": []}
UNSAFE = {"name": "pillow", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
UNASKED = {"name": "numpy", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([KNOWN], 0, "Audited 1 packages, 0 known"),
        ([KNOWN, UNSAFE], 1, "UNSAFE pillow 1: CVE-1 (mended in 2)"),
        ([KNOWN, UNASKED], 0, "! NOT audited, the database did not know them: 1 of 2 packages !"),
    ],
)
def test_an_audit_says_what_is_unsafe_and_what_nobody_looked_at(packages, code, said, capsys):
    assert report(packages) == code
    assert said in capsys.readouterr().out


def test_the_gate_audits():
    assert "make audit" in (Path(BASE) / ".ci/run").read_text()
