"""The desk's pages and the pieces of them that are fetched again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.contrib.staticfiles.finders import find
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bridge import changes, clock
from bridge.models import Conversation, Tag
from bridge.twostep import LoginForm
from seats.api.actors import Actor
from seats.desk import feed
from seats.models import CannedReply, Seat, SeatGroup

LOGIN = reverse_lazy("desk-login")


class Login(LoginView):
    """The desk's own door: a seat need not be staff."""

    template_name = "desk/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
    next_page = "desk"


def for_actors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let only seats and overseers in; the view gets who it is. Who has no seat reads what to do."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = Actor.of(request.user)
        if actor is None:
            return render(request, "desk/nobody.html", status=403)
        return view(request, actor, *args, **kwargs)

    return login_required(require_GET(never_cache(wrapped)), login_url=LOGIN)


def _conversation(actor: Actor, pk: int) -> Conversation:
    return get_object_or_404(actor.conversations(), pk=pk)


@for_actors
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The whole desk."""
    return render(request, "desk/desk.html", {
        "actor": actor, "choices": Seat.Availability.choices, "supervises": actor.roles.oversees_any,
        "texts": _texts(), "can_take": actor.seat is not None, "position": changes.position(), "now": clock.now(),
    })  # fmt: skip


def _texts() -> dict[str, str]:
    """Return what the script says, in the reader's language."""
    return {
        "sending": _("sending"),
        "offline": _("No connection. What you write is kept and sent once it is back."),
        "failed": _("Not sent: "),
        "new": _("New message"),
        "waiting": _("It is under way."),
        "error": _("That did not work. Try again."),
        "take_back": _("Take back"),
        "no_recording": _("This browser does not record here. Open the desk by https, or send a sound file."),
        "no_microphone": _("The browser gives no microphone. Allow it for this page and try again."),
        "minute_over": _("A voice is at most a minute long. Send it, then record the next one."),
        "seconds": _("%ds"),
        "minutes": _("%dm"),
        "hours": _("%(hours)dh %(minutes)dm"),
    }


@for_actors
def conversations(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list of one tab."""
    tab = request.GET.get("tab", "mine")
    tab = tab if tab in feed.TABS else "mine"
    rows = feed.listed(actor, tab, request.GET.get("q", "").strip()[:60])
    return render(
        request, "desk/list.html", {"rows": rows, "tab": tab, "now": clock.now(), "q": request.GET.get("q", "")}
    )


def _standing(actor: Actor, one: Conversation) -> dict[str, Any]:
    """Return how the actor stands to a conversation, and what can be done there."""
    mine = one.status == Conversation.Status.ASSIGNED and one.assignment.seat_id == actor.agent.id
    return {
        "one": one, "mine": mine, "writes": mine or feed.watches(actor, one, speaks=True),
        "oversees": actor.roles.oversees(one.group), "seats": actor.colleagues().exclude(pk=actor.agent.id),
        "groups": SeatGroup.objects.all(), "tags": Tag.objects.all(), "watches": feed.watches(actor, one),
        "offered": hasattr(one, "offer") and one.offer.seat_id == actor.agent.id, "open": one.status != "closed",
    }  # fmt: skip


@for_actors
def chat(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The chat of one conversation, with what can be done there."""
    conversation = _conversation(actor, pk)
    return render(request, "desk/chat.html", {**_standing(actor, conversation), "chat": feed.chat(conversation)})


@for_actors
def im(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tencent's own client, logged in as the seat, with our customer beside it."""
    if actor.seat is None:
        return render(request, "desk/nobody.html", status=403)
    texts = {
        **_texts(), "choose": _("Open a chat to see its customer here."),
        "greeting": _("Choose a conversation on the left."), "no_login": _("Tencent IM could not be reached, or refused the login."),
        "kicked": _("Tencent IM has logged this client out. Reload the page to log in again."),
    }  # fmt: skip
    context = {"actor": actor, "texts": texts, "position": changes.position(), "now": clock.now()}
    return render(request, "desk/im.html", {**context, "built": find("im-desk/im-desk.js") is not None})


@for_actors
def beside(request: HttpRequest, actor: Actor, im_id: str) -> HttpResponse:
    """The customer whose chat is open in Tencent's client: their last conversation that the actor may see."""
    conversation = actor.conversations().filter(customer__im_id=im_id).order_by("-pk").first()
    if conversation is None:
        raise Http404
    now = clock.now()
    shown = {**_standing(actor, conversation), "card": feed.card(actor, conversation, now), "now": now}
    return render(request, "desk/beside.html", shown)


@for_actors
def messages(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The messages anew, if anything of them has changed since `token`; or those before the one with the id `before`."""
    conversation = _conversation(actor, pk)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        return render(
            request, "desk/messages.html", {"one": conversation, "chat": feed.chat(conversation, before=int(before))}
        )
    found = feed.chat(conversation)
    if request.GET.get("token") == found.token:
        return HttpResponse(status=204)
    return render(request, "desk/messages.html", {"one": conversation, "chat": found})


@for_actors
def customer(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The customer beside the chat."""
    conversation = _conversation(actor, pk)
    return render(
        request, "desk/customer.html", {"card": feed.card(actor, conversation, clock.now()), "now": clock.now()}
    )


@for_actors
def replies(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The seat's own canned replies."""
    return render(request, "desk/replies.html", {"replies": CannedReply.objects.filter(seat=actor.agent.id)})


@for_actors
def floor(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All live conversations of the groups that one oversees; its rows alone where `rows` is asked for."""
    if not actor.roles.oversees_any:
        return render(request, "desk/nobody.html", {"supervisors": True}, status=403)
    chosen = request.GET.get("group", "")
    shown = {"rows": feed.floor(actor, chosen, clock.now()), "now": clock.now()}
    if "rows" in request.GET:
        return render(request, "desk/floor_rows.html", shown)
    seats = Seat.objects.filter(user__is_active=True).select_related("user")
    texts = {**_texts(), "none": _("Choose conversations first.")}
    context = {**shown, "actor": actor, "groups": actor.overseen(), "chosen": chosen, "all_groups": SeatGroup.objects.all(),
               "seats": seats, "texts": texts}  # fmt: skip
    return render(request, "desk/floor.html", context)
