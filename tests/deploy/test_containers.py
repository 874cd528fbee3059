"""The image and `compose.yaml`: everything pinned, bounded, watched over and shut in."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import override_settings

from bridge.observe import liveness
from config.run import web
from tests.support.stack import BASE

pytestmark = pytest.mark.once

COMPOSE = yaml.safe_load((BASE / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
SITE = [name for name, one in SERVICES.items() if one["image"].startswith("wechat-bridge")]
DOCKERFILE = (BASE / "Dockerfile").read_text()
FULL = re.compile(r"[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?")


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_watched(name):
    one = SERVICES[name]
    assert one["mem_limit"]
    assert one["cpus"]
    assert one["pids_limit"]
    assert one["restart"] == ("on-failure" if name == "migrate" else "unless-stopped")
    assert one["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert one["security_opt"] == ["no-new-privileges:true"]
    # Web's own check stands in the image; what ends by itself needs none.
    assert "healthcheck" in one or name in ("web", "web-second")
    assert one.get("healthcheck", {}).get("disable", False) == (name == "migrate")


def test_images_are_of_one_version_each():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    images = [one["image"] for name, one in SERVICES.items() if name not in SITE]
    assert [one for one in [*bases, *images] if not FULL.fullmatch(one)] == []


def test_only_the_proxy_is_reached_from_outside():
    ports = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert ports.pop("proxy") == ["80:80", "443:443"]
    assert all(port.startswith("127.0.0.1:") for given in ports.values() for port in given)
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert [name for name, one in SERVICES.items() if "front" in one["networks"]] == ["proxy", *SITE]


@pytest.mark.parametrize("name", SITE)
def test_the_site_writes_into_its_data_alone(name):
    one = SERVICES[name]
    assert one["read_only"]
    assert one["cap_drop"] == ["ALL"]
    assert one["volumes"] == ["site:/data"]
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.M)
    assert int(one["stop_grace_period"].rstrip("s")) > 2 * web.GRACEFUL


def test_both_webs_are_found_under_one_name():
    assert [name for name in SITE if SERVICES[name]["networks"] == {"front": {"aliases": ["web"]}, "back": {}}] == [
        "web",
        "web-second",
    ]


def test_what_must_be_said_stands_in_the_example():
    text, example = (BASE / "compose.yaml").read_text(), (BASE / ".env.example").read_text()
    for name in re.findall(r"(?<!\$)\$\{(\w+):\?", text):
        assert re.search(rf"^{name}=", example, re.M), name
    for name in re.findall(r"(?<!\$)\$\{(\w+):-", text):
        assert f"{name}=" in example, name


def test_the_image_holds_all_that_the_site_imports():
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.M))
    tracked = subprocess.run(["git", "ls-files", "*/__init__.py"], cwd=BASE, capture_output=True, text=True).stdout
    packages = {path.split("/")[0] for path in tracked.splitlines()} or copied
    assert packages - {"tests", "benchmarks", "sandbox"} <= copied


@pytest.mark.skipif(not shutil.which("hadolint"), reason="NO HADOLINT on this machine: the Dockerfile is not linted")
def test_the_dockerfile_breaks_none_of_hadolints_rules():
    done = subprocess.run(["hadolint", str(BASE / "Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_worker_and_beat_touch_a_file_for_their_health_check(tmp_path: Path):
    path = tmp_path / "alive"
    words = SERVICES["worker"]["healthcheck"]["test"]
    check = [word.replace("/tmp/alive", str(path)).replace("$$", "$") for word in words[1:]]
    assert subprocess.run(check, stderr=subprocess.DEVNULL).returncode != 0
    with override_settings(ALIVE_FILE=str(path)):
        liveness.sign("worker")
    assert subprocess.run(check).returncode == 0
