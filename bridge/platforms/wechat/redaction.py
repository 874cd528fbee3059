"""What is secret in WeChat's exchanges."""

from __future__ import annotations

from bridge.observe.redaction import Rules

RULES = Rules(
    platform="wechat",
    paths=("/cgi-bin/", "/wxaapi/", "/customservice/"),
    query=frozenset({"access_token", "secret", "signature", "msg_signature"}),
    fields=frozenset({"access_token", "secret", "appsecret", "refresh_token", "session_key", "encrypt"}),
    codes=("errcode",),
)
