from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SeatsConfig(AppConfig):
    """Seats: routing, desk and API."""

    name = "seats"
    verbose_name = _("Seats")

    def ready(self) -> None:
        from bridge.values.agents import register_directory
        from seats import events, handlers  # noqa: F401  register what the seats' events bring about, and who does it
        from seats.routing import timekeeping  # noqa: F401  hears of changed groups and deleted seats
        from seats.routing.directory import SeatDirectory

        register_directory(SeatDirectory())
        self._roles()
        self._tokens()

    def _roles(self) -> None:
        """Call Django's groups roles wherever the admin names them: a group is a group of seats here."""
        from django.contrib.auth.models import Group, User
        from django.db.models.signals import post_migrate

        from seats.roles import ready

        Group._meta.verbose_name, Group._meta.verbose_name_plural = _("role"), _("roles")
        User._meta.get_field("groups").verbose_name = _("roles")
        post_migrate.connect(ready.make, sender=self)

    @staticmethod
    def _tokens() -> None:
        """Let no seal outlive its token."""
        from django.db.models.signals import post_delete
        from knox.models import AuthToken

        from seats.models import TokenSeal

        post_delete.connect(TokenSeal.break_with, sender=AuthToken)
