"""The sandbox's ASGI entry point: its WSGI application in many threads, because its pages wait for news."""

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from sandbox.wsgi import application as site

application = WSGIMiddleware(cast(Any, site), workers=64)
