"""What programs can do with the things that a page of the admin is about: by the API, below /api/admin/.

A page's form says what is taken and shown. What goes beyond a form (columns that are only shown, and what is done with a
thing) stands in a class beside the page, which `resource` makes known; `seats.api.administration` builds the view of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException

from bridge.values.outcomes import DeliveryError, Outcome

MAKE, CHANGE, DELETE = "make", "change", "delete"
ALL = (MAKE, CHANGE, DELETE)
T = TypeVar("T", bound=type)


@dataclass(frozen=True)
class Resource:
    """Things of one kind, by their model's label (`app.model`). All are listed and looked at; `verbs` is what else can be done.

    `view` goes before the classes of the API's own, and may add to them or do otherwise.
    """

    label: str
    view: type | None = None
    verbs: tuple[str, ...] = ALL


_resources: dict[str, Resource] = {}


def resource(address: str, label: str, verbs: tuple[str, ...] = ALL) -> Callable[[T], T]:
    """Make the class known as what programs can do, besides, with the things below /api/admin/ and this address."""

    def known(view: T) -> T:
        _resources[address] = Resource(label, view, verbs)
        return view

    return known


def resources() -> dict[str, Resource]:
    """Return all that were made known, by their addresses."""
    return dict(_resources)


class Refused(APIException):
    """It is not done as things stand; `code` says to programs why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "refused"

    @classmethod
    def by_platform(cls, error: DeliveryError) -> Refused:
        """Return that the platform did not do what was asked, as far as that is known."""
        said = {"reason": error.reason, "code": error.code}
        if error.outcome is Outcome.UNKNOWN:
            words = _(
                "It is not known whether WeChat took it: %(reason)s (%(code)s). Do it once more; nothing is doubled."
            )
            return cls(words % said, "outcome_unknown")
        return cls(_("WeChat has not taken it: %(reason)s (%(code)s).") % said, "refused_by_platform")


def moment(at: datetime | None) -> str | None:
    """Return a time as the API writes it: ISO 8601, with the site's zone."""
    return timezone.localtime(at).isoformat() if at else None
