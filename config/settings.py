"""All settings, in one file; every variable of the environment is read here and described in docs/configuration.md."""

from urllib.parse import urlsplit

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from bridge.base import addresses, lines
from config import backoffice, environment, headers, logs, parameters, plugins
from config.run import embedded

BASE_DIR = environment.BASE_DIR
env = environment.Variables.load()

# Where the site lives
PORT = env.port("PORT", default=8000)
DATA_DIR = env.folder("DATA_DIR", default=BASE_DIR / "var")
PROVISION = env.str("PROVISION", default="")
# What Prometheus asks for: who asks must say the token, and without one there is no such page
METRICS_TOKEN = env.shown("METRICS_TOKEN")
METRICS_DIR = env.place("METRICS_DIR", default=DATA_DIR / "metrics")
# What worker and beat touch every two seconds, for the health checks of containers
ALIVE_FILE = env.str("ALIVE_FILE", default="")
PUBLIC_URL = env.site("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}")
SANDBOX_PORT = env.port("SANDBOX_PORT", default=PORT + 1)
_HTTPS = PUBLIC_URL.startswith("https://")
_PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or embedded.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Secrets at rest are encrypted with a key derived from SECRET_KEY and this salt.
SALT_KEY = env.words("SALT_KEY", default=["wechat-bridge.secrets.v1"])
# Always those by which health, the sandbox and the platforms ask: without one of them nothing would get in.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", _PUBLIC_HOST, *env.hosts("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS", default=PUBLIC_URL)

# Database, Redis, broker: unset means the embedded ones below DATA_DIR
DATABASE_URL = env.database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
_SOCKET = embedded.redis_socket(DATA_DIR)
REDIS_URL = env.redis("REDIS_URL", f"unix://{_SOCKET}?db=0")
_REDIS_BROKER = f"redis+socket://{_SOCKET}?virtual_host=1" if REDIS_URL.startswith("unix://") else REDIS_URL
BROKER_URL = env.brokers("BROKER_URL", _REDIS_BROKER)
# Whether each queue stands on several RabbitMQs, and outlives one of them
BROKER_QUORUM = env.quorum("BROKER_QUORUM", BROKER_URL)
EMBEDDED_REDIS = not env.str("REDIS_URL", default="")

# Several are a Galera cluster: what one of its servers has committed, the next reading of another must show
_HOSTS = addresses.hosts_of(DATABASE_URL, 3306) if "," in urlsplit(DATABASE_URL).netloc else ()
GALERA = env.bool("GALERA", default=bool(_HOSTS))
DATABASES = {"default": env.db_url_config(addresses.with_first_host(DATABASE_URL) if _HOSTS else DATABASE_URL)}
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
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES', innodb_lock_wait_timeout=10"
        + (", wsrep_sync_wait=1" if GALERA else ""),
    }
    _DATABASE["ENGINE"] = "config.mysql"
    if _HOSTS:
        _DATABASE["OPTIONS"]["hosts"] = list(_HOSTS)
    _DATABASE["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_general_ci"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The platforms, by dotted path. The folder of one that is not ours is a Django app.
PLATFORMS = plugins.extended(
    [
        "bridge.platforms.wechat.platform.WeChatPlatform",
        "bridge.platforms.tencent_im.platform.TencentIMPlatform",
    ],
    "platforms",
    env.paths("EXTRA_PLATFORMS"),
)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.constance",
    "unfold.contrib.simple_history",
    "unfold.contrib.import_export",
    "config.apps.ParametersConfig",
    "axes",
    "simple_history",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "bridge",
    "seats",
    "chatbots",
    "analytics",
    "config.apps.SiteConfig",
    *plugins.apps_of(PLATFORMS, plugins.installed("apps")),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.headers.Headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "seats.desk.whose.SameUser",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "seats.two_steps.TwoStepsAsked",
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
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "bridge.staff.logins.NameLimit",
    "django.contrib.auth.backends.ModelBackend",
]
# A former state is there to be read; secrets are not in it, so that going back would lose them.
SIMPLE_HISTORY_REVERT_DISABLED = True
LOGIN_TRIES = env.int("LOGIN_TRIES", default=8)
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=15)
AXES_FAILURE_LIMIT = "bridge.staff.logins.tries"
AXES_COOLOFF_TIME = "bridge.staff.logins.lock"
AXES_USERNAME_CALLABLE = "bridge.staff.logins.name_of"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Lists as files: by whoever sees them. That no cell is a formula: see `bridge.values.cells`.
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_ESCAPE_ILLEGAL_CHARS_ON_EXPORT = True
OTP_TOTP_ISSUER = "WeChat Bridge"


