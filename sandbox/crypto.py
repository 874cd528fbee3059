"""The platforms' side of the protocols, written independently of the bridge's, on another library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import struct
import time
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def sign(*parts: str) -> str:
    """Return WeChat's signature of the parts."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypt(message: bytes, aes_key: str, app_id: str) -> str:
    """Return the text of `Encrypt` for a push."""
    key = base64.b64decode(aes_key + "=")
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + app_id.encode()
    pad = 32 - len(plain) % 32
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def decrypt(ciphertext: str, aes_key: str, app_id: str) -> bytes:
    """Return the message in a reply's `Encrypt`. ValueError where it was not made for us."""
    key = base64.b64decode(aes_key + "=")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = decryptor.update(base64.b64decode(ciphertext)) + decryptor.finalize()
    plain = padded[: -padded[-1]]
    (length,) = struct.unpack_from(">I", plain, 16)
    if plain[20 + length :] != app_id.encode():
        raise ValueError("for another app id")
    return plain[20 : 20 + length]


def sig_error(sig: str, sdk_app_id: int, secret_key: str, identifier: str) -> int:
    """Return Tencent IM's error code for a UserSig, 0 where it is good."""
    try:
        packed = base64.b64decode(sig.replace("*", "+").replace("-", "/").replace("_", "="))
        data = json.loads(zlib.decompress(packed))
        made, lives = int(data["TLS.time"]), int(data["TLS.expire"])
        names = ("identifier", "sdkappid", "time", "expire")
        signed = "".join(f"TLS.{name}:{data['TLS.' + name]}\n" for name in names)
    except (ValueError, KeyError, zlib.error):
        return 70003
    digest = base64.b64encode(hmac.new(secret_key.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(digest, str(data.get("TLS.sig", ""))):
        return 70009
    if data["TLS.identifier"] != identifier:
        return 70013
    if int(data["TLS.sdkappid"]) != sdk_app_id:
        return 70014
    return 70001 if made + lives < time.time() else 0


def callback_sign(token: str, request_time: str) -> str:
    """Return the `Sign` of a Tencent IM callback."""
    return hashlib.sha256(f"{token}{request_time}".encode()).hexdigest()
