"""What strangers' servers do: they drip, they never end, they lie about where they are. Real sockets, on loopback only."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import http
from bridge.http import calls, connections, deadline
from bridge.http.addresses import _V6_REACHABLE as REACHABLE
from bridge.http.addresses import is_public
from bridge.media import fetch, store
from bridge.media.errors import MediaError
from bridge.values.outcomes import DeliveryError, Outcome
from tests.bridge.http.test_http import _certificate

pytestmark = pytest.mark.once
MB = 1024**2
LIMIT = 0.5  # seconds that a call may take here
ENOUGH = 3.0  # seconds in which it must have ended, on a busy machine
ENDS = 8.0  # seconds after which a dripping server ends by itself
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"


class Server:
    """Lets `talk` have each connection once its request's headers are there."""

    def __init__(self, talk: Callable[[socket.socket], None], *, at_once: bool = False) -> None:
        self.talk, self.at_once, self.sent, self.seen = talk, at_once, 0, 0
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/a"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._socket.accept()
                self.seen += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while not self.at_once and b"\r\n\r\n" not in request:
                request += connection.recv(65536)
            self.asked += request.decode("latin-1").split()[1:2]
            self.talk(connection)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(talk: Callable[[socket.socket], None], **words: bool) -> Server:
        running.append(Server(talk, **words))
        return running[-1]

    yield start
    for one in running:
        one.close()
    for name in ("session", "guarded", "open"):
        if hasattr(connections._local, name):
            getattr(connections._local, name).close()
            delattr(connections._local, name)


@pytest.fixture(autouse=True)
def _limits(settings, monkeypatch, tmp_path):
    settings.HTTP_TIMEOUT = LIMIT
    settings.MEDIA_ALLOW_PRIVATE = settings.PLATFORM_ALLOW_PRIVATE = True
    monkeypatch.setattr(fetch, "SECONDS", LIMIT)


def drip(connection: socket.socket, head: bytes, piece: bytes) -> None:
    """Send `head`, then `piece` ten times a second."""
    connection.sendall(head)
    ends = time.monotonic() + ENDS
    while time.monotonic() < ends:
        connection.sendall(piece)
        time.sleep(0.1)


DRIPS = {
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "a header": (HEAD + b"X-A: ", b"a"),
    "headers": (HEAD, b"X-A: a\r\n"),
    "answers before the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of known length": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "a body that ends with the connection": (HEAD + b"\r\n", b"x"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b"x"),
    "a chunk's length": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
}


@contextlib.contextmanager
def in_time(seconds: float = ENOUGH) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.mark.parametrize("what", DRIPS)
@pytest.mark.parametrize("private", [True, False])
def test_a_dripping_server_does_not_stretch_a_download(serve, what, private, settings, monkeypatch):
    settings.MEDIA_ALLOW_PRIVATE = private
    monkeypatch.setattr(connections, "is_public", lambda address: True)
    server = serve(lambda connection: drip(connection, *DRIPS[what]))
    with store.draft() as drafted, in_time(), pytest.raises(MediaError) as error:
        fetch.fetch(server.url, drafted, MB)
    assert error.value.temporary


@pytest.mark.parametrize("what", DRIPS)
def test_a_dripping_platform_does_not_stretch_a_call(serve, what):
    server = serve(lambda connection: drip(connection, *DRIPS[what]))
    with in_time(), pytest.raises(DeliveryError) as error:
        http.post_json(server.url, {}, {"a": 1})
    assert error.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("what", ["a header", "a chunk"])
def test_a_dripping_platforms_file_has_one_limit_for_headers_and_body(serve, what):
    server = serve(lambda connection: drip(connection, *DRIPS[what]))
    with in_time(), pytest.raises(DeliveryError) as error, http.get_stream(server.url) as reply:
        list(reply.chunks(LIMIT))
    assert error.value.code == "timeout"


def test_headers_that_took_most_of_the_time_leave_little_for_the_body(serve, settings):
    settings.HTTP_TIMEOUT = 5.0

    def talk(connection: socket.socket) -> None:
        time.sleep(0.3)
        drip(connection, *DRIPS["chunks"])

    with in_time(2.0), pytest.raises(DeliveryError), http.get_stream(serve(talk).url) as reply:
        list(reply.chunks(LIMIT))


