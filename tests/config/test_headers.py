"""The policy of each page: nothing inline, nothing foreign, and what is evaluated is the back office's theme alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.once
PAGES = (
    "/admin/",
    "/admin/login/",
    "/admin/seats/seat/",
    "/desk/",
    "/desk/login/",
    "/api/docs/",
    "/api/me/",
    "/no/such/page/",
)


def directives(answer) -> dict[str, list[str]]:
    parts = (one.split() for one in answer["Content-Security-Policy"].split(";"))
    return {name: words for name, *words in parts}


@pytest.mark.parametrize("page", PAGES)
def test_each_page_says_where_its_parts_may_come_from(talking, admin_client, page):
    policy = directives(admin_client.get(page))
    assert "'unsafe-inline'" not in str(policy)
    assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    evaluated = ["'unsafe-eval'"] if page.startswith("/admin/") else []
    assert policy["script-src"] == ["'self'", *evaluated]
    assert {one.split("-")[0] for one in policy["style-src"]} <= {"'self'", "'nonce", "'sha256"}


@pytest.mark.parametrize("page", PAGES)
def test_each_page_says_what_browsers_do_with_it(talking, admin_client, page):
    answer = admin_client.get(page)
    assert answer["Permissions-Policy"] == "microphone=(self), camera=(), geolocation=(), payment=(), usb=()"
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert (answer["Referrer-Policy"], answer["Cross-Origin-Opener-Policy"]) == ("same-origin", "same-origin")
