"""Signatures and message encryption of WeChat pushes. Bytes in, values out.

Source: developers.weixin.qq.com, "消息加解密说明" (message encryption and decryption).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from Crypto.Cipher import AES

PAD_BLOCK = 32  # WeChat pads to 32 bytes, although AES blocks have 16
_RANDOM = 16


class CryptoError(ValueError):
    """A ciphertext that our key does not open, or that does not hold what it must."""


class ForeignAppError(CryptoError):
    """A ciphertext that our key opens, but that was made for another app id."""


def signature(*parts: str) -> str:
    """Return the sha1 hex of the sorted parts: token, timestamp, nonce, and for `msg_signature` the ciphertext."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def signature_matches(given: str, *parts: str) -> bool:
    """Tell whether `given` is the signature of `parts`, in constant time."""
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


def decode_key(encoding_aes_key: str) -> bytes:
    """Return the 32 bytes behind an EncodingAESKey of 43 characters. CryptoError where it is not one."""
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CryptoError("the EncodingAESKey is not base64") from error
    if len(key) != 32:
        raise CryptoError("the EncodingAESKey does not hold 32 bytes")
    return key


def decrypt(ciphertext: str | bytes, key: bytes, app_id: str) -> bytes:
    """Return the message in a push's `Encrypt`.

    The plaintext is 16 random bytes, the message's length as 4 bytes big-endian, the message, the app id.
    ForeignAppError where the app id is another's; CryptoError where anything else is wrong.
    """
    try:
        data = base64.b64decode(ciphertext, validate=True)
        padded = AES.new(key, AES.MODE_CBC, key[:16]).decrypt(data)
    except (binascii.Error, ValueError) as error:
        raise CryptoError("not a ciphertext") from error
    if not padded or not 1 <= padded[-1] <= PAD_BLOCK or len(padded) <= padded[-1]:
        raise CryptoError("bad padding")
    plain = padded[: -padded[-1]]
    if len(plain) < _RANDOM + 4:
        raise CryptoError("too short")
    (length,) = struct.unpack_from(">I", plain, _RANDOM)
    start, end = _RANDOM + 4, _RANDOM + 4 + length
    if end > len(plain):
        raise CryptoError("the length points behind the end")
    if not hmac.compare_digest(plain[end:], app_id.encode()):
        raise ForeignAppError("made for another app id")
    return plain[start:end]


def encrypt(message: bytes, key: bytes, app_id: str, random: bytes | None = None) -> str:
    """Return `message` as the base64 text that stands in `Encrypt`; `random` is 16 bytes, fresh ones by default."""
    prefix = os.urandom(_RANDOM) if random is None else random
    plain = prefix + struct.pack(">I", len(message)) + message + app_id.encode()
    pad = PAD_BLOCK - len(plain) % PAD_BLOCK
    padded = plain + bytes([pad]) * pad
    return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(padded)).decode()
