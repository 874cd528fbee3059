"""All addresses of the site."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path

from analytics import doors
from analytics.api import ReportsView, ReportView
from bridge.admin import twostep
from bridge.media import views as media
from bridge.platforms.registry import platforms
from bridge.staff import saved, still_here
from config import checkup, searching
from config.run.health import healthz, livez
from config.run.metrics import metrics
from seats import token_page

# The pages are loaded where addresses are, so that workers and beat do without them.
admin.autodiscover()

urlpatterns = [
    *(path("callbacks/", include(platform.urls())) for platform in platforms()),
    path("healthz", healthz, name="healthz"),
    path("livez", livez, name="livez"),
    path("metrics", metrics, name="metrics"),
    path("media/<str:token>/<str:name>", media.file, name="media-file"),
    path("files/<str:token>/", media.page, name="media-page"),
    path("api/reports/", ReportsView.as_view(), name="api-reports"),
    path("api/reports/<str:name>/", ReportView.as_view(), name="api-report"),
    path("api/", include("seats.api.urls")),
    path("desk/", include("seats.desk.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/login/", doors.login, {"site": admin.site}, name="back-office-login"),
    path("admin/two-step/", login_required(twostep.page), name="two-step"),
    path("admin/tokens/", login_required(token_page.own), name="own-tokens"),
    path("admin/still-here/", still_here.still_here, name="still-here"),
    path("admin/saved-filters/", admin.site.admin_view(saved.keep), name="saved-filters"),
    path("admin/reports/", include("analytics.urls")),
    path("admin/check-up/", admin.site.admin_view(checkup.page), name="check-up"),
    path("admin/search/", admin.site.admin_view(searching.search), name="back-office-search"),
    path("admin/", admin.site.urls),
    path("", doors.home, name="home"),
]
