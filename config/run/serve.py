"""`make run`: prepares the site below DATA_DIR and runs it under one supervisor until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import secrets
import socket
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NoReturn

from config.run import lock, reach
from config.run.supervised import Supervised, die_at_once, follow_make

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
START_SECONDS = 90


def say(line: str = "") -> None:
    """Print a line at once."""
    print(line, flush=True)


def fail(line: str) -> NoReturn:
    """Stop with an error in words."""
    sys.exit(f"✗ {line}")


def check_port(port: int, variable: str) -> None:
    """Stop with what to do where the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            fail(
                f"端口 {port} 已被占用，请换一个。Port {port} is taken. Choose another one: {variable}={port + 10} make run"
            )


def hold(settings: Any) -> int:
    """Take DATA_DIR for this site alone; return the lock. Stops with what to do where another site has it."""
    try:
        return lock.hold(settings.DATA_DIR, settings.PORT)
    except lock.Taken as taken:
        fail(
            f"数据目录 {settings.DATA_DIR} 正由另一个站点使用（进程 {taken.pid}，端口 {taken.port}）。请先停止它，或换一个目录："
            f"Another site runs in {settings.DATA_DIR} (process {taken.pid}, port {taken.port}). Stop it first, or choose "
            f"another folder: DATA_DIR=./var2 PORT={settings.PORT + 10} make run"
        )


def check_site() -> None:
    """Stop where a system check fails. Workers start without them: they would load all pages into each worker."""
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    try:
        call_command("check", stdout=io.StringIO())
    except SystemCheckError as error:
        fail(str(error))


def prepare_database() -> None:
    """Bring the tables up to date and collect the static files."""
    from django.core.management import call_command

    from config.run import statics

    # A start that was killed right after a table was made, and before that was written down, is taken up here.
    call_command("migrate", verbosity=0, interactive=False, fake_initial=True)
    statics.collect()


def first_admin(data_dir: Path) -> str:
    """Make the first admin where there is none; return what to say about its password."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    path = data_dir / "admin-password"
    if users.filter(is_superuser=True).exists():
        return f"({path})" if path.exists() else "(由你设置 as you set it)"
    password = secrets.token_urlsafe(12)
    path.unlink(missing_ok=True)
    from config.run.embedded import private_file

    private_file(path, password)
    users.create_superuser("admin", password=password)
    return f"{password}   ({path})"


def check_secrets() -> None:
    """Say loudly where the stored secrets cannot be read; the site starts all the same, so that they can be entered anew."""
    from bridge.base import secrets

    if lost := sum(secrets.unreadable().values()):
        say(
            f"✗ SECRET_KEY 已更改：数据库中有 {lost} 个密钥无法读取，消息无法收发。请恢复原来的 SECRET_KEY，或把旧值写入 "
            f"SECRET_KEY_FALLBACKS；若已丢失，请在后台重新填写。SECRET_KEY was changed: {lost} stored secrets cannot be read, and "
            "no message gets through. Set it to what it was, or put the old key into SECRET_KEY_FALLBACKS; if it is gone, enter "
            "the secrets anew in the admin."
        )


def provision(path: Path) -> None:
    """Apply the provision file at `path`; stop with what is wrong in it."""
    from seats.provision import apply, schema

    try:
        summary = apply.apply(schema.read(path))
    except schema.ProvisionError as error:
        fail(str(error))
    say(f"✓ {path}: {len(summary.created)} 新建 created, {len(summary.updated)} 更新 changed")


def demo_file(data_dir: Path, sandbox: str) -> Path | None:
    """Return the demo's file where nothing else is configured."""
    from bridge.platforms.wechat.models import WeChatAccount
    from config.run import demo

    if not (data_dir / "demo.toml").exists() and WeChatAccount.objects.exists():
        return None
    return demo.site_file(data_dir, sandbox)


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
    from config.run.demo import Player

    seats = [seat.get("im_user_id") or seat["username"] for seat in tomllib.loads(site.read_text())["seat"]]
    player = Player(sandbox)
    try:
        player.log_in(seats)
        there, back = player.round_trip()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if supervised.running():
            say(f"✗ 第一条消息没有送达 The first message did not come through ({type(error).__name__}): DATA_DIR/logs")
        return
    say(f"✓ 客户 → 座席 customer → seat in {there * 1000:.0f} ms，座席 → 客户 seat → customer in {back * 1000:.0f} ms")


