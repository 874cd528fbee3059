"""`make run`: has the site below DATA_DIR prepared and runs it under one supervisor until Ctrl-C or SIGTERM.

This process stays for as long as the site runs, so it loads nothing of it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

from config.run.demo import Player, seat_password
from config.run.saying import Prepared, fail, say
from config.run.supervised import Supervised, die_at_once, follow_make

START_SECONDS = 90
LONGEST = 65536  # bytes of what preparing tells
# The demo's platforms run on this machine, and its IM client keeps its files here; everywhere else such addresses are refused.
DEMO = {"MEDIA_ALLOW_PRIVATE": "1", "MEDIA_ALLOWED_HOSTS": "127.0.0.1", "PLATFORM_ALLOW_PRIVATE": "1"}


def wait_healthy(supervised: Supervised, url: str) -> None:
    """Wait until /healthz says ok, or somebody asks for the end."""
    deadline, said = time.monotonic() + START_SECONDS, "no answer"
    while supervised.running():
        if time.monotonic() > deadline:
            fail(f"{START_SECONDS} 秒后仍未就绪 Not healthy after {START_SECONDS} s: {said}. DATA_DIR/logs")
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).read()  # noqa: S310
            return
        except urllib.error.HTTPError as error:
            said = _not_ok(error)
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.2)


def _not_ok(answer: urllib.error.HTTPError) -> str:
    try:
        return ", ".join(name for name, state in json.load(answer)["checks"].items() if state != "ok")
    except (OSError, ValueError, KeyError):
        return str(answer)


def try_demo(supervised: Supervised, sandbox: str, site: Path) -> None:
    """Log the demo's seats in and send a message each way through everything."""
    data = tomllib.loads(site.read_text())
    seats = [seat.get("im_user_id") or seat["username"] for seat in data["seat"]]
    player = Player(sandbox)
    try:
        player.log_in(seats)
        player.fill_consoles([one["slug"] for one in data["wechat_account"]])
        there, back = player.round_trip()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if supervised.running():
            say(f"✗ 第一条消息没有送达 The first message did not come through ({type(error).__name__}): DATA_DIR/logs")
        return
    say(f"✓ 客户 → 座席 customer → seat in {there * 1000:.0f} ms，座席 → 客户 seat → customer in {back * 1000:.0f} ms")


def prepare() -> tuple[Prepared, int]:
    """Have the site prepared by a process of its own; return what it tells, and the lock. Ends with it where it fails."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "config.run.prepare", str(theirs.fileno()), str(os.getpid())]
    with ours:
        with theirs:
            process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
        told, held, _flags, _address = socket.recv_fds(ours, LONGEST, 1)
    if code := process.wait():
        sys.exit(code if code > 0 else 128 - code)
    return Prepared(**json.loads(told)), held[0]


def main() -> None:
    """Have the site prepared, start its processes and wait until they are asked to stop."""
    die_at_once()
    follow_make()
    site, held = prepare()
    if site.site:
        for name, value in DEMO.items():
            os.environ.setdefault(name, value)
    supervised = Supervised(Path(site.config), held)
    try:
        wait_healthy(supervised, site.local)
        if site.site and supervised.running():
            try_demo(supervised, site.sandbox, Path(site.site))
        if supervised.running():
            announce(site)
        supervised.wait()
    finally:
        # The terminal may be gone, and then nothing can be said any more.
        with contextlib.suppress(OSError, ValueError):
            say("正在停止 … Stopping ...")
        supervised.stop()
    if not supervised.asked:
        fail("进程管理器已退出，请查看 DATA_DIR/logs/supervisor.log。The supervisor stopped; see that file.")


def desk_words(site: Path) -> str:
    """Return with which user and password the demo's desk opens."""
    password = seat_password(site)
    return f"用户 user alice, 密码 password {password}" if password else ""


def announce(site: Prepared) -> None:
    """Say where everything is, in both languages: nobody has chosen one yet."""
    public, desk = site.public, desk_words(Path(site.site)) if site.site else ""
    say()
    if site.site:
        say(f"  手机与座席 Phone and seat   {site.sandbox}/")
    say(f"  工作台 Desk                 {public}/desk/   {desk}".rstrip())
    say(f"  后台 Admin                  {public}/admin/   用户 user admin, 密码 password {site.password}")
    say(f"  健康检查 Health             {public}/healthz")
    say()
    say("按 Ctrl-C 停止全部进程。Ctrl-C stops everything.")


if __name__ == "__main__":
    main()
