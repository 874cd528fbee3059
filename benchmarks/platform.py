"""Both platforms as one ASGI application that says yes to everything: what is measured is the product."""

import json
from typing import Any

YES = {"errcode": 0, "ErrorCode": 0, "ActionStatus": "OK", "subscribe": 1, "access_token": "bench", "expires_in": 7200}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer each call with success."""
    if scope["type"] == "lifespan":
        while (phase := (await receive())["type"]) != "lifespan.shutdown":
            await send({"type": f"{phase}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(YES).encode()})