# The admin's menu and colours
UNFOLD = backoffice.THEME

# Language and time
LANGUAGE_CODE = env.one_of("LANGUAGE_CODE", ("zh-hans", "en"), default="zh-hans")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.zone("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True

# Static files
STATIC_URL = "static/"
STATIC_ROOT = env.place("STATIC_ROOT", default=DATA_DIR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
    "media": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # Two lanes may store the same content at once; the path is the content's, so either may write it.
        "OPTIONS": {"location": str(env.place("MEDIA_DIR", default=DATA_DIR / "media")), "allow_overwrite": True},
    },
}
MEDIA_ROOT = DATA_DIR / "media"

# Security. HSTS for subdomains and preloading speak for the operator's whole domain, so they stay the operator's choice.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
# Container and load balancer ask for health without TLS.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if _HTTPS else 0, low=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if env.bool("BEHIND_PROXY", default=_HTTPS):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = headers.POLICY
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one says how to sign in (401, WWW-Authenticate).
        "seats.api.authentication.SealedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["seats.api.limits.PerMinute"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_PARSER_CLASSES": ["seats.api.parsing.TextJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "seats.api.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "seats.api.problems.answer_to",
}
REST_KNOX = {"TOKEN_PREFIX": "wcb_", "AUTH_HEADER_PREFIX": "Bearer"}
SPECTACULAR_SETTINGS = {
    "TITLE": "WeChat Bridge",
    "VERSION": "1",
    "DESCRIPTION": "What seats and supervisors can do. A command here is the same event as the command written on IM.",
    "SERVE_PERMISSIONS": ["seats.actors.IsActorOrStaff"],
    "SERVE_INCLUDE_SCHEMA": False,
    # What is sent and what is answered are described apart: an answer may hold what may not be sent.
    "COMPONENT_SPLIT_REQUEST": True,
    # From our own static files, not from somebody's network.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "OutcomeEnum": "seats.api.serializers.OUTCOMES",
        "WrittenOutcomeEnum": "seats.api.serializers.WRITTEN_OUTCOMES",
        "AvailabilityEnum": "seats.models.Seat.Availability",
        "PolicyEnum": "bridge.models.Account.Policy",
        "OtherKindEnum": "bridge.values.auto_answers.KINDS",
        "DeliveryStateEnum": "seats.api.shown.DELIVERY_STATES",
        "BroadcastStateEnum": "bridge.models.Broadcast.State",
        "NoticeKindEnum": "bridge.models.Template.Kind",
        "MenuDoesEnum": "bridge.platforms.wechat.menus.items.DOES",
    },
}

