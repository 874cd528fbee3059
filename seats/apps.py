from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SeatsConfig(AppConfig):
    name = "seats"
    verbose_name = _("Seats")

    def ready(self) -> None:
        from bridge.values.agents import register_directory
        from seats import events, handlers  # noqa: F401  register what the seats' events bring about, and who does it
        from seats.routing import timekeeping  # noqa: F401  hears of changed groups and deleted seats
        from seats.routing.directory import SeatDirectory

        register_directory(SeatDirectory())
