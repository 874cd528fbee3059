"""What others take for the same push: WeRoBot's echo, and wechatpy's with Flask. Both decrypt, answer with the text, and store nothing.

Each is the example of its own documentation (werobot.readthedocs.io, docs.wechatpy.org) under our web server.
"""

from __future__ import annotations

from typing import Any

from a2wsgi import WSGIMiddleware

AES_KEY, APP_ID, TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxbench0000000001", "bench-token"
THREADS = 8


def _werobot() -> Any:
    from werobot import WeRoBot

    robot = WeRoBot(token=TOKEN, enable_session=False, APP_ID=APP_ID, ENCODING_AES_KEY=AES_KEY)

    @robot.handler
    def echo(message: Any) -> str:
        return str(message.content)

    return robot.wsgi


def _flask() -> Any:
    from flask import Flask, abort, request
    from wechatpy import parse_message
    from wechatpy.crypto import WeChatCrypto
    from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
    from wechatpy.replies import create_reply
    from wechatpy.utils import check_signature

    app = Flask(__name__)

    @app.post("/<path:_path>")
    def echo(_path: str) -> str:
        told = request.args
        crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
        try:
            check_signature(TOKEN, told["signature"], told["timestamp"], told["nonce"])
            words = crypto.decrypt_message(request.data, told["msg_signature"], told["timestamp"], told["nonce"])
        except (InvalidSignatureException, InvalidAppIdException):
            abort(403)
        message = parse_message(words)
        reply = create_reply(message.content, message)
        return crypto.encrypt_message(reply.render(), told["nonce"], told["timestamp"])

    return app


_MAKERS = {"werobot": _werobot, "flask": _flask}


def __getattr__(name: str) -> Any:
    """Make `werobot` or `flask`, an ASGI application, when a server asks for it: each needs a library of its own."""
    if name not in _MAKERS:
        raise AttributeError(name)
    return WSGIMiddleware(_MAKERS[name](), workers=THREADS)
