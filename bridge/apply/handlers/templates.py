"""Carries out notices by template: sends them, and writes down what the platform says of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F
from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.conversation import changes
from bridge.models import Acceptance, Conversation, Delivery, Fact, Message, Template
from bridge.outbox import templates
from bridge.pipeline import actions
from bridge.values.content import TemplateMessage

AUTHOR = "notices"  # the chatbot whose command sends them; what follows it in a message's author is who has sent it
State = Delivery.State


@handles(actions.SendTemplate)
def send_template(scene: Scene, action: actions.SendTemplate) -> Iterable[actions.Action]:
    """It stands in the log of its conversation, also where that is closed; the customer comes back to it."""
    customer, template = scene.customer, _wanted(scene, action.template)
    conversation = Conversation.objects.filter(pk=action.conversation, customer=customer).first()
    if conversation is None:
        return action.then(_("there is no such conversation"))
    if refusal := templates.refusal(customer, template, scene.now):
        return action.then(refusal)
    assert template is not None
    names = {"conversation": str(conversation.pk), "seat": action.seat, "reason": action.reason}
    content = templates.message(template, customer, scene.now, **names)
    _send(scene, conversation, content, action.seat)
    customer.invited_to = conversation.pk
    scene.changed_of_customer("invited_to")
    return action.then("")


def _wanted(scene: Scene, wanted: str) -> Template | None:
    account = scene.customer.account_id
    if not wanted:
        return templates.when_held(account)
    return next((one for one in templates.for_seats(account) if wanted.strip() in (str(one.pk), one.title)), None)


def _send(scene: Scene, conversation: Conversation, content: TemplateMessage, seat: str) -> None:
    closed = None if scene.standing.conversation else conversation
    author = f"{AUTHOR} {seat or _('by itself')}"
    message = scene.journal.message(content, Message.Side.BOT, author, relayed=True, closed=closed)
    scene.outgoing.to_customer(content, message, conversation=conversation)
    if closed and closed.purged_at:
        # Whatever its log holds from now on is emptied with the next purge.
        Conversation.objects.filter(pk=closed.pk).update(purged_at=None)


@handles(actions.TemplateCame)
def template_came(scene: Scene, action: actions.TemplateCame) -> None:
    """One that did not arrive has failed, also where the platform had taken it; the seat sees it at the message."""
    delivery = _meant(scene, action)
    if delivery is None:
        scene.turn.drop(_("nobody here knows this notice"))
        return
    own = Acceptance.objects.filter(customer=scene.customer, template__kind=Template.Kind.ONCE, left__gt=0)
    if not action.trouble:
        own.filter(template__remote_id=action.template).update(left=F("left") - 1)
    state = State.FAILED if action.trouble else State.DONE
    said = {"code": "notice" if action.trouble else "", "reason": action.trouble[:300] or _("the customer has it")}
    ended = {"remote_id": action.id[:64], "finished_at": scene.now}
    Delivery.objects.filter(pk=delivery.pk).update(state=state, **said, **ended)
    if action.trouble:
        scene.journal.fact(Fact.Kind.FAILED, detail="notice")
    if delivery.conversation_id and delivery.message_id:
        scene.journal.news.append(changes.Change(delivery.conversation_id, (delivery.message_id,)))


def _meant(scene: Scene, action: actions.TemplateCame) -> Delivery | None:
    """By the platform's id of it; where it gave none, or its answer was lost, the oldest of which nothing was heard."""
    mine = Delivery.objects.filter(lane=scene.lane, needs_window=False).order_by("pk")
    known = mine.filter(remote_id=action.id).first() if action.id else None
    if known:
        return known
    of_template = [
        one for one in mine.filter(remote_id="", state__in=(State.DONE, State.UNKNOWN)) if _is_of(one, action)
    ]
    return of_template[0] if of_template else None


def _is_of(delivery: Delivery, action: actions.TemplateCame) -> bool:
    said = delivery.message.content if delivery.message else {}
    return not action.template or said.get("remote_id") == action.template


@handles(actions.AcceptTemplate)
def accept_template(scene: Scene, action: actions.AcceptTemplate) -> None:
    """Each acceptance is one notice more."""
    customer = scene.customer
    template = Template.objects.filter(account=customer.account_id, remote_id=action.template).first()
    if template is None:
        return
    row, _made = Acceptance.objects.get_or_create(customer=customer, template=template)
    row.left = row.left + 1 if action.on else 0
    row.save(update_fields=["left"])
