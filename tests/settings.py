"""Settings of the test runs: the site's own, with no background threads and a directory of its own.

Where tests run side by side (pytest-xdist), each process has a directory, a Redis and a queue of its own.
"""

import os
import tempfile
from urllib.parse import urlsplit

# What a test starts inherits the settings of the process that runs it.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
_IS_NEW = bool(_WORKER) and os.environ.get("TESTS_OF_WORKER") != _WORKER
if _IS_NEW or "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="bridge-tests-")
if _IS_NEW:
    os.environ["TESTS_OF_WORKER"] = _WORKER
    os.environ["QUEUE"] = f"bridge-tests-{_WORKER}"
for _name in ("REDIS_URL", "STACK_REDIS_URL"):
    if _IS_NEW and os.environ.get(_name):
        # A Redis has 16 databases by itself; the one that was named is the first's.
        _parts = urlsplit(os.environ[_name])
        _number = int(_parts.path.strip("/") or 0) + int(_WORKER)
        os.environ[_name] = _parts._replace(path=f"/{_number}").geturl()
os.environ.setdefault("SECRET_KEY", "tests-only-key-of-no-value-tests-only-key-of-no-value")
os.environ.setdefault("BACKGROUND_THREADS", "0")
os.environ.setdefault("METRICS_TOKEN", "metrics-token")
# A platform is one folder and this one line: tests/echo.
os.environ.setdefault("EXTRA_PLATFORMS", "tests.echo.platform.EchoPlatform")

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
