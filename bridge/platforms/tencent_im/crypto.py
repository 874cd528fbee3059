"""UserSig and callback signatures of Tencent IM. Bytes in, values out.

Source: cloud.tencent.com/document/product/269/32688 (UserSig, TLSSigAPIv2) and 269/1522 (callback authentication).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib

_TO_URL = str.maketrans("+/=", "*-_")


def user_sig(sdk_app_id: int, secret_key: str, identifier: str, now: int, expire: int) -> str:
    """Return the UserSig of `identifier`, valid from `now` (seconds since the epoch) for `expire` seconds."""
    signed = f"TLS.identifier:{identifier}\nTLS.sdkappid:{sdk_app_id}\nTLS.time:{now}\nTLS.expire:{expire}\n"
    digest = hmac.new(secret_key.encode(), signed.encode(), hashlib.sha256).digest()
    document = {
        "TLS.ver": "2.0",
        "TLS.identifier": identifier,
        "TLS.sdkappid": sdk_app_id,
        "TLS.expire": expire,
        "TLS.time": now,
        "TLS.sig": base64.b64encode(digest).decode(),
    }
    return base64.b64encode(zlib.compress(json.dumps(document).encode())).decode().translate(_TO_URL)


def callback_signature(token: str, request_time: str) -> str:
    """Return the `Sign` of a callback: sha256 hex of the token followed by `RequestTime`."""
    return hashlib.sha256((token + request_time).encode()).hexdigest()


def callback_signature_matches(given: str, token: str, request_time: str) -> bool:
    """Tell whether `given` is the signature of a callback, in constant time."""
    return hmac.compare_digest(given.encode(), callback_signature(token, request_time).encode())
