"""Both platforms as one ASGI application that says yes to everything: what is measured is the product.

LATENCY is how many seconds an answer takes. `heard` is when each message came, where this runs in the measuring process.
"""

import asyncio
import json
import os
import time
from typing import Any

YES = {"errcode": 0, "ErrorCode": 0, "ActionStatus": "OK", "subscribe": 1, "access_token": "bench", "expires_in": 7200}
LATENCY = float(os.environ.get("LATENCY", "0"))
heard: list[tuple[float, bytes]] = []


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer each call with success."""
    if scope["type"] == "lifespan":
        while (phase := (await receive())["type"]) != "lifespan.shutdown":
            await send({"type": f"{phase}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    came, body, more = time.perf_counter(), b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"].endswith("/sendmsg"):
        heard.append((came, body))
    if LATENCY:
        await asyncio.sleep(LATENCY)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(YES).encode()})
