from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BridgeConfig(AppConfig):
    """The bridge: inbox, pipeline, outbox and platforms."""

    name = "bridge"
    verbose_name = _("Bridge")

    def import_models(self) -> None:
        """Import the models of the bridge, and those of the platforms whose folders are no apps of their own."""
        from bridge.platforms.registry import import_parts

        super().import_models()
        import_parts("models")

    def ready(self) -> None:
        from bridge import checks  # noqa: F401  it registers what it defines
        from bridge.apply import handlers  # noqa: F401  it registers what it defines
        from bridge.observe import exchange_rows
        from bridge.platforms.registry import platforms

        exchange_rows.declare(platform.redaction for platform in platforms())
