from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SeatsConfig(AppConfig):
    name = "seats"
    verbose_name = _("Seats")

    def ready(self) -> None:
        from bridge.agents import register_directory
        from seats import handlers  # noqa: F401  registers who carries out the seats' actions
        from seats.directory import SeatDirectory

        register_directory(SeatDirectory())
