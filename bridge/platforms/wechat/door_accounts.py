"""What the door must know of an account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.live.endpoints import Remembered
from bridge.live.keeping import keeper
from bridge.live.kept import Kept, shape_of
from bridge.platforms import rotation
from bridge.platforms.wechat import crypto
from bridge.platforms.wechat.models import NAME, ROTATES, WeChatAccount


@dataclass(frozen=True)
class DoorAccount:
    """What the door must know of an account, in words that can be kept (`bridge.live.kept`).

    The previous secrets are valid besides the others until `previous_until`, as `rotation.previous_until` has it.
    `is_changing`: no push has used the secrets in force yet.
    """

    pk: int
    app_id: str
    encryption: str
    kind: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    previous_token: str = field(default="", repr=False)
    previous_aes_key: str = field(default="", repr=False)
    previous_until: float | None = None
    is_changing: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return the tokens that are valid now, the one in force first."""
        return rotation.valid(self.token, self.previous_token, self.previous_until)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Return the keys that are valid now, the one in force first. Raises: CryptoError where one is none."""
        return tuple(map(crypto.decode_key, rotation.valid(self.aes_key, self.previous_aes_key, self.previous_until)))


def _load(slug: str) -> DoorAccount | None:
    row = WeChatAccount.objects.filter(slug=slug).first()
    if row is None:
        return None
    return DoorAccount(
        row.pk,
        row.app_id,
        row.encryption,
        row.kind,
        row.token,
        row.encoding_aes_key or "",
        row.previous_token or "",
        row.previous_aes_key or "",
        rotation.previous_until(row),
        is_changing=rotation.is_unused(row, ROTATES),
    )


def _slugs() -> Iterable[str]:
    return WeChatAccount.objects.order_by("slug").values_list("slug", flat=True)


accounts = Remembered(_load)
keeper.keep(accounts, Kept(NAME, DoorAccount, shape_of(DoorAccount)), _slugs)
