"""Libraries' apps under our own names, and the site's own commands."""

from constance.apps import ConstanceConfig
from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import sites
from django.utils.translation import gettext_lazy as _

from config import celery  # noqa: F401  the tasks' application, in every process that has the site


class ParametersConfig(ConstanceConfig):
    """django-constance, as the admin calls it."""

    verbose_name = _("Parameters")


class SiteConfig(AppConfig):
    """What belongs to the site as a whole: the back office, `manage.py doctor`."""

    name = "config"

    def ready(self) -> None:
        """Put the back office where the admin theme, whose app is ready before, has put its own site."""
        from config.office import BackOffice

        admin.site = sites.site = BackOffice()
