"""The settings of the bare view: nothing that it could do without."""

import os

SECRET_KEY = os.environ.get("SECRET_KEY", "bench")
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.bare"
MIDDLEWARE: list[str] = []
USE_TZ = True
EMBEDDED_REDIS = True
BROKER_URL = ""