# The way of a message: read from top to bottom, like MIDDLEWARE. Those from outside see what was read before anything is
# decided, and, once they have called `proceed`, all that was decided.
FILTERS = [
    "bridge.pipeline.filters.decode.Decode",
    *plugins.extended([], "filters", env.paths("EXTRA_FILTERS")),
    "bridge.pipeline.filters.conversation.Conversation",
    "bridge.pipeline.filters.command_parse.CommandParse",
    "bridge.pipeline.filters.chatbot.ChatBot",
]
# The bots, by dotted path; the first whose command or mode fits handles it
CHATBOTS = plugins.extended(
    [
        "chatbots.transform.TransformBot",
        "chatbots.transfer.TransferBot",
        "chatbots.stack.StackBot",
        "chatbots.leave.LeaveBot",
        "chatbots.send.SendBot",
        "chatbots.quit.QuitBot",
        "chatbots.records.RecordsBot",
        "chatbots.notices.NoticesBot",
        "chatbots.presence.PresenceBot",
        "chatbots.supervise.SuperviseBot",
        "chatbots.help.HelpBot",
        "chatbots.faq.FaqBot",
        "chatbots.welcome.WelcomeBot",
    ],
    "chatbots",
    env.paths("EXTRA_CHATBOTS"),
)
# The strategies that give conversations to seats, by dotted path; each group chooses one by name
STRATEGIES = [
    "seats.routing.strategies.WeightedLeastLoad",
    "seats.routing.strategies.RoundRobin",
    "seats.routing.strategies.MostIdle",
    "seats.routing.strategies.LastSeatFirst",
]
# Doors
PUSH_MAX_AGE = env.int("PUSH_MAX_AGE", default=600)
IM_CALLBACK_MAX_AGE = env.int("IM_CALLBACK_MAX_AGE", default=60)
DOOR_MAX_BODY = env.int("DOOR_MAX_BODY", default=128 * 1024, low=1024, high=20 * 1024 * 1024)
# How many events may wait in the broker for a database that is away; more are refused, so that the platforms repeat them
SPILL_MAX = env.int("SPILL_MAX", default=100_000, low=0)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# What is larger is written to disk while it comes in.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
NUDGE_INTERVAL = env.float("NUDGE_INTERVAL", default=0.005, low=0, high=60)
# Off in tests: nudging and lease renewal happen in threads of their own.
BACKGROUND_THREADS = env.bool("BACKGROUND_THREADS", default=True)

WEB_THREADS = env.int("WEB_THREADS", default=8, low=1, high=1000)
# `make run` alone: how many worker processes, each with how many threads
WORKERS = env.int("WORKERS", default=2, low=1, high=1000)
WORKER_THREADS = env.int("WORKER_THREADS", default=4, low=1, high=1000)
# How long a door may hold WeChat's request for an answer that then costs nothing, 0: never; and which requests: "known",
# those that an automatic answer follows, or "all"
PASSIVE_REPLY_SECONDS = env.float("PASSIVE_REPLY_SECONDS", default=1.5)
PASSIVE_REPLIES_TO = env.one_of("PASSIVE_REPLIES_TO", ("known", "all"), default="known")
# Notices by template: when a customer whose answers wait is sent one, and how many within 24 hours at most
TEMPLATE_WHEN_HELD = env.one_of("TEMPLATE_WHEN_HELD", ("off", "time", "any"), default="off")
TEMPLATES_PER_DAY = env.int("TEMPLATES_PER_DAY", default=2)
# Whether customers see the name and the picture of the seat beside its answers
SEATS_SHOWN = env.one_of("SEATS_SHOWN", ("off", "on"), default="off")
# Whether remarks and tags of customers are kept in step with WeChat's own
PROFILES_IN_STEP = env.one_of("PROFILES_IN_STEP", ("off", "to", "both"), default="off")

