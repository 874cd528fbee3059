"""The Celery application; workers and beat start from here."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("bridge")
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
