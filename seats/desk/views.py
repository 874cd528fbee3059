"""The desk's pages and the pieces of them that are fetched again."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.contrib.staticfiles.finders import find
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from bridge.base import clock
from bridge.conversation import changes
from bridge.models import Account, Conversation, Tag
from bridge.outbox import templates
from bridge.staff.twostep import LoginForm
from bridge.values.windows import window_of
from seats.actors import Actor
from seats.desk import feed, handing, marks, texts
from seats.desk.floor import FIRST, board
from seats.models import CannedReply, Seat, SeatGroup
from seats.routing import queue
from seats.routing.assignment import last_seats_of
from seats.sight import without_later

HAD = (Conversation.Status.ASSIGNED, Conversation.Status.CLOSED)
LOGIN = reverse_lazy("desk-login")


class Login(LoginView):
    """The desk's own door: a seat need not be staff."""

    template_name = "desk/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
    next_page = "desk"


def for_actors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let only seats and overseers in; the view gets the actor. A user without a seat reads what to do."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = Actor.of(request.user)
        if actor is None:
            return render(request, "desk/nobody.html", status=403)
        return view(request, actor, *args, **kwargs)

    return login_required(require_GET(never_cache(wrapped)), login_url=LOGIN)


def _conversation(actor: Actor, pk: int) -> Conversation:
    return without_later(get_object_or_404(actor.conversations(), pk=pk))


@for_actors
def desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The whole desk."""
    return render(request, "desk/desk.html", {
        "actor": actor, "choices": Seat.Availability.choices, "supervises": actor.roles.oversees_any,
        "texts": texts.desk(), "can_take": actor.seat is not None, "position": changes.position(), "now": clock.now(),
        "zone": timezone.get_current_timezone_name(), "accounts": Account.objects.order_by("name"),
        "groups": actor.groups(), "tags": Tag.objects.order_by("name"),
    })  # fmt: skip


@for_actors
def conversations(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A piece of the list of one tab: `count` rows from `start`, LISTED of them at least."""
    asked = request.GET
    tab = asked.get("tab", "mine")
    tab = tab if tab in feed.TABS else "mine"
    start = int(asked.get("start", "")) if re.fullmatch("[0-9]{1,6}", asked.get("start", "")) else 0
    wanted = int(asked.get("count", "")) if re.fullmatch("[0-9]{1,6}", asked.get("count", "")) else 0
    # The own ones come all at once: the desk tells what became the seat's own, and counts what is unread.
    least = feed.MOST_LISTED if tab == "mine" else feed.LISTED
    count = min(max(wanted, least), feed.MOST_LISTED)
    rows = feed.listed(actor, tab, filters=_filters(asked), start=start, count=count)
    following = start + count if len(rows) == count else 0
    shown = {"rows": rows, "tab": tab, "now": clock.now(), "q": _filters(asked).search, "next": following}
    context = {**shown, "narrowed": bool(_filters(asked)), "has_seat": actor.seat is not None}
    return render(request, "desk/list.html", context)


def _filters(asked: QueryDict) -> feed.Filters:
    words = {name: asked.get(name, "").strip()[:60] for name in ("account", "group", "tag")}
    return feed.Filters(asked.get("q", "").strip()[:60], waits=bool(asked.get("waits")), **words)


