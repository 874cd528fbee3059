"""The desk as an app: what a browser needs to install it, and to show what is pushed while it is closed."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles.finders import find
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

SIZES = (192, 512)
COLOUR = "#0b7a5e"


@require_GET
@never_cache
def manifest(request: HttpRequest) -> JsonResponse:
    """The web app manifest, in the reader's language."""
    icons = [
        {"src": static(f"desk/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    data = {
        "id": "/desk/", "name": _("Desk"), "short_name": _("Desk"), "lang": get_language(), "start_url": "/desk/",
        "scope": "/desk/", "display": "standalone", "background_color": "#ffffff", "theme_color": COLOUR, "icons": icons,
    }  # fmt: skip
    return JsonResponse(data, content_type="application/manifest+json")


@require_GET
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, below /desk/ so that the desk is its scope."""
    path = find("desk/sw.js")
    if path is None:
        raise Http404
    return HttpResponse(Path(path).read_text(), content_type="text/javascript")
