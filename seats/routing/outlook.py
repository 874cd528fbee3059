"""The outlook: what would happen to a customer who writes now, in words. It asks what the assignment asks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from bridge.live.parameters import texts_of
from bridge.models import Account
from bridge.models.endpoints import title_of
from bridge.observe import limits
from bridge.pipeline.bots import ChatBot, bots, greeters
from bridge.values import texts
from bridge.values.text import about, day_and_time, duration
from seats.models import QueueEntry, Seat, SeatGroup
from seats.routing import assignment, queue
from seats.routing.opening import Hours
from seats.routing.strategies import strategy_of

NAMED = 3  # seats that are named one by one


@dataclass(frozen=True)
class Step:
    """One sentence of the outlook; `kind` is "good", "wait", "stop" or "note", `said` what the customer would read."""

    text: str
    kind: str = "note"
    said: str = ""


@dataclass(frozen=True)
class Asked:
    """The question: a customer of this account, new or known, with this priority, at this moment."""

    account: Account
    now: datetime
    priority: int = 0

    @property
    def rank(self) -> int:
        """Return the rank that such a customer would have in a queue."""
        return queue.rank(self.account.priority + self.priority)

    @property
    def texts(self) -> dict[str, str]:
        """Return what the account's customers are told."""
        return texts_of(self.account.texts)


def outlook(asked: Asked) -> list[Step]:
    """Return what would happen, in order."""
    steps = list(_trouble(asked.account))
    *before, last = greeters(asked.account.bots, asked.account.first_mode)
    looks = bots().get(last)
    if looks is None or type(looks).on_message is ChatBot.on_message:
        return [*steps, Step(_("The account's first mode, %s, is no chatbot that answers.") % last, "stop")]
    for name in before:
        words = _("The chatbot %s answers first; what it cannot answer goes on to a person, as follows.")
        steps.append(Step(words % name))
    group = SeatGroup.objects.filter(slug=asked.account.group).select_related("overflow_group").first()
    if group is None:
        words = _("The account names no group, so nobody gets the message. Choose a group on the account's page.")
        return [*steps, Step(words, "stop")]
    steps.append(Step(_("The customer goes to the group %s.") % group.name))
    return [*steps, *_in_group(asked, group), *_later(asked, group)]


def _trouble(account: Account) -> Iterator[Step]:
    if account.trouble:
        yield Step(
            _("%(platform)s refuses this account now (%(said)s): answers wait until that is mended.")
            % {"platform": title_of(account.platform), "said": account.trouble},
            "stop",
        )
    for limit in limits.standing(account):
        yield Step(_("%s: what needs it waits.") % limit.reason, "stop")


def _in_group(asked: Asked, group: SeatGroup) -> Iterator[Step]:
    hours = Hours.of(asked.account.pk, group)
    yield _hours_in_words(asked, hours)
    if not hours.is_open(asked.now):
        yield _message(asked, hours)
        yield Step(
            _(
                "Its place in the queue is kept; as soon as it is open and a seat has room, the conversation is handed over."
            )
        )
        return
    yield _seats_in_words(group)
    before = queue.waiting(group.pk, asked.now).filter(rank__lte=asked.rank).count()
    seats = list(assignment.free_seats(group, asked.now)[: NAMED + 1])
    if seats and not before:
        yield _assigned(group, seats)
    else:
        yield from _queued(asked, group, before)


def _hours_in_words(asked: Asked, hours: Hours) -> Step:
    if not hours.keys:
        return Step(_("There are no working hours, so it is always open."))
    closes = hours.closes(asked.now)
    if hours.is_open(asked.now):
        return Step(_("It is open now, until %s.") % (day_and_time(closes, asked.now) if closes else "-"), "good")
    opens = hours.opens(asked.now)
    when = day_and_time(opens, asked.now) if opens else _("never: look at the working hours")
    return Step(_("It is closed now; it opens %s.") % when, "wait")


def _message(asked: Asked, hours: Hours) -> Step:
    said = texts.closed(asked.texts, hours.text(asked.now), hours.opens(asked.now), asked.now)
    return Step(_("The customer is asked to leave a message."), "wait", said)


def _seats_in_words(group: SeatGroup) -> Step:
    members = Seat.objects.filter(groups=group, user__is_active=True)
    line = {
        "all": members.count(),
        "online": queue.online(group.pk).count(),
        "open": queue.with_room(group.pk).count(),
    }
    if not line["all"]:
        return Step(_("The group has no seats. Put some into it."), "stop")
    words = _("Of its %(all)d seats %(online)d are online; %(open)d of them take new conversations and have room.")
    return Step(words % line, "good" if line["open"] else "wait")


def _assigned(group: SeatGroup, seats: list[Seat]) -> Step:
    named = [_("%(name)s (%(load)d of %(capacity)d)") % {
        "name": seat.as_agent().name, "load": seat.load, "capacity": seat.capacity,
    } for seat in seats[: NAMED + 1]]  # fmt: skip
    values = {"seat": named[0], "strategy": strategy_of(group).label}
    said = _("%(seat)s gets the conversation at once, by the strategy “%(strategy)s”.") % values
    if len(named) > 1:
        said += " " + _("The next ones would be %s.") % "、".join(named[1:])
    return Step(said, "good")


def _queued(asked: Asked, group: SeatGroup, before: int) -> Iterator[Step]:
    live = QueueEntry.objects.filter(group=group, left=False).count()
    if group.max_queue and live >= group.max_queue:
        words = _(
            "%(count)d wait already, which is the longest queue allowed: the customer is asked to leave a message."
        )
        yield Step(words % {"count": live}, "wait", texts.text(asked.texts, "leave_message"))
        return
    place = before + 1
    seconds = queue.expected_wait(group, place)
    words = _("Nobody can take it now: the customer waits, as number %d.") % place
    if seconds:
        words += " " + _("The wait is expected to be about %s.") % about(seconds)
    yield Step(words, "wait", texts.place(asked.texts, place, seconds))
    if group.overflow_group:
        values = {"time": duration(group.overflow_seconds), "group": group.overflow_group.name}
        yield Step(_("After %(time)s the group %(group)s may take the customer too.") % values)
    if group.max_wait_seconds:
        said = texts.text(asked.texts, "leave_message")
        yield Step(
            _("After %s in line the customer is asked to leave a message.") % duration(group.max_wait_seconds),
            "note",
            said,
        )


def _later(asked: Asked, group: SeatGroup) -> Iterator[Step]:
    """What follows once a seat has the conversation."""
    if group.remind_seat_seconds:
        yield Step(_("A seat that has not answered is reminded after %s.") % duration(group.remind_seat_seconds))
    if group.grace_seconds:
        words = _(
            "A seat that is offline for %s loses the customers who wait for its answer; they go to the head of the queue."
        )
        yield Step(words % duration(group.grace_seconds))
    if group.close_idle_seconds:
        yield Step(_("A customer who stays silent is let go after %s.") % duration(group.close_idle_seconds))
    if asked.account.survey and texts.text(asked.texts, "survey"):
        yield Step(_("After the close the customer is asked how it was."))
