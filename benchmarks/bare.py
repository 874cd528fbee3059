"""A bare Django view, the yardstick of the door: no middleware, no database, the same server and threads."""

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def view(request: HttpRequest) -> HttpResponse:
    """Answer as the door does, having done nothing."""
    return HttpResponse(b"success", content_type="text/plain", headers={"Content-Length": "7"})


urlpatterns = [path("callbacks/wechat/<slug:slug>/", lambda request, slug: view(request))]
application = WSGIMiddleware(get_wsgi_application(), workers=8)