# Lanes and the outbox
LEASE_SECONDS = env.float("LEASE_SECONDS", default=6.0, low=0.1)
LANE_TURN_SECONDS = env.float("LANE_TURN_SECONDS", default=20.0, low=0.1)
LANES_TOGETHER = env.int("LANES_TOGETHER", default=16, low=1, high=1000)
EVENT_MAX_TRIES = env.int("EVENT_MAX_TRIES", default=3)
DELIVERY_MAX_TRIES = env.int("DELIVERY_MAX_TRIES", default=12)
HTTP_TIMEOUT = env.float("HTTP_TIMEOUT", default=10.0)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=5.0, low=0.1)
# What to do with a WeChat send whose outcome nobody knows: "ask" the seat, or "resend" at the risk of a double
UNKNOWN_OUTCOME = env.one_of("UNKNOWN_OUTCOME", ("ask", "resend"), default="ask")
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
TICK_SECONDS = env.float("TICK_SECONDS", default=5.0, low=0.1)
# Within how many seconds a waiting customer should have a seat, in the reports
SERVICE_LEVEL_SECONDS = env.word("SERVICE_LEVEL_SECONDS", default="60")
# What counts in tiles and goals: "clock" or "working", the time within working hours
SERVICE_TIME = env.one_of("SERVICE_TIME", ("clock", "working"), default="clock")
# How many of the last days are counted a second time each night; 0: none
ROLLUP_CHECK_DAYS = env.int("ROLLUP_CHECK_DAYS", default=2)
# How often the reports take in what has happened
ROLLUP_SECONDS = env.float("ROLLUP_SECONDS", default=60.0, low=0.1)
PRESENCE_CHECK_SECONDS = env.float("PRESENCE_CHECK_SECONDS", default=60.0, low=0.1)
PRESENCE_TIMEOUT = env.int("PRESENCE_TIMEOUT", default=60)
# How long the API waits for a command to be carried out before it answers that it is under way
API_WAIT_SECONDS = env.float("API_WAIT_SECONDS", default=5.0)
# How many requests a minute the API answers each token, each user and each address that is not let in; 0: any number
API_PER_MINUTE = env.int("API_PER_MINUTE", default=600, low=0)
# How many event streams of one user are open at a time in each web process, of desks and of programs each; 0: any number
STREAMS_PER_USER = env.int("STREAMS_PER_USER", default=20, low=0)
CONTEXT_LENGTH = env.int("CONTEXT_LENGTH", default=20)

# For how many days after its close what was said in a conversation is kept, and finished events; -1: for ever
BODY_DAYS = env.int("BODY_DAYS", default=-1)
EVENT_DAYS = env.int("EVENT_DAYS", default=90)
# The exchange log: for how many days all of it and what failed is kept, and how many a second and process
EXCHANGE_DAYS = env.int("EXCHANGE_DAYS", default=3)
EXCHANGE_FAILED_DAYS = env.int("EXCHANGE_FAILED_DAYS", default=14)
EXCHANGE_PER_SECOND = env.int("EXCHANGE_PER_SECOND", default=100)

# Whether an account's API may have an address of this machine or of a private network: where the sandbox runs
PLATFORM_ALLOW_PRIVATE = env.bool("PLATFORM_ALLOW_PRIVATE", default=False)

