"""The Tencent IM app as every process remembers it, for two seconds: decrypting its secrets costs more than a query."""

from __future__ import annotations

from bridge.live.endpoints import remembered
from bridge.platforms.tencent_im.models import TencentIMApp

tencent_im_app = remembered(lambda _key: TencentIMApp.objects.first())
