"""Prepares the site below DATA_DIR: `python -m config.run.prepare DESCRIPTOR PARENT`, which `config.run.serve` waits for.

All pages are loaded for this; the memory goes with this process. What the start needs to know is told through the
descriptor, a socket, as JSON, and with it the lock on DATA_DIR, for `config.run.serve` (PARENT) to hold.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from config.misconfigured import refuse
from config.run import lock, reach
from config.run.saying import Prepared, fail, say
from config.run.supervised import die_at_once
from config.run.tied import tie

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


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
    """Take DATA_DIR for this site alone, in the name of the parent, which will hold it; return the lock.

    Stops with what to do where another site has it.
    """
    try:
        return lock.hold(settings.DATA_DIR, settings.PORT, os.getppid())
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


def check_provision(path: str) -> None:
    """Stop where the provision file that is asked for is not there."""
    if path and not Path(path).is_file():
        refuse("PROVISION", path, "没有此文件", "there is no such file")


def provision(path: Path) -> None:
    """Apply the provision file at `path`; stop with what is wrong in it."""
    from seats.provision import apply, schema

    try:
        summary = apply.apply(schema.read(path))
    except schema.ProvisionError as error:
        fail(str(error))
    say(f"✓ {path}: {len(summary.created)} 新建 created, {len(summary.updated)} 更新 changed")


def demo_file(data_dir: Path, sandbox: str) -> Path | None:
    """Return the demo's file where nothing else is configured; none once the seats are on the real Tencent IM."""
    from bridge.platforms.wechat.models import WeChatAccount
    from config.run import demo

    if not (data_dir / "demo.toml").exists() and WeChatAccount.objects.exists():
        return None
    return None if demo.im_is_real() else demo.site_file(data_dir, sandbox)


def file_to_apply(settings: Any, site: Path | None) -> Path | None:
    """Return the provision file that this start applies: the demo's would take back what was connected to real platforms."""
    from config.run import demo

    if settings.PROVISION:
        return Path(settings.PROVISION)
    return None if demo.any_is_real() else site


def set_up_django() -> None:
    """Load the site into this process. It only prepares; nudging is for the processes it starts."""
    background = os.environ.get("BACKGROUND_THREADS")
    os.environ["BACKGROUND_THREADS"] = "0"
    import django

    django.setup()
    if background is None:
        del os.environ["BACKGROUND_THREADS"]


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


def make_ready(settings: Any, sandbox: str) -> tuple[Path | None, str]:
    """Bring database and site to what they should be; return the demo's file, if it is shown, and the admin's password."""
    check_port(settings.PORT, "PORT")
    check_provision(settings.PROVISION)
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
        # As `serve.DEMO` tells the site's processes: the sandbox is on this machine.
        settings.PLATFORM_ALLOW_PRIVATE = True
    if path := file_to_apply(settings, site):
        provision(path)
    return site, password


def main() -> None:
    """Prepare the site and tell the parent, which holds the other end of the socket, what came of it."""
    die_at_once()
    tie(int(sys.argv[2]))
    set_up_django()
    from django.conf import settings

    local, sandbox = f"http://127.0.0.1:{settings.PORT}", f"http://127.0.0.1:{settings.SANDBOX_PORT}"
    held = hold(settings)
    site, password = make_ready(settings, sandbox)
    config = write_programs(settings, site, local)
    told = Prepared(str(config), local, settings.PUBLIC_URL, sandbox, str(site or ""), password)
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        socket.send_fds(parent, [json.dumps(asdict(told)).encode()], [held])


if __name__ == "__main__":
    main()
