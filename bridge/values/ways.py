"""Ways: how customers come to an account, in the words that the reports count by.

A way is the scene of one of the account's sources, such as a QR code that was made here; or `OTHER_CODE`; or what the
platform calls it, such as ADD_SCENE_SEARCH; or "" where nobody knows. Scenes of codes that are no sources here are not kept:
some programs make a code for each visitor, and such a scene would stand for a person.
"""

from __future__ import annotations

OTHER_CODE = "(code)"  # the scene of a source has no brackets
LONGEST = 64


def of_code(scene: str, *, known: bool) -> str:
    """Return the way of those who come by a code with this scene, "" for none; `known`: it is one of the account's sources."""
    return (scene if known else OTHER_CODE) if scene else ""
