"""The web server: `python -m config.run.web`. WEB_WORKERS processes, each with WEB_THREADS threads for pages and for doors."""

from __future__ import annotations

import os
import threading

import uvicorn
from django.conf import settings

from config import logs
from config.environment import Variables
from config.run import reach

KEEP_ALIVE, GRACEFUL = 30, 10  # seconds


def main(application: str = "config.asgi:application") -> None:
    """Serve until SIGTERM or SIGINT, by the environment: BIND or PORT, WEB_WORKERS, FORWARDED_ALLOW_IPS."""
    env = Variables.load()
    host, port = env.bind("BIND", default=f"127.0.0.1:{env.port('PORT', default=8000)}")
    workers = env.int("WEB_WORKERS", default=1, low=1, high=1000)
    proxies = env.proxies("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1")
    level = env.one_of("WEB_LOG_LEVEL", ("debug", "info", "warning", "error", "critical"), default="warning")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    logs.ready(settings)
    # Beside the serving: callbacks are taken at once, also while the database is away.
    threading.Thread(target=_say_what_is_away, name="reach", daemon=True).start()
    uvicorn.run(
        application,
        host=host,
        port=port,
        workers=workers,
        # Behind a reverse proxy the header that says https comes from it; see BEHIND_PROXY in docs/configuration.md.
        forwarded_allow_ips=proxies,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACEFUL,
        # As all of the site logs (`config.logs`); the level is that of uvicorn's own lines.
        log_config=None,
        log_level=level,
        access_log=False,
        server_header=False,
    )


def _say_what_is_away() -> None:
    reach.say(settings)


if __name__ == "__main__":
    main()
