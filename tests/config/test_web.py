"""The web server behind proxies: who a request is from is what the proxies have seen, not what the client says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn

from config.run import reach, web

pytestmark = pytest.mark.once
HOME = "203.0.113.5"


def seen(monkeypatch: Any, proxies: str | None, peer: str, *forwarded: str) -> str:
    """Return from where the site takes a request to be that `peer` hands on with these addresses."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **words: asked.update(words))
    monkeypatch.setattr(reach, "say", lambda settings: None)
    if proxies is None:
        monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    else:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxies)
    web.main()
    found: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["client"][0])

    config = uvicorn.Config(app, **asked | {"workers": 1})
    config.load()
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers, "method": "GET", "path": "/"}
    asyncio.run(config.loaded_app(scope, None, None))
    return found[0]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        ("10.0.0.0/8", "10.0.0.2", f"6.6.6.6, {HOME}", HOME),  # the client has put the first one there itself
        ("10.0.0.0/8", "10.0.0.2", f"6.6.6.6, {HOME}, 10.0.0.7", HOME),  # two proxies in a row
        ("10.0.0.0/8", HOME, "6.6.6.6", HOME),  # no proxy: what it says is not believed
        ("10.0.0.2", "10.0.0.3", HOME, "10.0.0.3"),
        (None, "127.0.0.1", f"6.6.6.6, {HOME}", HOME),
        (None, HOME, "127.0.0.1", HOME),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_proxys(monkeypatch, proxies, peer, forwarded, client):
    assert seen(monkeypatch, proxies, peer, forwarded) == client


def test_everybody_is_not_taken_for_a_proxy(monkeypatch):
    with pytest.raises(BaseException, match=r"FORWARDED_ALLOW_IPS"):
        seen(monkeypatch, "*", "10.0.0.2", HOME)
