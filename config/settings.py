"""All settings, in one file; every variable of the environment is read here and described in docs/configuration.md."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config import embedded, parameters

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# Where the site lives
PORT = env.int("PORT", default=8000)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
PROVISION = env.str("PROVISION", default="")
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
SANDBOX_PORT = env.int("SANDBOX_PORT", default=PORT + 1)
_HTTPS = PUBLIC_URL.startswith("https://")
_PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or embedded.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Secrets at rest are encrypted with a key derived from SECRET_KEY and this salt.
SALT_KEY = env.list("SALT_KEY", default=["wechat-bridge.secrets.v1"])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", _PUBLIC_HOST])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

# Database, Redis, broker: unset means the embedded ones below DATA_DIR
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
_SOCKET = embedded.redis_socket(DATA_DIR)
REDIS_URL = env.str("REDIS_URL", default="") or f"unix://{_SOCKET}?db=0"
BROKER_URL = env.str("BROKER_URL", default="") or (
    f"redis+socket://{_SOCKET}?virtual_host=1" if REDIS_URL.startswith("unix://") else REDIS_URL
)
EMBEDDED_REDIS = not env.str("REDIS_URL", default="")

DATABASES = {"default": env.db_url_config(DATABASE_URL)}
_DATABASE = DATABASES["default"]
# Kept open, but not for longer than a server lets an idle connection live (MySQL: 8 hours).
_DATABASE["CONN_MAX_AGE"] = 3600
if _DATABASE["ENGINE"].endswith("sqlite3"):
    # One writer at a time, and no SQLITE_BUSY in the middle of a transaction: take the write lock at its start.
    # synchronous=FULL, because an acknowledged push must survive a power cut.
    _DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
elif _DATABASE["ENGINE"].endswith("mysql"):
    _DATABASE["OPTIONS"] = {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        "connect_timeout": 2,
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES', innodb_lock_wait_timeout=10",
    }
    _DATABASE["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_general_ci"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.constance",
    "unfold.contrib.simple_history",
    "unfold.contrib.import_export",
    "config.apps.ParametersConfig",
    "axes",
    "simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "bridge",
    "seats",
    "chatbots",
    "analytics",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last: it answers where a sign-in is refused because there were too many.
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Who fails to sign in too often waits: a name from one address, so that nobody can lock others out from elsewhere.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# A former state is there to be read; secrets are not in it, so that going back would lose them.
SIMPLE_HISTORY_REVERT_DISABLED = True
LOGIN_TRIES = env.int("LOGIN_TRIES", default=8)
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=15)
AXES_FAILURE_LIMIT = "bridge.logins.tries"
AXES_COOLOFF_TIME = "bridge.logins.lock"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Lists as files: by whoever sees them; and no spreadsheet takes a customer's words for a formula.
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
OTP_TOTP_ISSUER = "WeChat Bridge"


# The admin's dress: navigation by task, one accent
def _page(title: Any, icon: str, model: str) -> dict[str, Any]:
    app, _sep, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


def _report(title: Any, icon: str, name: str, *arguments: str) -> dict[str, Any]:
    may = "analytics.access.may_read_request"
    return {"title": title, "icon": icon, "link": reverse_lazy(name, args=arguments), "permission": may}


UNFOLD = {
    "SITE_TITLE": _("WeChat Bridge"),
    "SITE_HEADER": _("WeChat Bridge"),
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("bridge/favicon.svg")},
    ],
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "analytics.live.dashboard",
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#eef8f4",
            "100": "#d5efe4",
            "200": "#aedecb",
            "300": "#7dc6ab",
            "400": "#48a786",
            "500": "#1f8a67",
            "600": "#0a6e4e",
            "700": "#095a41",
            "800": "#094835",
            "900": "#083b2c",
            "950": "#04221a",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("Conversations"),
                "items": [
                    {"title": _("Overview"), "icon": "dashboard", "link": reverse_lazy("admin:index")},
                    _page(_("Conversations"), "forum", "bridge.conversation"),
                    _page(_("Messages"), "chat_bubble", "bridge.message"),
                    _page(_("Customers"), "group", "bridge.customer"),
                    _page(_("Media"), "perm_media", "bridge.media"),
                ],
            },
            {
                "title": _("Seats and queue"),
                "items": [
                    _page(_("Seats"), "support_agent", "seats.seat"),
                    {
                        **_page(_("Groups"), "workspaces", "seats.seatgroup"),
                        "active": lambda request: (
                            "/seats/seatgroup/" in request.path and "/outlook/" not in request.path
                        ),
                    },
                    _page(_("Queue"), "hourglass_top", "seats.queueentry"),
                    {
                        "title": _("Who writes now"),
                        "icon": "psychology_alt",
                        "link": reverse_lazy("admin:seats_outlook"),
                        "permission": lambda request: request.user.has_perm("seats.view_seatgroup"),
                    },
                    _page(_("Working hours"), "schedule", "bridge.workinghours"),
                    _page(_("Tags"), "sell", "bridge.tag"),
                    _page(_("Canned replies"), "quickreply", "seats.cannedreply"),
                    _page(_("Assignments"), "assignment_ind", "seats.assignment"),
                ],
            },
            {
                "title": _("Reports"),
                "items": [
                    _report(_("Live"), "monitoring", "reports-live"),
                    _report(_("Key figures"), "insights", "reports-dashboard", "overview"),
                    _report(_("Accounts compared"), "compare", "reports-dashboard", "accounts"),
                    _report(_("Groups compared"), "group_work", "reports-dashboard", "groups"),
                    _report(_("Seats compared"), "leaderboard", "reports-dashboard", "seats"),
                    _report(_("Waiting times"), "hourglass_bottom", "reports-dashboard", "queue"),
                    _report(_("Satisfaction"), "sentiment_satisfied", "reports-dashboard", "satisfaction"),
                    _report(_("Quality of delivery"), "verified", "reports-dashboard", "delivery"),
                    _page(_("Scheduled reports"), "schedule_send", "analytics.subscription"),
                ],
            },
            {
                "title": _("Channels"),
                "items": [
                    _page(_("Accounts"), "storefront", "bridge.wechataccount"),
                    _page(_("Tencent IM app"), "hub", "bridge.tencentimapp"),
                ],
            },
            {
                "title": _("Chatbots"),
                "items": [
                    {
                        **_page(_("FAQ"), "smart_toy", "chatbots.faqentry"),
                        "active": lambda request: "/chatbots/faqentry/" in request.path and "/try/" not in request.path,
                    },
                    {
                        "title": _("Try the chatbots"),
                        "icon": "science",
                        "link": reverse_lazy("admin:chatbots_try"),
                        "permission": lambda request: request.user.has_perm("chatbots.view_faqentry"),
                    },
                ],
            },
            {
                "title": _("System"),
                "items": [
                    _page(_("Events"), "move_to_inbox", "bridge.inboundevent"),
                    _page(_("Deliveries"), "outbox", "bridge.delivery"),
                    _page(_("Exchange log"), "swap_horiz", "bridge.exchange"),
                    _page(_("Platform errors"), "error", "bridge.platformerror"),
                    _page(_("Lanes"), "alt_route", "bridge.lane"),
                    {
                        "title": _("Parameters"),
                        "icon": "tune",
                        "link": reverse_lazy("admin:constance_config_changelist"),
                        "permission": lambda request: request.user.has_perm("constance.view_config"),
                    },
                    _page(_("Users"), "person", "auth.user"),
                    _page(_("Failed sign-ins"), "lock_clock", "axes.accessattempt"),
                    _page(_("Two-step devices"), "phonelink_lock", "otp_totp.totpdevice"),
                    {"title": _("My two-step sign-in"), "icon": "verified_user", "link": reverse_lazy("two-step")},
                    _page(_("API tokens"), "key", "knox.authtoken"),
                    _page(_("Roles"), "badge", "auth.group"),
                ],
            },
        ],
    },
}

# Language and time
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="zh-hans")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True

# Static files
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
    "media": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # Two lanes may store the same content at once; the path is the content's, so either may write it.
        "OPTIONS": {"location": env.str("MEDIA_DIR", default=str(DATA_DIR / "media")), "allow_overwrite": True},
    },
}
MEDIA_ROOT = DATA_DIR / "media"

# Security. HSTS for subdomains and preloading speak for the operator's whole domain, so they stay the operator's choice.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
# Container and load balancer ask for health without TLS.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if _HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if env.bool("BEHIND_PROXY", default=_HTTPS):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "knox.auth.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "seats.api.files.answer_to",
}
REST_KNOX = {"TOKEN_PREFIX": "wcb_", "AUTH_HEADER_PREFIX": "Bearer"}
SPECTACULAR_SETTINGS = {
    "TITLE": "WeChat Bridge",
    "VERSION": "1",
    "DESCRIPTION": "What seats and supervisors can do. A command here is the same event as the command written on IM.",
    "SERVE_PERMISSIONS": ["seats.api.actors.IsActor"],
    "SERVE_INCLUDE_SCHEMA": False,
    # From our own static files, not from somebody's network.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# The way of a message: read from top to bottom, like MIDDLEWARE
FILTERS = [
    "bridge.filters.decode.Decode",
    "bridge.filters.conversation.Conversation",
    "bridge.filters.command_parse.CommandParse",
    "bridge.filters.chatbot.ChatBot",
]
# The bots, by dotted path; the first whose command or mode fits handles it
CHATBOTS = [
    "chatbots.transform.TransformBot",
    "chatbots.transfer.TransferBot",
    "chatbots.stack.StackBot",
    "chatbots.leave.LeaveBot",
    "chatbots.send.SendBot",
    "chatbots.quit.QuitBot",
    "chatbots.records.RecordsBot",
    "chatbots.presence.PresenceBot",
    "chatbots.supervise.SuperviseBot",
    "chatbots.help.HelpBot",
    "chatbots.faq.FaqBot",
]
# The strategies that give conversations to seats, by dotted path; each group chooses one by name
STRATEGIES = [
    "seats.strategies.WeightedLeastLoad",
    "seats.strategies.RoundRobin",
    "seats.strategies.MostIdle",
    "seats.strategies.LastSeatFirst",
]
# The platforms, by dotted path
PLATFORMS = [
    "bridge.platforms.wechat.platform.WeChatPlatform",
    "bridge.platforms.tencent_im.platform.TencentIMPlatform",
]

# Doors
PUSH_MAX_AGE = env.int("PUSH_MAX_AGE", default=600)
IM_CALLBACK_MAX_AGE = env.int("IM_CALLBACK_MAX_AGE", default=60)
DOOR_MAX_BODY = env.int("DOOR_MAX_BODY", default=128 * 1024)
# How many events may wait in the broker for a database that is away; more are refused, so that the platforms repeat them
SPILL_MAX = env.int("SPILL_MAX", default=100_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# What is larger is written to disk while it comes in.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
NUDGE_INTERVAL = env.float("NUDGE_INTERVAL", default=0.005)
# Off in tests: nudging and lease renewal happen in threads of their own.
BACKGROUND_THREADS = env.bool("BACKGROUND_THREADS", default=True)

WEB_THREADS = env.int("WEB_THREADS", default=8)
# How long a door may hold WeChat's request for a notice that then costs nothing; 0: never
PASSIVE_REPLY_SECONDS = env.float("PASSIVE_REPLY_SECONDS", default=0.0)

# Lanes and the outbox
LEASE_SECONDS = env.float("LEASE_SECONDS", default=6.0)
LANE_TURN_SECONDS = env.float("LANE_TURN_SECONDS", default=20.0)
EVENT_MAX_TRIES = env.int("EVENT_MAX_TRIES", default=3)
DELIVERY_MAX_TRIES = env.int("DELIVERY_MAX_TRIES", default=12)
HTTP_TIMEOUT = env.float("HTTP_TIMEOUT", default=10.0)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=5.0)
# What to do with a WeChat send whose outcome nobody knows: "ask" the seat, or "resend" at the risk of a double
UNKNOWN_OUTCOME = env.str("UNKNOWN_OUTCOME", default="ask")
# Windows: at how many messages left the seat is told; from how many left on a seat's texts that waited are joined, and
# for how long a text then waits for the next one; how long before its end an unanswered customer's window is pointed out
WINDOW_LOW = env.int("WINDOW_LOW", default=2)
WINDOW_JOIN_BELOW = env.int("WINDOW_JOIN_BELOW", default=2)
WINDOW_JOIN_SECONDS = env.float("WINDOW_JOIN_SECONDS", default=0.0)
# For how many days WeChat's own word on the count is believed before it is asked again; 0: it is never asked
WINDOW_CHECK_DAYS = env.int("WINDOW_CHECK_DAYS", default=30)
WINDOW_WARN_MINUTES = env.int("WINDOW_WARN_MINUTES", default=120)
# How long a UserSig lives with which a seat's client logs in to Tencent IM
IM_SIG_SECONDS = env.int("IM_SIG_SECONDS", default=7200)
# Seats: how often what time makes due is looked for, how often Tencent IM is asked who is online, and after how many
# seconds without a sign of life a desk counts as gone
TICK_SECONDS = env.float("TICK_SECONDS", default=5.0)
# Within how many seconds a waiting customer should have a seat, in the reports
SERVICE_LEVEL_SECONDS = env.str("SERVICE_LEVEL_SECONDS", default="60")
# How often the reports take in what has happened
ROLLUP_SECONDS = env.float("ROLLUP_SECONDS", default=60.0)
PRESENCE_CHECK_SECONDS = env.float("PRESENCE_CHECK_SECONDS", default=60.0)
PRESENCE_TIMEOUT = env.int("PRESENCE_TIMEOUT", default=60)
# How long the API waits for a command to be carried out before it answers that it is under way
API_WAIT_SECONDS = env.float("API_WAIT_SECONDS", default=5.0)
CONTEXT_LENGTH = env.int("CONTEXT_LENGTH", default=20)

# For how many days after its close what was said in a conversation is kept, and finished events; -1: for ever
BODY_DAYS = env.int("BODY_DAYS", default=-1)
EVENT_DAYS = env.int("EVENT_DAYS", default=90)
# The exchange log: for how many days all of it and what failed is kept, and how many a second and process
EXCHANGE_DAYS = env.int("EXCHANGE_DAYS", default=3)
EXCHANGE_FAILED_DAYS = env.int("EXCHANGE_FAILED_DAYS", default=14)
EXCHANGE_PER_SECOND = env.int("EXCHANGE_PER_SECOND", default=100)

# Media: where files lie (local, or s3 for S3, COS and the like), how long links to them live, when orphans go
MEDIA_STORAGE = env.str("MEDIA_STORAGE", default="local")
MEDIA_ALLOWED_HOSTS = env.list("MEDIA_ALLOWED_HOSTS", default=[])
MEDIA_ALLOW_PRIVATE = env.bool("MEDIA_ALLOW_PRIVATE", default=False)
MEDIA_MAX_MB = env.int("MEDIA_MAX_MB", default=100)
STORAGE_RETRY_SECONDS = env.float("STORAGE_RETRY_SECONDS", default=60.0)
STORAGE_WAIT_HOURS = env.int("STORAGE_WAIT_HOURS", default=48)
MEDIA_LINK_DAYS = env.int("MEDIA_LINK_DAYS", default=7)
MEDIA_ORPHAN_DAYS = env.int("MEDIA_ORPHAN_DAYS", default=7)
# What staff may change while the site runs begins with the values above.
CONSTANCE_BACKEND = "constance.backends.database.DatabaseBackend"
CONSTANCE_SUPERUSER_ONLY = False
CONSTANCE_CONFIG = parameters.config(globals())
PARAMETERS_PER_ACCOUNT = [parameters.PARAMETERS[name] for name in parameters.PER_ACCOUNT]
CONSTANCE_CONFIG_FIELDSETS = parameters.fieldsets()
CONSTANCE_ADDITIONAL_FIELDS = parameters.fields()
if MEDIA_STORAGE == "s3":
    STORAGES["media"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.str("MEDIA_S3_BUCKET"),
            "endpoint_url": env.str("MEDIA_S3_ENDPOINT", default="") or None,
            "region_name": env.str("MEDIA_S3_REGION", default="") or None,
            "access_key": env.str("MEDIA_S3_KEY", default="") or None,
            "secret_key": env.str("MEDIA_S3_SECRET", default="") or None,
            "location": env.str("MEDIA_S3_PREFIX", default="media"),
            "querystring_auth": True,
            "querystring_expire": 3600,
            "file_overwrite": True,
            "default_acl": None,
        },
    }

# Mail, for scheduled reports: smtp+tls://user:password@host:587, smtp+ssl://…; empty for none
EMAIL_URL = env.str("EMAIL_URL", default="")
vars().update(env.email_url_config(EMAIL_URL) if EMAIL_URL else {"EMAIL_HOST": ""})
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="wechat-bridge@localhost")

# Celery
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = env.str("QUEUE", default="bridge")
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 3, "socket_timeout": 30, "visibility_timeout": 3600}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "bridge.liveness:LiveScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "send-reports": {"task": "analytics.tasks.send_reports", "schedule": 600.0, "options": {"expires": 600.0}},
    "roll-up": {
        "task": "analytics.tasks.update_rollups",
        "schedule": ROLLUP_SECONDS,
        "options": {"expires": ROLLUP_SECONDS * 2},
    },
    "wake-queues": {"task": "seats.tasks.wake_queues", "schedule": 30.0, "options": {"expires": 60.0}},
    "tick": {"task": "seats.tasks.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS * 4}},
    "check-presence": {
        "task": "seats.tasks.check_presence",
        "schedule": PRESENCE_CHECK_SECONDS,
        "options": {"expires": PRESENCE_CHECK_SECONDS},
    },
    "warn-of-windows": {"task": "bridge.tasks.warn_of_windows", "schedule": 60.0, "options": {"expires": 120.0}},
    "purge": {"task": "bridge.tasks.purge", "schedule": 300.0, "options": {"expires": 600.0}},
    "sweep-media": {"task": "bridge.tasks.sweep_media", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "sweep": {"task": "bridge.tasks.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS * 4}},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.security.DisallowedHost": {"level": "ERROR"},
        # Two lines per nudge would bury everything else.
        "celery.worker.strategy": {"level": "WARNING"},
        # What these say of each sign-in and migration stands in the database.
        "axes": {"level": "WARNING"},
        "constance": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # Its debug lines hold addresses, and those hold access tokens.
        "urllib3": {"level": "INFO"},
    },
}
