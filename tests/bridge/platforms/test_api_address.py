"""An account's API address is of the public internet; inside addresses only where the sandbox runs.

It is looked at when it is saved, in a form, by the API or out of a provision file, and again whenever it is called: whoever
types an address may own its name, and let it lead elsewhere later.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from bridge import http
from bridge.http import connections
from bridge.platforms import api_address
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.forms import WeChatAccountForm
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.outcomes import DeliveryError, Outcome

pytestmark = pytest.mark.either

FOUND = {"inside.example.com": ["10.0.0.5"], "both.example.com": ["93.184.215.14", "192.168.1.1"],
         "api.example.com": ["93.184.215.14"]}  # fmt: skip


@pytest.fixture(autouse=True)
def _names(monkeypatch):
    def resolve(host: str, port: int, seconds: float) -> list[str]:
        if host in FOUND:
            return FOUND[host]
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(entry[4][0]) for entry in entries]

    monkeypatch.setattr(api_address, "resolve", resolve)


INSIDE = (
    "https://127.0.0.1", "http://127.0.0.1:9000/wechat", "https://localhost:8443", "https://[::1]", "https://10.1.2.3",
    "https://192.168.0.7:8080/x", "https://169.254.169.254", "https://0.0.0.0", "https://2130706433", "https://127.1",
    "https://[::ffff:10.0.0.1]", "https://[fd00::1]", "https://inside.example.com", "https://both.example.com",
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_is_refused_in_words_but_with_the_sandbox(address, settings, english):
    with pytest.raises(ValidationError, match=r"this machine's own or of a private network"):
        api_address.check_address(address)
    settings.PLATFORM_ALLOW_PRIVATE = True
    api_address.check_address(address)


@pytest.mark.parametrize("address", ["https://api.example.com/x", "https://8.8.8.8", "https://unknown.example.com"])
def test_a_public_address_and_a_name_that_is_not_found_now_are_taken(address):
    api_address.check_address(address)


@pytest.mark.parametrize("private", [True, False])
def test_secrets_are_sent_over_https(private, settings):
    settings.PLATFORM_ALLOW_PRIVATE = private
    for address in ("http://api.example.com", "http://10.0.0.1"):
        with pytest.raises(ValidationError, match="https://"):
            api_address.check_address(address)


def test_the_accounts_form_asks(site):
    form = WeChatAccountForm({"api_base": "https://inside.example.com"}, instance=site.account)
    assert "内网" in form.errors["api_base"][0]


@pytest.mark.parametrize("table", ["wechat_account", "tencent_im"])
def test_a_provision_file_is_asked_as_the_form_is(db, tmp_path, table, settings, english):
    path = tmp_path / "site.toml"
    path.write_text(FILES[table])
    with pytest.raises(CommandError, match=r"api_base: No platform is there"):
        call_command("provision", str(path))
    assert not WeChatAccount.objects.exists()
    assert not TencentIMApp.objects.exists()
    settings.PLATFORM_ALLOW_PRIVATE = True
    call_command("provision", str(path))
    assert WeChatAccount.objects.count() + TencentIMApp.objects.count() == 1


FILES = {
    "wechat_account": """
[[wechat_account]]
slug = "shop"
app_id = "wx1"
app_secret = "s"
token = "t"
encryption = "plain"
api_base = "https://inside.example.com"
""",
    "tencent_im": """
[tencent_im]
sdk_app_id = 1400000001
secret_key = "s"
api_base = "https://both.example.com"
""",
}


class _Inside(BaseHTTPRequestHandler):
    """What stands at an inside address: whoever reaches it gets what it knows."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET  # noqa: N815 -- http.server's name

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def inside(monkeypatch):
    """An inside server, to which a name leads that was a public one when it was saved."""
    monkeypatch.setattr(_Inside, "asked", [])
    monkeypatch.setattr(connections, "resolve", lambda host, port, seconds: ["127.0.0.1"])
    with HTTPServer(("127.0.0.1", 0), _Inside) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://api.example.com:{running.server_port}"
        running.shutdown()
    for name in ("session", "open"):
        if hasattr(connections._local, name):
            getattr(connections._local, name).close()


FILE = Path(__file__)
CALLS: dict[str, Callable[[str], object]] = {
    "a message": lambda url: http.post_json(url, {}, {"text": "hello"}),
    "a question": lambda url: http.get_json(url, {"access_token": "t"}),
    "a file sent": lambda url: http.post_file(url, {}, "media", "a.txt", "text/plain", FILE),
    "a file fetched": lambda url: http.get_stream(url),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_name_that_leads_inside_later_is_not_called(inside, call, settings, english):
    with pytest.raises(DeliveryError, match="this machine or a private network") as error:
        call(inside)
    assert (error.value.outcome, _Inside.asked) == (Outcome.STOP, []), "what waits is kept until somebody has looked"
    settings.PLATFORM_ALLOW_PRIVATE = True
    call(inside)
    assert len(_Inside.asked) == 1


def test_a_call_over_tls_is_looked_at_too(inside):
    with pytest.raises(DeliveryError) as error:
        http.post_json(inside.replace("http:", "https:"), {}, {})
    assert error.value.code == "private"


def test_our_own_address_may_be_an_inside_one(inside):
    """Behind a proxy, a site's public name often leads to an inside address from within: "Set up and check" calls it."""
    assert http.get_text(f"{inside}/get", {}) == (200, "{}")
    assert http.post_text(f"{inside}/post", {}, "{}") == 200
    assert _Inside.asked == ["/get", "/post"]