def test_redirects_share_one_limit(serve, settings):
    settings.HTTP_TIMEOUT = 5.0

    def talk(connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    server = serve(talk)
    with store.draft() as drafted, in_time(1.5), pytest.raises(MediaError) as error:
        fetch.fetch(server.url, drafted, MB)
    assert error.value.temporary
    assert server.seen < fetch.REDIRECTS


@pytest.mark.parametrize("drips", [False, True])
def test_a_tls_handshake_has_its_limit(serve, monkeypatch, drips):
    monkeypatch.setattr(calls, "CONNECT_TIMEOUT", 0.3)
    server = serve(lambda one: drip(one, b"", b"\x16" if drips else b""), at_once=True)
    with in_time(), pytest.raises(DeliveryError) as error:
        http.get_json(server.url.replace("http:", "https:"), {})
    assert error.value.outcome is Outcome.RETRY


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["closes", "speaks no TLS"])
def test_what_breaks_in_a_tls_handshake_has_carried_nothing(serve, said):
    server = serve(lambda one: one.sendall(said), at_once=True)
    with in_time(), pytest.raises(DeliveryError) as error:
        http.post_json(server.url.replace("http:", "https:"), {}, {})
    assert (error.value.code, error.value.outcome) == ("connect", Outcome.RETRY)


def test_a_certificate_that_is_not_trusted_is_said_so(serve, tmp_path):
    cert, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = serve(lambda one: context.wrap_socket(one, server_side=True).close(), at_once=True)
    with in_time(), pytest.raises(DeliveryError) as error:
        http.get_json(server.url.replace("http:", "https:"), {})
    assert (error.value.code, error.value.outcome) == ("tls", Outcome.RETRY)


def test_tls_answers_drip_in_vain_too(tmp_path):
    cert, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secret:
            secret.recv(65536)
            drip(secret, *DRIPS["a header"])

    server = Server(talk, at_once=True)
    http.session().verify = cert
    try:
        with in_time(), pytest.raises(DeliveryError) as error:
            http.get_json(server.url.replace("http:", "https:"), {})
        assert error.value.outcome is Outcome.UNKNOWN
    finally:
        http.session().close()
        del connections._local.session
        server.close()


@pytest.mark.parametrize("reads", [False, True])
def test_a_platform_that_hardly_reads_does_not_stretch_an_upload(serve, monkeypatch, tmp_path, reads):
    monkeypatch.setattr(calls, "sending", lambda data: 1.0)
    (tmp_path / "film.mp4").write_bytes(bytes(20 * MB))

    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        ends = time.monotonic() + ENDS
        while time.monotonic() < ends:
            time.sleep(0.02)
            if reads:
                connection.recv(16384)

    server = serve(talk)
    with in_time(), pytest.raises(DeliveryError) as error:
        http.post_file(server.url, {}, "media", "film.mp4", "video/mp4", tmp_path / "film.mp4")
    assert error.value.outcome is Outcome.UNKNOWN


def test_a_large_file_has_longer(settings):
    settings.HTTP_TIMEOUT = 10.0
    assert calls.sending(bytes(10 * MB)) > calls.sending(b"{}") + 100
    assert calls.sending() < 30


def test_a_name_that_is_not_found_in_time(monkeypatch):
    monkeypatch.setattr(calls, "CONNECT_TIMEOUT", 0.3)
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **more: ended.wait(ENDS) and [])
    with in_time(), pytest.raises(DeliveryError) as error:
        http.get_stream("http://slow.example.com/a", guarded=True)
    ended.set()
    assert error.value.outcome is Outcome.RETRY


def test_a_name_that_no_server_takes():
    with pytest.raises(DeliveryError) as error:
        http.get_stream(f"http://{'a' * 70}.example.com/a", guarded=True)
    assert error.value.outcome is Outcome.RETRY


# Files larger than they may be, without a word before


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_without_an_announced_length_is_cut_off_at_the_limit(serve, chunked, monkeypatch):
    monkeypatch.setattr(fetch, "SECONDS", 30.0)
    piece = bytes(65536)
    sent = [0]

    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"))
        while sent[0] < 200 * MB:
            connection.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
            sent[0] += len(piece)

    server = serve(talk)
    with store.draft() as drafted, pytest.raises(MediaError) as error:
        fetch.fetch(server.url, drafted, MB)
    assert not error.value.temporary
    assert "1 MB" in str(error.value)
    assert sent[0] < 50 * MB  # what the sockets' buffers hold, and no more


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_without_an_announced_length_arrives(serve, chunked):
    body = bytes(range(256)) * 1024

    def talk(connection: socket.socket) -> None:
        if chunked:
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n40000\r\n" + body + b"\r\n0\r\n\r\n")
        else:
            connection.sendall(HEAD + b"\r\n" + body)

    with store.draft() as drafted:
        fetch.fetch(serve(talk).url, drafted, MB)
        assert drafted.path.read_bytes() == body


# Where an address leads


