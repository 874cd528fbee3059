"""What the door must know of the Tencent IM app."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.live.endpoints import remembered
from bridge.live.keeping import keeper
from bridge.live.kept import Kept, shape_of
from bridge.platforms import rotation
from bridge.platforms.tencent_im.models import NAME, ROTATES, TencentIMApp


@dataclass(frozen=True)
class DoorApp:
    """What the door must know of the app, in words that can be kept (`bridge.live.kept`), and nothing to call Tencent with.

    The previous token is valid besides the other until `previous_until`, as `rotation.previous_until` has it.
    `is_changing`: no callback has used the token in force yet.
    """

    pk: int
    sdk_app_id: int
    allow_unsigned: bool
    token: str = field(repr=False)
    previous_token: str = field(default="", repr=False)
    previous_until: float | None = None
    is_changing: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return the tokens that are valid now, the one in force first."""
        return rotation.valid(self.token, self.previous_token, self.previous_until)


def _load(_key: str) -> DoorApp | None:
    row = TencentIMApp.objects.first()
    if row is None:
        return None
    return DoorApp(
        row.pk,
        row.sdk_app_id,
        row.allow_unsigned,
        row.callback_token or "",
        row.previous_callback_token or "",
        rotation.previous_until(row),
        is_changing=rotation.is_unused(row, ROTATES),
    )


door_app = remembered(_load)
keeper.keep(door_app, Kept(NAME, DoorApp, shape_of(DoorApp)))
