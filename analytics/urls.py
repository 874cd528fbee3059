"""The reports' addresses, below /admin/reports/."""

from django.contrib import admin
from django.urls import path

from analytics import saving, views
from analytics.explore import pages

urlpatterns = [
    path("live/", views.floor, name="reports-live"),
    path("tiles/", admin.site.admin_view(views.tiles), name="reports-tiles"),
    path("behind/<str:metric>/", views.conversations_behind, name="reports-behind"),
    path("explore/", pages.explore, name="reports-explore"),
    path("explore/conversations/", pages.listed, name="reports-listed"),
    path("save/", saving.save, name="reports-save"),
    path("forget/<int:number>/", saving.forget, name="reports-forget"),
    path("conversations.csv", pages.conversations_file, name="reports-conversations"),
    path("<str:name>/", views.dashboard, name="reports-dashboard"),
]
