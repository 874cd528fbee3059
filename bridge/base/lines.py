"""Connections to servers on other machines: how it is noticed that one is gone without a word."""

from __future__ import annotations

import socket

# Within some ten seconds: where nothing is said, where an answer is waited for, and where (USER_TIMEOUT, milliseconds) not even
# the question arrives. Options of a socket, as far as this system has them.
_WANTED = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 11000}
ALIVE = {int(getattr(socket, name)): value for name, value in _WANTED.items() if hasattr(socket, name)}
