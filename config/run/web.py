"""The web server: `python -m config.run.web`. WEB_WORKERS processes, each with WEB_THREADS threads for pages and for doors."""

from __future__ import annotations

import os

import uvicorn

from config.environment import Variables

KEEP_ALIVE, GRACEFUL = 30, 10  # seconds


def main(application: str = "config.asgi:application") -> None:
    """Serve until SIGTERM or SIGINT, by the environment: BIND or PORT, WEB_WORKERS, FORWARDED_ALLOW_IPS."""
    env = Variables.load()
    host, _colon, port = (os.environ.get("BIND") or f"127.0.0.1:{env.port('PORT', default=8000)}").rpartition(":")
    uvicorn.run(
        application,
        host=host.strip("[]"),
        port=int(port),
        workers=env.int("WEB_WORKERS", default=1),
        # Behind a reverse proxy the header that says https comes from it; see BEHIND_PROXY in docs/configuration.md.
        forwarded_allow_ips=env.proxies("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1"),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACEFUL,
        log_level=os.environ.get("WEB_LOG_LEVEL", "warning"),
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
