from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatbotsConfig(AppConfig):
    """The chatbots of the product."""

    name = "chatbots"
    verbose_name = _("Chatbots")

    def ready(self) -> None:
        from chatbots import expecting, moving_in  # noqa: F401  they register what they define
