"""Settings, URLs, the Celery application and the WSGI entry point."""

# Also in pyproject.toml and compose.yaml; the newest heading of CHANGELOG.md has it.
VERSION = "0.1.0"
