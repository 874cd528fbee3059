"""Renewing: a process goes on holding its leases while it works on their lanes."""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from bridge.base import clock
from bridge.live.parameters import parameters
from bridge.models import Lane

logger = logging.getLogger(__name__)


class Renewer:
    """Renews the leases of this process in a thread, three times within a lease's life.

    A lease held for much longer than a turn lasts belongs to work that hangs, and is left to run out.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], float] = {}  # owner and lane -> since
        self._lock = threading.Lock()
        self._pid = 0

    def keep(self, owner: str, lane: str) -> None:
        if not settings.BACKGROUND_THREADS:
            return
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._held = os.getpid(), {}
                threading.Thread(target=self._run, name="leases", daemon=True).start()
            self._held[owner, lane] = time.monotonic()

    def let_go(self, owner: str, lane: str) -> None:
        with self._lock:
            self._held.pop((owner, lane), None)

    def _run(self) -> None:
        while True:
            time.sleep(settings.LEASE_SECONDS / 3)
            try:
                self._renew()
            except (DatabaseError, InterfaceError):
                logger.warning("could not renew leases")
                connection.close()

    def _renew(self) -> None:
        oldest = time.monotonic() - settings.LANE_TURN_SECONDS - 10 * parameters.HTTP_TIMEOUT
        with self._lock:
            held = [key for key, since in self._held.items() if since > oldest]
        if held:
            # By their keys: the owner has no index, and a scan would touch every lane there is.
            owners, lanes = {owner for owner, _lane in held}, [lane for _owner, lane in held]
            Lane.objects.filter(pk__in=lanes, owner__in=owners).update(
                lease_until=clock.now() + timedelta(seconds=settings.LEASE_SECONDS)
            )


renewer = Renewer()