@pytest.fixture
def connected(monkeypatch) -> list[str]:
    """Nothing is connected to; the list says what would have been."""
    asked: list[str] = []

    def create(address: tuple[str, int], *words: object, **more: object) -> socket.socket:
        asked.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(connections, "create_connection", create)
    return asked


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **more: found)


@pytest.mark.parametrize("private", ["127.0.0.1", "::1", "169.254.169.254", "64:ff9b:1::1"])
@pytest.mark.parametrize("first", [True, False])
def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch, connected, private, first, settings):
    settings.MEDIA_ALLOW_PRIVATE = False
    answers(monkeypatch, *([private, "8.8.8.8"] if first else ["8.8.8.8", private]))
    with store.draft() as drafted, pytest.raises(MediaError) as error:
        fetch.fetch("http://files.example.com/a", drafted, MB)
    assert error.value.refused
    assert connected == []


def test_all_public_addresses_are_tried_in_turn(monkeypatch, connected):
    answers(monkeypatch, "2402:4e00::1", "8.8.8.8")
    with pytest.raises(DeliveryError) as error:
        http.get_stream("http://files.example.com/a", guarded=True)
    assert error.value.outcome is Outcome.RETRY
    assert connected == ["2402:4e00::1", "8.8.8.8"]


PRIVATE_V4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.11", "192.0.0.170", "192.0.2.1", "192.168.255.255",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
]  # fmt: skip
PRIVATE_V6 = [
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b:1::1",
    "64:ff9b:1:ffff::808:808", "100::1", "100:0:0:1::1", "2001::1", "2001:0:808:808::f7f7:f7f7", "2001:2::1", "2001:10::1",
    "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fe80::1%1",
    "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "4000::1", "2402:4e00::1%eth0",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "119.29.29.29", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.0.9",
    "192.0.0.10", "192.0.1.1", "192.31.196.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2402:4e00::1",
    "2001:1::1", "2001:4:112::1", "2001:200::1", "2001:4860:4860::8888", "2620:4f:8000::1", "2606:4700::1111",
]  # fmt: skip


def embedded(address: IPv4Address) -> list[str]:
    """Return the IPv6 addresses that lead to an IPv4 one."""
    number = int(address)
    values = [0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80 | 1]
    return [str(IPv6Address(value)) for value in values]


@pytest.mark.parametrize("address", [*PRIVATE_V4, *PRIVATE_V6, "", "localhost", "1.2.3", "0x7f000001", "017700000001"])
def test_what_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE_V4)
def test_a_private_address_inside_another_one(address):
    for outer in embedded(IPv4Address(address)):
        assert not is_public(outer), outer


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_another_one_counts_as_itself(number):
    address = IPv4Address(number)
    assert {is_public(outer) for outer in embedded(address)} == {is_public(str(address))}


@given(st.integers(0, 2**128 - 1))
def test_nothing_is_public_that_python_knows_to_be_private(number):
    for value in (number, number & (2**125 - 1) | 1 << 125):
        ip = IPv6Address(value)
        if is_public(str(ip)) and not ip.ipv4_mapped and not ip.sixtofour:
            assert ip.is_global or any(ip in network for network in REACHABLE), ip


def test_a_deadline_ends_with_the_one_around_it():
    with deadline.within(5):
        inner = deadline.Deadline(100)
        with deadline.within(50):
            assert deadline.Deadline(100).left() <= 5
        inner.allow(30)
        assert inner.left() <= 5
    assert deadline.Deadline(100).left() > 5
    assert deadline.current().left() is None


def answering(head: str, body: bytes = b"") -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(head.encode("latin-1") + b"\r\nConnection: close\r\n\r\n" + body)


NOWHERE = [
    "http://[::1", "http://]/", "http://a[b]c/", "http://\xff\xfe.com/", "http://ex\u2100.test/".encode().decode("latin-1"),
    "//[", "http://\x00/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "file:///etc/passwd", "http://%zz/",
]  # fmt: skip


@pytest.mark.parametrize("location", NOWHERE)
def test_a_redirect_to_what_is_no_address(serve, location):
    """A typed error for files; for a platform's call just an answer that is not 200."""
    server = serve(answering(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}"))
    with pytest.raises(MediaError), store.draft() as draft:
        fetch.fetch(server.url, draft, MB)
    with pytest.raises(DeliveryError) as caught:
        http.post_json(server.url, {}, {})
    assert caught.value.code == "302"
    with http.get_stream(server.url) as stream:
        assert (stream.status, stream.location != "") == (302, True)


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000, "-5", "x", "", " 5 ", "5, 5"])
def test_an_announced_length_that_is_none(serve, length):
    server = serve(answering(f"HTTP/1.1 200 OK\r\nContent-Length: {length}", b"hello"))
    with store.draft() as draft:
        fetch.fetch(server.url, draft, MB)
        assert draft.path.read_bytes() == b"hello"


