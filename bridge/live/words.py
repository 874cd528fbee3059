"""What customers are told now: an account's own words, then the site's, each as they stand at this moment."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.live.parameters import parameters
from bridge.values.texts import DEFAULTS, in_force


def texts_of(own: Mapping[str, str]) -> dict[str, str]:
    """Return the texts in force for an account whose own ones these are; what is missing is said in the product's words."""
    site = {key: str(getattr(parameters, f"TEXT_{key.upper()}", "")) for key in DEFAULTS}
    return in_force(own, site)
