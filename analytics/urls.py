"""The reports' addresses, below /admin/reports/."""

from django.contrib import admin
from django.urls import path

from analytics import views

urlpatterns = [
    path("live/", views.floor, name="reports-live"),
    path("tiles/", admin.site.admin_view(views.tiles), name="reports-tiles"),
    path("behind/<str:metric>/", views.conversations_behind, name="reports-behind"),
    path("<str:name>/", views.dashboard, name="reports-dashboard"),
]
