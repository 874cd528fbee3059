"""A form with a file in it, sent in pieces."""

from __future__ import annotations

import io
import secrets
from typing import IO


class FormFile:
    """A form with one file in it, as something `requests` reads in pieces instead of holding it whole."""

    def __init__(self, file: IO[bytes], size: int, field: str, name: str, mime: str) -> None:
        self.boundary = secrets.token_hex(16)
        head = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"; '
            f"filelength={size}\r\nContent-Type: {mime}\r\n\r\n"
        )
        tail = f"\r\n--{self.boundary}--\r\n"
        self._parts: list[IO[bytes]] = [io.BytesIO(head.encode()), file, io.BytesIO(tail.encode())]
        self._length = len(head.encode()) + size + len(tail)

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """Return the next piece, b"" at the end."""
        while self._parts:
            if piece := self._parts[0].read(size):
                return piece
            self._parts.pop(0)
        return b""
