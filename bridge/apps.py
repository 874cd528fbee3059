from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BridgeConfig(AppConfig):
    name = "bridge"
    verbose_name = _("Bridge")

    def ready(self) -> None:
        from bridge import checks  # noqa: F401  it registers what it defines
        from bridge.apply import handlers  # noqa: F401  it registers what it defines
        from bridge.observe import exchange_rows
        from bridge.platforms.registry import platforms

        exchange_rows.declare(platform.redaction for platform in platforms())