# Media: where files lie (local, or s3 for S3, COS and the like), how long links to them live, when orphans go
MEDIA_STORAGE = env.one_of("MEDIA_STORAGE", ("local", "s3"), default="local")
MEDIA_ALLOWED_HOSTS = env.hosts("MEDIA_ALLOWED_HOSTS")
MEDIA_ALLOW_PRIVATE = env.bool("MEDIA_ALLOW_PRIVATE", default=False)
MEDIA_MAX_MB = env.int("MEDIA_MAX_MB", default=100)
STORAGE_RETRY_SECONDS = env.float("STORAGE_RETRY_SECONDS", default=60.0)
STORAGE_WAIT_HOURS = env.int("STORAGE_WAIT_HOURS", default=48)
MEDIA_LINK_DAYS = env.int("MEDIA_LINK_DAYS", default=7)
MEDIA_ORPHAN_DAYS = env.int("MEDIA_ORPHAN_DAYS", default=7)
# What staff may change while the site runs begins with the values above.
CONSTANCE_BACKEND = "constance.backends.database.DatabaseBackend"
CONSTANCE_SUPERUSER_ONLY = False
CONSTANCE_CONFIG = parameters.config(
    environment.within(
        parameters.PARAMETERS,
        {
            "WINDOW_LOW": WINDOW_LOW,
            "WINDOW_WARN_MINUTES": WINDOW_WARN_MINUTES,
            "WINDOW_JOIN_BELOW": WINDOW_JOIN_BELOW,
            "WINDOW_JOIN_SECONDS": WINDOW_JOIN_SECONDS,
            "WINDOW_CHECK_DAYS": WINDOW_CHECK_DAYS,
            "TEMPLATE_WHEN_HELD": TEMPLATE_WHEN_HELD,
            "TEMPLATES_PER_DAY": TEMPLATES_PER_DAY,
            "PROFILES_IN_STEP": PROFILES_IN_STEP,
            "SEATS_SHOWN": SEATS_SHOWN,
            "PASSIVE_REPLY_SECONDS": PASSIVE_REPLY_SECONDS,
            "PASSIVE_REPLIES_TO": PASSIVE_REPLIES_TO,
            "CONTEXT_LENGTH": CONTEXT_LENGTH,
            "PRESENCE_TIMEOUT": PRESENCE_TIMEOUT,
            "API_WAIT_SECONDS": API_WAIT_SECONDS,
            "API_PER_MINUTE": API_PER_MINUTE,
            "IM_SIG_SECONDS": IM_SIG_SECONDS,
            "SERVICE_LEVEL_SECONDS": SERVICE_LEVEL_SECONDS,
            "SERVICE_TIME": SERVICE_TIME,
            "ROLLUP_CHECK_DAYS": ROLLUP_CHECK_DAYS,
            "UNKNOWN_OUTCOME": UNKNOWN_OUTCOME,
            "DELIVERY_MAX_TRIES": DELIVERY_MAX_TRIES,
            "EVENT_MAX_TRIES": EVENT_MAX_TRIES,
            "HTTP_TIMEOUT": HTTP_TIMEOUT,
            "MEDIA_MAX_MB": MEDIA_MAX_MB,
            "MEDIA_LINK_DAYS": MEDIA_LINK_DAYS,
            "STORAGE_RETRY_SECONDS": STORAGE_RETRY_SECONDS,
            "STORAGE_WAIT_HOURS": STORAGE_WAIT_HOURS,
            "MEDIA_ORPHAN_DAYS": MEDIA_ORPHAN_DAYS,
            "BODY_DAYS": BODY_DAYS,
            "EVENT_DAYS": EVENT_DAYS,
            "EXCHANGE_DAYS": EXCHANGE_DAYS,
            "EXCHANGE_FAILED_DAYS": EXCHANGE_FAILED_DAYS,
            "EXCHANGE_PER_SECOND": EXCHANGE_PER_SECOND,
            "LOGIN_TRIES": LOGIN_TRIES,
            "LOGIN_LOCK_MINUTES": LOGIN_LOCK_MINUTES,
            "PUSH_MAX_AGE": PUSH_MAX_AGE,
            "IM_CALLBACK_MAX_AGE": IM_CALLBACK_MAX_AGE,
        },
    )
)
PARAMETERS_PER_ACCOUNT = [parameters.PARAMETERS[name] for name in parameters.PER_ACCOUNT]
CONSTANCE_CONFIG_FIELDSETS = parameters.fieldsets()
CONSTANCE_ADDITIONAL_FIELDS = parameters.fields()
if MEDIA_STORAGE == "s3":
    STORAGES["media"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.needed("MEDIA_S3_BUCKET", "MEDIA_STORAGE=s3"),
            "endpoint_url": env.site("MEDIA_S3_ENDPOINT", default="") or None,
            "region_name": env.shown("MEDIA_S3_REGION") or None,
            "access_key": env.shown("MEDIA_S3_KEY") or None,
            "secret_key": env.shown("MEDIA_S3_SECRET") or None,
            "location": env.str("MEDIA_S3_PREFIX", default="media"),
            "querystring_auth": True,
            "querystring_expire": 3600,
            "file_overwrite": True,
            "default_acl": None,
        },
    }

