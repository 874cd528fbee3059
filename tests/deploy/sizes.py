"""How large a body a proxy takes."""

from __future__ import annotations

from http.client import HTTPConnection


def answer_to(connection: HTTPConnection, path: str, length: int) -> int:
    """Return the status that a POST gets once its head has said so many bytes; 0 where the proxy waits for the body."""
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    connection.sock.settimeout(1)
    try:
        return connection.getresponse().status
    except TimeoutError:
        return 0
