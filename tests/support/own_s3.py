"""An S3 of a test's own: moto's server, which keeps all in memory."""

from __future__ import annotations

import importlib.util
import sys

from tests.support.own import OwnServer

BUCKET, KEY = "bridge", "test"


def is_here() -> bool:
    """Tell whether it is installed."""
    return all(importlib.util.find_spec(name) for name in ("moto", "flask_cors", "boto3", "storages"))


class OwnS3(OwnServer):
    """A server with one bucket."""

    name = "s3"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def settings(self) -> dict[str, str]:
        """Return the settings of a site whose files lie there."""
        return {
            "MEDIA_STORAGE": "s3", "MEDIA_S3_BUCKET": BUCKET, "MEDIA_S3_ENDPOINT": self.url,
            "MEDIA_S3_REGION": "us-east-1", "MEDIA_S3_KEY": KEY, "MEDIA_S3_SECRET": KEY,
        }  # fmt: skip

    def command(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", self.host, "-p", str(self.port)]

    def start(self) -> None:
        super().start()
        self.client().create_bucket(Bucket=BUCKET)

    def client(self):
        """Return boto3's client for it."""
        import boto3

        words = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY, "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=self.url, **words)
