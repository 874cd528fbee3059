"""The web server: `python -m config.run.web`. WEB_WORKERS processes, each with WEB_THREADS threads for pages and for doors."""

from __future__ import annotations

import os
import threading

import uvicorn

from config.environment import Variables
from config.run import reach

KEEP_ALIVE, GRACEFUL = 30, 10  # seconds


def main(application: str = "config.asgi:application") -> None:
    """Serve until SIGTERM or SIGINT, by the environment: BIND or PORT, WEB_WORKERS, FORWARDED_ALLOW_IPS."""
    env = Variables.load()
    host, port = env.bind("BIND", default=f"127.0.0.1:{env.port('PORT', default=8000)}")
    workers = env.int("WEB_WORKERS", default=1, low=1)
    proxies = env.proxies("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1")
    level = env.one_of("WEB_LOG_LEVEL", ("debug", "info", "warning", "error", "critical"), default="warning")
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
        log_level=level,
        access_log=False,
        server_header=False,
    )


def _say_what_is_away() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    reach.say(settings)


if __name__ == "__main__":
    main()
