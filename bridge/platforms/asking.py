"""A form that asks the platform about what it is about to save: refused at once where the platform refuses it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bridge.values.outcomes import DeliveryError


class AskingForm:
    """Mixed into an endpoint's form. `asked`: the fields that the platform is asked about, where one of them is new.

    `blamed`: the codes with which the platform says that such a field is wrong, each with that field. With any other answer, or
    none, the values are saved, and `unchecked` says why nobody knows whether they are right.
    """

    asked: ClassVar[tuple[str, ...]] = ()
    blamed: ClassVar[Mapping[str, str]] = {}
    unchecked = ""

    def ask(self, endpoint: Any) -> None:
        """Make a call with the endpoint's ids and secrets. Raises: DeliveryError where it is not answered well."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        # Here the instance has what was entered.
        super()._post_clean()  # type: ignore[misc]
        form: Any = self
        # A secret that is left empty is not a new one, though it counts among the form's changed data.
        if not form.errors and any(form.cleaned_data.get(name) != form.initial.get(name) for name in self.asked):
            self._ask(form)

    def _ask(self, form: Any) -> None:
        endpoint = copy.copy(form.instance)
        endpoint.platform = endpoint.PLATFORM
        try:
            self.ask(endpoint)
        except DeliveryError as error:
            said = f"{error.reason} ({error.code})"
            if error.code in self.blamed:
                form.add_error(self.blamed[error.code], said)
            else:
                self.unchecked = said


def say_unchecked(request: HttpRequest, form: Any) -> None:
    """Tell whoever saved that the platform could not be asked whether the values are right."""
    if why := getattr(form, "unchecked", ""):
        messages.warning(
            request,
            _("Saved, but not checked: %s. “Set up and check” asks again.") % why.rstrip("。."),
        )
