"""`python -m sandbox`: WeChat and Tencent IM on this machine, for the tests of any project. docs/sandbox.md describes it."""

from __future__ import annotations

import argparse
import os


def main() -> None:
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT", "8001")))
    parser.add_argument("--bridge", default=os.environ.get("SANDBOX_BRIDGE_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--site", default=os.environ.get("SANDBOX_SITE", ""), help="a TOML file; one account without")
    given = parser.parse_args()
    os.environ.update(SANDBOX_PORT=str(given.port), SANDBOX_BRIDGE_URL=given.bridge, SANDBOX_SITE=given.site)
    # After the environment: the settings read it.
    import uvicorn

    from sandbox.world import world

    for account in world().site["wechat_account"]:
        print(f"WeChat account {account['slug']}: AppID {account['app_id']}, AppSecret {account['app_secret']},")
        print(f"  Token {account.get('token', '')}, EncodingAESKey {account.get('encoding_aes_key', '')}")
    here = f"http://127.0.0.1:{given.port}"
    print(
        f"Phone and IM client: {here}/   WeChat: {here}/wechat/   Tencent IM: {here}/im/   Callbacks go to {given.bridge}"
    )
    uvicorn.run("sandbox.asgi:application", port=given.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
