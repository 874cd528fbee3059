"""Whether a page that has stood open for a while is still signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET


@never_cache
@require_GET
def still_here(request: HttpRequest) -> HttpResponse:
    """Answer with the token that a form needs now; 401 to whoever is signed out. A page asks before it sends what was written."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return JsonResponse({"token": get_token(request)})
