"""The API's addresses, below /api/."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from seats.api import administration, conversations, problems, programs, push, queues, replies, taking, tokens, views

router = SimpleRouter()
router.register("conversations", conversations.ConversationViewSet, basename="conversation")
router.register("me/canned-replies", replies.OwnReplyViewSet, basename="own-reply")
for name, view in administration.viewsets_of_admin().items():
    router.register(f"admin/{name}", view, basename=f"admin-{name.replace('/', '-')}")

urlpatterns = [
    path("", include(router.urls)),
    re_path(r"^messages/(?P<pk>[0-9]{1,18})/$", views.MessageView.as_view(), name="message"),
    re_path(r"^events/(?P<pk>[0-9]{1,18})/$", views.EventView.as_view(), name="event"),
    path("commands/", views.CommandsView.as_view(), name="commands"),
    path("commands/<str:name>/", views.ManyView.as_view(), name="command-many"),
    path("stream/", programs.StreamView.as_view(), name="stream"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("me/", views.MeView.as_view(), name="me"),
    path("me/presence/", views.PresenceView.as_view(), name="me-presence"),
    path("me/heartbeat/", views.HeartbeatView.as_view(), name="me-heartbeat"),
    path("me/push/", push.PushView.as_view(), name="me-push"),
    path("me/notices/", push.NoticesView.as_view(), name="me-notices"),
    path("me/usersig/", views.UserSigView.as_view(), name="me-usersig"),
    path("me/tokens/", tokens.TokensView.as_view(), name="me-tokens"),
    path("me/tokens/<slug:key>/", tokens.TokenView.as_view(), name="me-token"),
    path("me/take/", taking.TakeNextView.as_view(), name="me-take"),
    path("queue/", queues.QueueView.as_view(), name="queue"),
    path("seats/", queues.SeatsView.as_view(), name="seats"),
    re_path(r"^(?P<path>(?s:.+))$", problems.nowhere),  # line breaks included, which `path` does not take
]