def test_a_redirect_with_a_files_name_as_it_is(serve):
    asked = []

    def talk(connection: socket.socket) -> None:
        if not asked:
            asked.append("")
            answering(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {'/文件.pdf'.encode().decode('latin-1')}")(
                connection
            )
        else:
            answering("HTTP/1.1 200 OK\r\nContent-Length: 2", b"ok")(connection)

    server = serve(talk)
    with store.draft() as draft:
        fetch.fetch(server.url, draft, MB)
    assert server.asked[-1] == "/%E6%96%87%E4%BB%B6.pdf"


def test_a_limit_ends_with_its_block_where_that_fails_too():
    """A thread works on, and its next call must not meet the last one's limit."""
    with contextlib.suppress(ZeroDivisionError), deadline.within(0.001), deadline.keeping(deadline.Deadline(0.001)):
        raise ZeroDivisionError
    assert deadline.Deadline(100).left() > 50
    assert deadline.current().left() is None


@pytest.mark.parametrize("guarded", [True, False])
def test_no_proxy_and_no_netrc_of_the_environment_is_used(serve, monkeypatch, tmp_path, guarded):
    """A proxy would connect where the guard does not look, and read what is for the platform alone."""
    asked: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    class Listening(Server):
        def _serve(self, connection: socket.socket) -> None:
            asked.append(connection.recv(65536, socket.MSG_PEEK))
            super()._serve(connection)

    (tmp_path / "netrc").write_text("default login a password b\n")
    server, proxy = Listening(talk), serve(talk)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(connections, "is_public", lambda address: True)
    with http.get_stream(server.url, guarded=guarded) as reply:
        assert b"".join(reply.chunks(LIMIT)) == b"ok"
    server.close()
    assert proxy.seen == 0
    assert b"Authorization" not in asked[0]


def test_json_of_a_stream_is_cut_off_at_its_limit(serve, settings):
    settings.HTTP_TIMEOUT = 20.0
    piece, sent = b"x" * 65536, [0]

    def talk(connection: socket.socket) -> None:
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":"')
        while sent[0] < 200 * MB:
            connection.sendall(piece)
            sent[0] += len(piece)

    with http.get_stream(serve(talk).url) as reply, pytest.raises(DeliveryError) as error:
        reply.json()
    assert error.value.code == "reply"
    assert sent[0] < 50 * MB  # what the sockets' buffers hold, and no more


LENGTHS = [b"\xb2", b"\xb9\xb2", b"9" * 5000, b"-5", b"0x10", b"1.5", b"", b"ten", b"5 5"]


@pytest.mark.parametrize("length", LENGTHS, ids=lambda length: repr(length[:8]))
def test_a_length_that_is_none_counts_as_not_announced(serve, length):
    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: " + length + b"\r\n\r\nwords")

    with store.draft() as drafted:
        fetch.fetch(serve(talk).url, drafted, MB)
        assert drafted.path.read_bytes() == b"words"


PLACES = [
    "http://[", "//[", "http://a]b/", "http://x:99999/", "http://x:y/", "http://a..b/", f"http://{'a' * 300}/", "http://a\u2100b/",
    "http://%zz/", "http://\x01/", "http:///", "http:", "ftp://a/", "file:///etc/passwd", "http://u:p@a/", "\xff\xfe", "http://xn--a/",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("private", [True, False])
def test_an_address_that_is_none_is_a_typed_error(serve, monkeypatch, settings, place, private):
    """The customer's address, and where a stranger's server leads."""
    settings.MEDIA_ALLOW_PRIVATE = private
    monkeypatch.setattr(connections, "is_public", lambda address: True)

    def talk(connection: socket.socket) -> None:
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: "
        connection.sendall(head + place.encode("utf-8") + b"\r\n\r\n")

    for url in (serve(talk).url, place):
        with store.draft() as drafted, pytest.raises(MediaError):
            fetch.fetch(url, drafted, MB)


def test_the_body_of_a_redirect_is_not_read(serve, settings):
    settings.HTTP_TIMEOUT = 20.0
    sent = [0]

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
        while sent[0] < 200 * MB:
            connection.sendall(bytes(65536))
            sent[0] += 65536

    with http.get_stream(serve(talk).url) as reply:
        assert (reply.status, reply.location) == (302, "/b")
    assert sent[0] < 50 * MB  # what the sockets' buffers hold, and no more
