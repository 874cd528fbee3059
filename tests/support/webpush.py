"""What a browser does with what it is pushed, by the RFCs alone: none of it is the code that encrypts and signs."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def decrypt(body: bytes, private: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Return what a body of one record says (RFC 8188, section 2; RFC 8291, section 3.4)."""
    salt, length = body[:16], body[20]
    sender, record = body[21 : 21 + length], body[21 + length :]
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    info = b"WebPush: info\0" + point(private.public_key()) + sender
    secret = _derived(auth, shared, info, 32)
    key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    said, delimiter, _padding = AESGCM(key).decrypt(nonce, record, None).rpartition(b"\2")
    assert delimiter, "the last record ends with 2"
    return said


def claims(authorization: str) -> dict[str, Any]:
    """Return what the sender of a push claims, once its signature was checked with the key beside it (RFC 8292, section 3)."""
    scheme, _space, fields = authorization.partition(" ")
    assert scheme == "vapid"
    given = dict(one.strip().split("=", 1) for one in fields.split(","))
    signed, _dot, signature = given["t"].rpartition(".")
    both = raw(signature)
    encoded = utils.encode_dss_signature(int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw(given["k"]))
    key.verify(encoded, signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, _dot, said = signed.partition(".")
    assert json.loads(raw(head))["alg"] == "ES256"
    return json.loads(raw(said))
