"""The desk's modules that need no browser, by Node's own test runner."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bridge.platforms.wechat import faces

NODE = shutil.which("node")
TESTS = Path(__file__).parent / "js"
FACES = Path(__file__).parents[3] / "seats/static/desk/faces.js"


@pytest.mark.once
@pytest.mark.skipif(not NODE, reason="no Node.js here, so the desk's modules are not tested: apt-get install nodejs")
def test_the_modules():
    files = sorted(map(str, TESTS.glob("*.test.mjs")))
    done = subprocess.run([NODE, "--test", *files], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_the_palette_offers_each_face_that_wechat_shows_to_every_customer_once():
    """The usual ones come first there, so the order is the palette's own."""
    listed = re.search(r"const FACES = \((.*?)\)\.split", FACES.read_text("utf-8"), re.DOTALL)
    assert listed
    offered = "".join(re.findall('"(.*?)"', listed[1])).split()
    assert sorted(offered) == sorted(faces.NAMES.values())