# Mail, for scheduled reports: smtp+tls://user:password@host:587, smtp+ssl://…; empty for none
EMAIL_URL = env.str("EMAIL_URL", default="")
_MAIL = env.mail("EMAIL_URL")
EMAIL_BACKEND = _MAIL.get("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = _MAIL.get("EMAIL_HOST", "")
EMAIL_PORT = _MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _MAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _MAIL.get("EMAIL_FILE_PATH")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.sender("EMAIL_FROM", default="wechat-bridge@localhost")

# Celery
CELERY_BROKER_URL = BROKER_URL
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
# A queue of another kind has a name of its own: RabbitMQ refuses to change what is there.
CELERY_TASK_DEFAULT_QUEUE = env.queue("QUEUE", default="bridge") + ("-quorum" if BROKER_QUORUM else "")
if BROKER_QUORUM:
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_WORKER_CONSUMER = "config.consuming:Consumer"
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: by itself a worker ends after a hundred tries, which is less than an hour.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "socket_connect_timeout": 3,
    "socket_timeout": 30,
    "visibility_timeout": 3600,
}
if len(addresses.brokers_of(BROKER_URL)) > 1:
    # One that is gone without a word is noticed within some ten seconds, and not after a minute.
    CELERY_BROKER_TRANSPORT_OPTIONS["socket_settings"] = lines.ALIVE
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "bridge.observe.liveness:LiveScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "send-reports": {"task": "analytics.tasks.send_reports", "schedule": 600.0, "options": {"expires": 600.0}},
    "roll-up": {
        "task": "analytics.tasks.update_rollups",
        "schedule": ROLLUP_SECONDS,
        "options": {"expires": ROLLUP_SECONDS * 2},
    },
    "check-reports": {
        "task": "analytics.tasks.check_rollups",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3600.0},
    },
    "broadcasts": {"task": "bridge.tasks.go_on_with_broadcasts", "schedule": 5.0, "options": {"expires": 5.0}},
    "learn-ways": {"task": "bridge.tasks.learn_ways", "schedule": 120.0, "options": {"expires": 120.0}},
    "keep-in-step": {"task": "bridge.tasks.keep_in_step", "schedule": 300.0, "options": {"expires": 300.0}},
    "wake-queues": {"task": "seats.tasks.wake_queues", "schedule": 30.0, "options": {"expires": 60.0}},
    "push-news": {"task": "seats.tasks.push_news", "schedule": 5.0, "options": {"expires": 20.0}},
    "tick": {"task": "seats.tasks.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS * 4}},
    "check-presence": {
        "task": "seats.tasks.check_presence",
        "schedule": PRESENCE_CHECK_SECONDS,
        "options": {"expires": PRESENCE_CHECK_SECONDS},
    },
    "warn-of-windows": {"task": "bridge.tasks.warn_of_windows", "schedule": 60.0, "options": {"expires": 120.0}},
    "warn-of-refusals": {"task": "bridge.tasks.warn_of_refusals", "schedule": 60.0, "options": {"expires": 120.0}},
    "purge": {"task": "bridge.tasks.purge", "schedule": 300.0, "options": {"expires": 600.0}},
    "tidy": {"task": "bridge.tasks.tidy", "schedule": crontab(hour=3, minute=40), "options": {"expires": 3600.0}},
    "sweep-media": {"task": "bridge.tasks.sweep_media", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "sweep": {"task": "bridge.tasks.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS * 4}},
}

# Lines as JSON, or to be read; whether the way of each message is in them
LOGGING_CONFIG = "config.logs.configure"
LOGGING = logs.settings(
    env.one_of("LOG_FORMAT", (logs.JSON, logs.LINES), default=logs.JSON if _HTTPS else logs.LINES),
    env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO"),
    "INFO" if env.bool("LOG_MESSAGES", default=True) else "WARNING",
    whole=DEBUG,
    gathers=BACKGROUND_THREADS,
)
