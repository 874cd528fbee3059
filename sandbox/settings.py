"""Settings of the sandbox, a small Django project of its own."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
PORT = int(os.environ.get("SANDBOX_PORT", "8001"))
# The provision file of the site it plays the platforms for, and where that site's doors are.
SITE_FILE = os.environ.get("SANDBOX_SITE", "")
BRIDGE_URL = os.environ.get("SANDBOX_BRIDGE_URL", "http://127.0.0.1:8000").rstrip("/")

# The largest body the sandbox takes, in bytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 200 * 1024 * 1024
# How many messages a customer's message allows; WeChat's number is 5. Load tests raise it.
WINDOW_COUNT = int(os.environ.get("SANDBOX_WINDOW_COUNT", "5"))
# How often a push is tried, and how many seconds lie between two tries at least. WeChat repeats three times, every 5 s.
TRIES = int(os.environ.get("SANDBOX_TRIES", "3"))
REPEAT_SECONDS = float(os.environ.get("SANDBOX_REPEAT_SECONDS", "0.3"))

# Nothing is signed with it: the sandbox keeps no sessions.
SECRET_KEY = "sandbox"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "sandbox.urls"
WSGI_APPLICATION = "sandbox.wsgi.application"
INSTALLED_APPS: list[str] = []
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "sandbox.guard.SameOriginMiddleware",
    "sandbox.wrong.WrongMiddleware",
]
# Pictures and films of messages come from the site that is played with, wherever it is.
_ANYWHERE = ["'self'", "data:", "blob:", "http:", "https:"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": _ANYWHERE,
        "media-src": _ANYWHERE,
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.i18n"]},
    }
]
LANGUAGE_CODE = os.environ.get("LANGUAGE_CODE", "zh-hans")
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR.parent / "locale"]
USE_TZ = True
TIME_ZONE = os.environ.get("TIME_ZONE", "Asia/Shanghai")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
