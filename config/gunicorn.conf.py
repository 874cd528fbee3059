"""How the web process is served. WEB_WORKERS processes of WEB_THREADS threads each."""

import gc
import os

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_class = "gthread"
keepalive = 30
timeout = 60
graceful_timeout = 10
# Behind a reverse proxy the header that says https comes from it; see BEHIND_PROXY in docs/configuration.md.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
control_socket_disable = True


def post_worker_init(worker):
    """Leave what was loaded at the start out of the garbage collector's rounds: it stays anyway."""
    gc.collect()
    gc.freeze()
