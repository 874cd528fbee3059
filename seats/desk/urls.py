"""The desk's addresses, below /desk/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from seats.desk import app, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("login/", views.Login.as_view(), name="desk-login"),
    path("logout/", LogoutView.as_view(next_page="desk-login"), name="desk-logout"),
    path("manifest.webmanifest", app.manifest, name="desk-manifest"),
    path("sw.js", app.worker, name="desk-worker"),
    path("floor/", views.floor, name="desk-floor"),
    path("im/", views.im, name="desk-im"),
    path("im/<str:im_id>/", views.beside, name="desk-im-beside"),
    path("replies/", views.replies, name="desk-replies"),
    path("list/", views.conversations, name="desk-list"),
    path("state/", views.state, name="desk-state"),
    path("offers/", views.offers, name="desk-offers"),
    path("<int:pk>/targets/", views.targets, name="desk-targets"),
    path("<int:pk>/", views.chat, name="desk-chat"),
    path("<int:pk>/messages/", views.messages, name="desk-messages"),
    path("<int:pk>/customer/", views.customer, name="desk-customer"),
]