def set_up_django() -> None:
    """Load the site into this process. It only prepares; nudging is for the processes it starts."""
    background = os.environ.get("BACKGROUND_THREADS")
    os.environ["BACKGROUND_THREADS"] = "0"
    import django

    django.setup()
    if background is None:
        del os.environ["BACKGROUND_THREADS"]


def prepare(settings: Any, sandbox: str) -> tuple[Path | None, str]:
    """Bring database and site to what they should be; return the demo's file, if it is shown, and the admin's password."""
    check_port(settings.PORT, "PORT")
    reach.check(settings)
    check_site()
    prepare_database()
    check_secrets()
    password = first_admin(settings.DATA_DIR)
    site = None if settings.PROVISION else demo_file(settings.DATA_DIR, sandbox)
    if site:
        from config.run.demo import add_faq

        check_port(settings.SANDBOX_PORT, "SANDBOX_PORT")
        add_faq()
        # The demo's IM client keeps its files on this machine; everywhere else such addresses are refused.
        os.environ.setdefault("MEDIA_ALLOW_PRIVATE", "1")
        os.environ.setdefault("MEDIA_ALLOWED_HOSTS", "127.0.0.1")
    if settings.PROVISION or site:
        provision(site or Path(settings.PROVISION))
    return site, password


def write_programs(settings: Any, site: Path | None, local: str) -> Path:
    """Write the supervisor's configuration: the site's processes, Valkey and the sandbox where they are needed."""
    from config.run import embedded, supervision

    programs = supervision.site_programs()
    if settings.EMBEDDED_REDIS:
        redis = supervision.Program("redis", embedded.redis_command(settings.DATA_DIR), priority=1, startsecs=1)
        programs.insert(0, redis)
    if site:
        programs.append(supervision.sandbox_program(site, settings.SANDBOX_PORT, local))
    config = settings.DATA_DIR / "supervisor.conf"
    supervision.write(config, settings.DATA_DIR, programs)
    return config


def main() -> None:
    """Prepare the site, start its processes and wait until they are asked to stop."""
    die_at_once()
    follow_make()
    set_up_django()
    from django.conf import settings

    local, sandbox = f"http://127.0.0.1:{settings.PORT}", f"http://127.0.0.1:{settings.SANDBOX_PORT}"
    held = hold(settings)
    site, password = prepare(settings, sandbox)
    supervised = Supervised(write_programs(settings, site, local), held)
    try:
        wait_healthy(supervised, local)
        if site and supervised.running():
            try_demo(supervised, sandbox, site)
        if supervised.running():
            announce(settings.PUBLIC_URL, sandbox if site else "", password, desk_words(site) if site else "")
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
    from config.run.demo import seat_password

    password = seat_password(site)
    return f"用户 user alice, 密码 password {password}" if password else ""


def announce(public: str, sandbox: str, password: str, desk: str) -> None:
    """Say where everything is, in both languages: nobody has chosen one yet."""
    say()
    if sandbox:
        say(f"  手机与座席 Phone and seat   {sandbox}/")
    say(f"  工作台 Desk                 {public}/desk/   {desk}".rstrip())
    say(f"  后台 Admin                  {public}/admin/   用户 user admin, 密码 password {password}")
    say(f"  健康检查 Health             {public}/healthz")
    say()
    say("按 Ctrl-C 停止全部进程。Ctrl-C stops everything.")


if __name__ == "__main__":
    main()
