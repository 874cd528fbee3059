"""The workshop: has one media file read or converted, in a process of its own; see `tool`."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from bridge.media.errors import MediaError, StorageError

logger = logging.getLogger(__name__)
TOOL = Path(__file__).with_name("tool.py")
SECONDS = 90


def work(job: str, source: Path, target: Path | None = None, *words: object) -> dict[str, Any]:
    """Do one of the tool's jobs and return what it says. MediaError where the file cannot be read or converted.

    StorageError where its target found no room.
    """
    # -I: nothing of the environment or of this directory is imported; av and Pillow are found beside Python.
    command = [sys.executable, "-I", str(TOOL), job, str(source), str(target or ""), *map(str, words)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise MediaError(_("reading the file takes too long")) from None
    except OSError as error:
        raise MediaError(_("the file cannot be read now"), temporary=True) from error
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        logger.info("media %s: %s", job, last[0][:200] if last else done.returncode)
        fault = StorageError.said_by(" ".join(last))
        raise fault or MediaError(_("the file is damaged or of an unknown format"))
    return json.loads(done.stdout)
