"""What is secret in Tencent IM's exchanges."""

from __future__ import annotations

from bridge.observe.redaction import Rules

RULES = Rules(
    platform="tencent_im",
    paths=("/v4/",),
    query=frozenset({"usersig", "sign"}),
    fields=frozenset({"usersig", "userbuf", "secretkey"}),
    codes=("ErrorCode",),
)
