"""The Celery application; workers and beat start from here."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_ready, worker_shutting_down

from bridge.base import stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("bridge", amqp="config.broker:PersistentAMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def take_turns_often(**_facts: Any) -> None:
    """Let a worker's threads take turns ten times as often as usual.

    A thread that the database has answered waits for the others' turns to end; at about 25 statements a message, turns of
    5 ms make a busy worker's messages late long before its processor is busy.
    """
    sys.setswitchinterval(0.0005)


@worker_init.connect
@beat_init.connect
def say_what_is_away(**_facts: Any) -> None:
    """Say at the start which servers do not answer; Celery itself only says that of the broker."""
    from django.conf import settings

    from config.run import reach

    reach.say(settings)


@worker_shutting_down.connect
def end_turns(**_facts: Any) -> None:
    """Let the threads end what they have begun, and begin nothing else: Celery waits for them."""
    stopping.tell()


@worker_ready.connect
def warm_up(sender: Any, **_facts: Any) -> None:
    """Connect all threads before the first sign of life: the health page then says ok, and the first message is no slower."""
    from config.run import warming

    warming.every_thread(sender.pool.executor, sender.pool.limit, warming.worker)
    warming.publishing()
