"""The check-up: what a site needs, looked at one by one, each with what to do where it is not in order.

`manage.py doctor` prints it, and the back office has it as a page. The health page says quickly what is down; this says why.
"""

from __future__ import annotations

import platform as machine
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bridge.base import clock, secrets
from bridge.base.redis import client
from bridge.inbox import spill
from bridge.media import probe
from bridge.models import Account, InboundEvent
from bridge.observe import exchanges, liveness, refusals
from bridge.platforms import checks
from bridge.platforms.checks import BAD, GOOD, WARN, Check
from bridge.platforms.registry import platforms
from bridge.values.text import duration
from config.misconfigured import without_password
from config.run import health

OFF = 2.0  # seconds that the clocks may differ
LATE = timedelta(minutes=1)  # after which a waiting event calls for a person
LITTLE, VERY_LITTLE = 5, 1  # GB of free disk


def _versions() -> Check:
    said = f"Python {machine.python_version()}, Django {django.get_version()}, {connection.display_name} {_server()}"
    return Check(_("Versions"), GOOD, said)


def _server() -> str:
    found = connection.get_database_version()
    return ".".join(str(one) for one in found)


def _character_set() -> Check:
    name = _("Character set of the database")
    if connection.vendor != "mysql":
        return Check(name, GOOD, "UTF-8")
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@character_set_database")
        (said,) = cursor.fetchone()
    todo = _("ALTER DATABASE ... CHARACTER SET utf8mb4, and convert its tables: emoji cannot be stored otherwise.")
    return Check(name, GOOD, said) if said == "utf8mb4" else Check(name, BAD, said, todo)


def _durability() -> Check:
    """An acknowledged message must survive a power cut."""
    name = _("Commits of the database")
    if connection.vendor != "mysql":
        return Check(name, GOOD, _("each is on the disk"))
    # MariaDB knows MySQL's name of it since 11.1 only.
    name_of = "tx_isolation" if connection.display_name == "MariaDB" else "transaction_isolation"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT @@innodb_flush_log_at_trx_commit, @@{name_of}")
        flush, isolation = cursor.fetchone()
    if flush != 1:
        todo = _("Set innodb_flush_log_at_trx_commit=1: with another value a power cut loses acknowledged messages.")
        return Check(name, WARN, f"innodb_flush_log_at_trx_commit={flush}", todo)
    return Check(name, GOOD, _("each is on the disk (%s)") % isolation.lower())


def _migrations() -> Check:
    name, executor = _("Tables"), MigrationExecutor(connection)
    left = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if left:
        return Check(name, BAD, _("%d changes are missing") % left, _("Run manage.py migrate."))
    return Check(name, GOOD, _("up to date"))


def _clock() -> Check:
    """Leases, windows and signatures go by the clock of each machine."""
    name = _("Clock")
    if connection.vendor != "mysql":
        return Check(name, GOOD, _("the database has no other"))
    with connection.cursor() as cursor:
        began = clock.now()
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        (theirs,) = cursor.fetchone()
    ours = began + (clock.now() - began) / 2
    off = abs((datetime.combine(theirs.date(), theirs.time(), UTC) - ours).total_seconds())
    said = _("%.1f s away from the database's") % off
    todo = _("Let NTP set the clocks of all machines.")
    return Check(name, GOOD, said) if off < OFF else Check(name, BAD, said, todo)


def _secrets() -> Check:
    name, lost = _("Stored secrets"), sum(secrets.unreadable().values())
    if not lost:
        return Check(name, GOOD, _("all can be read"))
    todo = _(
        "Set SECRET_KEY to what it was, or put the old key into SECRET_KEY_FALLBACKS; if it is gone, enter the secrets anew."
    )
    return Check(name, BAD, _("%d cannot be read: SECRET_KEY was changed") % lost, todo)


def _redis() -> Check:
    name, known = "Redis", client()
    known.ping()
    found: Any = known.config_get("maxmemory-policy", "maxmemory")
    policy, most = found.get("maxmemory-policy", "noeviction"), int(found.get("maxmemory", 0))
    if most and policy != "noeviction" and "redis" in settings.BROKER_URL.split(":")[0]:
        todo = _("Set maxmemory-policy noeviction: it is the broker too, and would forget what waits in it.")
        return Check(name, BAD, f"maxmemory-policy {policy}", todo)
    return Check(name, GOOD, f"{known.info('server').get('redis_version', '')}, maxmemory-policy {policy}")