@for_actors
def state(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How the seat and its tabs stand: its presence and load, whom it could take next, how many conversations each tab has."""
    seat = actor.seat
    own = None
    if seat:
        names = ("presence", "availability", "load", "capacity")
        own = {name: getattr(seat, name) for name in names} | {"next": queue.to_take(seat, clock.now())}
    return JsonResponse({"counts": feed.counts(actor), "seat": own})


@for_actors
def offers(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What is offered to the seat now."""
    return render(request, "desk/offers.html", {"offers": handing.offers(actor, clock.now())})


@for_actors
def targets(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """To whom a conversation can be handed, and who cannot get it now, and why."""
    found = handing.targets(actor, _conversation(actor, pk), clock.now())
    return render(request, "desk/targets.html", {"targets": found})


def _standing(actor: Actor, one: Conversation) -> dict[str, Any]:
    """Return how the actor stands to a conversation, and what can be done there."""
    is_open = one.status != Conversation.Status.CLOSED
    seat = last_seats_of([one]).get(one.pk) if one.status in HAD else None
    theirs = seat is not None and seat.pk == actor.agent.id
    mine, served = is_open and theirs, not is_open and theirs
    group = SeatGroup.objects.filter(slug=one.group).first()
    return {
        "one": one, "mine": mine, "writes": mine or (is_open and feed.watches(actor, one, speaks=True)),
        "has_seat": actor.seat is not None, "served": served, "reopens": served and _reopens(one),
        "oversees": actor.roles.oversees(one.group), "tags": Tag.objects.all(), "watches": feed.watches(actor, one),
        "offered": hasattr(one, "offer") and one.offer.seat_id == actor.agent.id, "open": is_open,
        "seat": seat.as_agent().name if seat else "", "group_name": group.name if group else "",
        "notices": _notices(actor, one) if mine or served or actor.roles.oversees(one.group) else [],
    }  # fmt: skip


def _notices(actor: Actor, one: Conversation) -> list[templates.Offer]:
    """Return the notices by template that can call the customer back; none while they can be written to."""
    window, now = window_of(one.customer), clock.now()
    closed = window.until is None or window.refusal(now)
    return templates.offers(one, actor.agent.name, now) if closed else []


def _reopens(one: Conversation) -> bool:
    """Tell whether what its last seat writes opens a closed conversation again; the same as `may_take_up` says in its lane."""
    customer = one.customer
    newer = Conversation.objects.filter(customer=customer, pk__gt=one.pk).exists()
    return not newer and customer.blocked_at is None and not window_of(customer).refusal(clock.now())


@for_actors
def chat(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The chat of one conversation, with what can be done there."""
    conversation = _conversation(actor, pk)
    return render(request, "desk/chat.html", {**_standing(actor, conversation), "chat": feed.chat(actor, conversation)})


# Tencent's client speaks with Tencent's servers, whose names change.
@csp_update({"connect-src": ["https:", "wss:"], "img-src": ["https:"], "media-src": ["https:"]})
@for_actors
def im(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tencent's own client, logged in as the seat, with our customer beside it."""
    if actor.seat is None:
        return render(request, "desk/nobody.html", status=403)
    context = {"actor": actor, "texts": texts.im(), "position": changes.position(), "now": clock.now()}
    return render(request, "desk/im.html", {**context, "built": find("im-desk/im-desk.js") is not None})


@for_actors
def beside(request: HttpRequest, actor: Actor, im_id: str) -> HttpResponse:
    """The customer whose chat is open in Tencent's client: their last conversation that the actor may see."""
    conversation = actor.conversations().filter(customer__im_id=im_id).order_by("-pk").first()
    if conversation is None:
        raise Http404
    without_later(conversation)
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
            request,
            "desk/messages.html",
            {"one": conversation, "chat": feed.chat(actor, conversation, before=int(before))},
        )
    found = feed.chat(actor, conversation)
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
    """All live conversations of the groups that one oversees, their seats and queues; only what changes with `rows`."""
    if not actor.roles.oversees_any:
        return render(request, "desk/nobody.html", {"supervisors": True}, status=403)
    chosen, search, now = request.GET.get("group", ""), request.GET.get("q", "").strip()[:60], clock.now()
    shown = {"now": now, "chosen": chosen, "q": search}
    if "rows" in request.GET:
        rows = board(actor, chosen, search, now, known=marks.known(request))
        return render(request, "desk/floor_board.html", {**shown, "board": rows})
    context = {
        **shown,
        "board": board(actor, chosen, search, now, most=FIRST),
        "actor": actor,
        "groups": actor.overseen(),
        "targets": handing.anybody(actor, now),
        "texts": texts.floor(),
    }
    return render(request, "desk/floor.html", {**context, "zone": timezone.get_current_timezone_name()})
