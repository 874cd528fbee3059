"""Settings of the test runs: the site's own, with no background threads and a directory of its own."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="bridge-tests-"))
os.environ.setdefault("SECRET_KEY", "tests-only-key-of-no-value-tests-only-key-of-no-value")
os.environ.setdefault("BACKGROUND_THREADS", "0")

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
