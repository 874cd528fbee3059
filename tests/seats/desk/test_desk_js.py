"""The desk's modules that need no browser, by Node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
TESTS = Path(__file__).parent / "js"


@pytest.mark.once
@pytest.mark.skipif(not NODE, reason="no Node.js here, so the desk's modules are not tested: apt-get install nodejs")
def test_the_modules():
    files = sorted(map(str, TESTS.glob("*.test.mjs")))
    done = subprocess.run([NODE, "--test", *files], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