def _broker() -> Check:
    """Ask it whether events wait there for the database, which they do not for long."""
    name, count = _("Broker"), spill.count()
    if count:
        todo = _("Do not empty the broker. Workers store them as soon as the database takes them.")
        return Check(name, WARN, _("%d events wait for the database") % count, todo)
    return Check(name, GOOD, without_password(settings.BROKER_URL))


def _lives(who: str, todo: Any) -> Callable[[], Check]:
    def check() -> Check:
        if liveness.alive(who):
            return Check(who, GOOD, _("it runs"))
        return Check(who, BAD, _("no sign of life"), str(todo))

    return check


def _events() -> Check:
    name = _("Oldest event to be processed")
    waiting = InboundEvent.objects.filter(state=InboundEvent.State.NEW).order_by("pk")
    oldest = waiting.values_list("received_at", flat=True).first()
    age = clock.now() - oldest if oldest else timedelta()
    if age > LATE:
        todo = _("See whether workers run, and start more of them where all are busy.")
        return Check(name, BAD, _("for %s") % duration(int(age.total_seconds())), todo)
    return Check(name, GOOD, _("nothing waits for long"))


def _storage() -> Check:
    probe.check()
    return Check(_("Storage of files"), GOOD, _("it takes files"))


def _disk() -> Check:
    free = shutil.disk_usage(settings.DATA_DIR).free / 1024**3
    said = _("%(free).1f GB free in %(folder)s") % {"free": free, "folder": settings.DATA_DIR}
    state = BAD if free < VERY_LITTLE else WARN if free < LITTLE else GOOD
    return Check(_("Disk"), state, said, "" if state == GOOD else _("Make room, or move DATA_DIR to a larger disk."))


def _exchanges() -> Check:
    name = _("Exchange log")
    if exchanges.late():
        return Check(
            name, WARN, _("it is not written"), _("See the logs of web and workers for what the database says.")
        )
    return Check(name, GOOD, _("it is written"))


_START = gettext_lazy("Start it; with make run or compose.yaml it starts by itself, and its log says why not.")
# Name, check, and what to do where it fails with an error.
OWN: tuple[tuple[Any, Callable[[], Check], Any], ...] = (
    (gettext_lazy("Versions"), _versions, gettext_lazy("Start the database; see DATABASE_URL.")),
    (gettext_lazy("Character set of the database"), _character_set, ""),
    (gettext_lazy("Commits of the database"), _durability, ""),
    (gettext_lazy("Tables"), _migrations, gettext_lazy("Run manage.py migrate.")),
    (gettext_lazy("Clock"), _clock, ""),
    (gettext_lazy("Stored secrets"), _secrets, ""),
    (
        "Redis",
        _redis,
        gettext_lazy("Start it; see REDIS_URL. Until then messages go on, and tokens are fetched too often."),
    ),
    (gettext_lazy("Broker"), _broker, gettext_lazy("Start it; see BROKER_URL. Until then messages are kept and wait.")),
    ("worker", _lives("worker", _START), _START),
    ("beat", _lives("beat", _START), _START),
    (gettext_lazy("Oldest event to be processed"), _events, ""),
    (
        gettext_lazy("Storage of files"),
        _storage,
        gettext_lazy("See the storage's room and rights. Files wait until then."),
    ),
    (gettext_lazy("Disk"), _disk, ""),
    (gettext_lazy("Exchange log"), _exchanges, ""),
)


def own() -> Iterator[Check]:
    """Yield what is here: database, Redis, broker, processes, storage. A check that fails says so and stops no other."""
    for name, check, todo in OWN:
        try:
            yield check()
        except Exception as error:
            health.logger.warning("doctor: %s: %s", name, type(error).__name__)
            yield Check(str(name), BAD, f"{type(error).__name__}: {_told(error)}", str(todo))


def _told(error: Exception) -> str:
    return str(error.args[-1] if error.args else "")[:200]


def endpoints() -> Iterator[Check]:
    """Yield how each account and app is set up: tokens, signatures, callback addresses. It makes calls to the platforms."""
    for platform in platforms():
        for endpoint in platform.model._default_manager.all():
            found = [*platform.check(endpoint), checks.refused(refusals.of(endpoint.pk))]
            if isinstance(endpoint, Account):
                found.append(checks.reaches(endpoint))
            yield from (replace(one, name=f"{endpoint}: {one.name}") for one in found)
