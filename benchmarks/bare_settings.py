"""The settings of the bare view: nothing that it could do without. What follows EMBEDDED_REDIS only the web server reads, once."""

import os

from config import logs

SECRET_KEY = os.environ.get("SECRET_KEY", "bench")
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.bare"
MIDDLEWARE: list[str] = []
USE_TZ = True
EMBEDDED_REDIS = True
BROKER_URL = "redis+socket://"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
LOGGING = logs.settings(logs.LINES, "ERROR", "ERROR", whole=False)
LOGGING_CONFIG = "config.logs.configure"
