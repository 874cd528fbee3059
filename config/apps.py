"""Libraries' apps under our own names."""

from constance.apps import ConstanceConfig
from django.utils.translation import gettext_lazy as _


class ParametersConfig(ConstanceConfig):
    """django-constance, as the admin calls it."""

    verbose_name = _("Parameters")
