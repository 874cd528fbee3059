"""Worlds to count in: days of conversations, played at random through the whole product, with all that may go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from analytics.delivery import mailing
from analytics.facts import rollups
from analytics.models import Subscription
from bridge import worker
from bridge.base import clock
from bridge.models import AutoAnswer, Conversation, Customer, Fact, Source, Tag, WorkingHours
from bridge.outbox.ledger import Ledger
from bridge.platforms import customers
from bridge.platforms.wechat.models import WeChatAccount
from chatbots.models import FaqEntry
from seats.models import Assignment, QueueEntry, Seat, SeatGroup
from seats.tasks import tick, wake_queues
from tests.analytics.oracle.hours import WEEK, begins, zone
from tests.analytics.oracle.truth import Truth
from tests.support.actors import AES_KEY, TOKEN, Site, encrypted_push, text_xml
from tests.support.routing import someone

# Where the site is and when the world begins: evenings before a month, a year or a summer time ends, and one begins.
BEGINNINGS = (
    ("Asia/Shanghai", datetime(2026, 11, 29, 11, 0, tzinfo=UTC)),
    ("Asia/Shanghai", datetime(2026, 11, 30, 13, 0, tzinfo=UTC)),
    ("Asia/Shanghai", datetime(2026, 12, 31, 14, 30, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 19, 0, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 28, 20, 0, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 11, 30, 16, 50, tzinfo=UTC)),
)
HOURS = ("08:00-12:00, 13:00-23:30", "00:00-02:00, 07:00-24:00", "00:00-24:00", "09:00-18:00", "19:30-23:00")
CUSTOMERS = range(1, 8)
CLUB = "wx00000000000000c1"


class World:
    """A site of two accounts, three groups and four seats, and a hand that plays it; `truth` looks on."""

    def __init__(self, site: Site, platforms: Any, monkeypatch: Any, settings: Any, seed: int) -> None:
        self.site, self.platforms, self.hand = site, platforms, random.Random(seed)
        settings.TIME_ZONE, self.now = BEGINNINGS[seed % len(BEGINNINGS)]
        self.truth, self.started = Truth(), self.now
        self.letters: dict[tuple[str, str], EmailMultiAlternatives] = {}  # the last of each subscription and period
        # What the parameters say: within how many seconds a wait is to be over, by the clock or in working hours.
        self.goal, self.in_working_time = self.hand.choice([10, 30, 60, 120, 300, 600]), self.hand.random() < 0.5
        # Some moves are left out of each world, so that the others meet more often than in a mix of all.
        self.moves = [move for move in self._moves if move[1] > 5 or self.hand.random() < 0.85]
        with clock.fixed(lambda: self.now):
            self._build()
        for where, name in ((worker, "apply_event"), (Ledger, "write")):
            monkeypatch.setattr(where, name, self._watched(getattr(where, name)))

    def _watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any) -> Any:
            done = method(*args)
            self.truth.look(self.now)
            return done

        return watched

    def _build(self) -> None:
        site = self.site
        self.spare = SeatGroup.objects.create(slug="spare", name="备用")
        self.club = WeChatAccount.objects.create(
            slug="club", name="会员店", app_id=CLUB, app_secret="s", token=TOKEN, encoding_aes_key=AES_KEY, group="care",
            bots=[{"name": "faq", "on": True, "settings": {}}], survey=True, reopen_minutes=20, opening_keys="SERVICE",
        )  # fmt: skip
        WeChatAccount.objects.filter(pk=site.account.pk).update(survey=True, reopen_minutes=20, over_time="hold")
        for account in (self.site.account, self.club):
            Source.objects.create(account=account, name="Till", scene="till-3")
            Source.objects.create(account=account, name="Door", scene="door", opens=True)
        FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
        SeatGroup.objects.filter(slug="care").update(max_wait_seconds=400, max_queue=2)
        SeatGroup.objects.filter(slug="sales").update(transfer_mode="offer", grace_seconds=60)
        Seat.objects.filter(pk__in=[site.alice.pk, site.bob.pk]).update(capacity=2)
        site.seat("carol", site.sales, site.care, capacity=2)
        site.seat("dave", self.spare, capacity=1)
        for name in ("refund", "delivery", "billing"):
            Tag.objects.create(name=name)
        for hours in HOURS:
            WorkingHours.objects.create(name=hours, calendar="", **dict.fromkeys(WEEK, hours))
        if self.hand.random() < 0.7:
            self._changes_hours()
        for period, dashboard in (("day", "overview"), ("week", "queue"), ("month", "seats")):
            Subscription.objects.create(
                name=period, dashboard=dashboard, period=period, hour=0, recipients="a@example.com", language="en"
            )

    @property
    def keys(self) -> list[int]:
        """The ids of the accounts."""
        return list(WeChatAccount.objects.values_list("pk", flat=True))

    # Playing

    def play(self, steps: int) -> None:
        """Let so many things happen, with some seats there."""
        for name in ("alice", "bob"):
            self.site.seat_state("Login", name)
        for _step in range(steps):
            self.now += timedelta(seconds=self._pause())
            self.hand.choices([one for one, _weight in self.moves], [weight for _one, weight in self.moves])[0](self)
            self.site.work()
            if self.hand.random() < 0.5:
                self._time_passes()
            self.truth.look(self.now)

    def _pause(self) -> float:
        if self.hand.random() < 0.03:
            return self.hand.randint(3 * 3600, 9 * 3600)
        return self.hand.choice([0, 0.5, 1, 3, 10, 25.25, 60, 61, 130])

    def _time_passes(self) -> None:
        tick()
        wake_queues()
        self.site.work()

    def _writes(self) -> None:
        number = self.hand.choice(CUSTOMERS)
        words = self.hand.choice(["hello", "are you there?", "几点营业" if number % 2 else "thanks"])
        self._push(text_xml(words, someone(number)), number)

    def _taps(self) -> None:
        number = self.hand.choice([one for one in CUSTOMERS if one % 2])
        xml = text_xml("x", someone(number)).replace("<![CDATA[text]]></MsgType>", "<![CDATA[event]]></MsgType>")
        tap = "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[SERVICE]]></EventKey>"
        self._push(xml.replace("<Content><![CDATA[x]]></Content>", tap), number)

    def _event(self, number: int, event: str, key: str = "") -> None:
        xml = text_xml("x", someone(number)).replace("<![CDATA[text]]></MsgType>", "<![CDATA[event]]></MsgType>")
        said = f"<Event><![CDATA[{event}]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
        self._push(xml.replace("<Content><![CDATA[x]]></Content>", said), number)

    def _follows(self) -> None:
        """Somebody begins to follow, perhaps by a code, and another time stops or scans a code."""
        number = self.hand.choice(CUSTOMERS)
        scene = self.hand.choice(["", "", "till-3", "door", "visitor-3f2a"])
        if not Customer.objects.filter(openid=someone(number), subscribed=True).exists():
            self.truth.scans[someone(number)] = scene
            self._event(number, "subscribe", f"qrscene_{scene}" if scene else "")
        elif scene:
            self._event(number, "SCAN", scene)
        else:
            self._event(number, "unsubscribe")

    def _asks_ways(self) -> None:
        """WeChat is asked how people came; of some it says nothing."""
        ways = {someone(one): self.hand.choice(["ADD_SCENE_SEARCH", "ADD_SCENE_PAID", ""]) for one in CUSTOMERS}
        self.truth.says = ways
        said = [{"openid": openid, "subscribe_scene": way} for openid, way in ways.items()]
        self.platforms.script["user/info/batchget"] = [{"user_info_list": said} for _account in self.keys]
        customers.learn_ways()

    def _push(self, xml: str, number: int) -> None:
        """Customers with an odd number are the club's."""
        slug, app = ("club", CLUB) if number % 2 else ("shop", self.site.account.app_id)
        query, body = encrypted_push(xml, app_id=app)
        answer = self.site.client.post(f"/callbacks/wechat/{slug}/?{query}", body, content_type="text/xml")
        assert answer.status_code == 200

    def _says(self, *words: str) -> None:
        """The seat of some conversation writes one of these; where there is none, nobody does."""
        rows = list(Assignment.objects.exclude(active_for=None).select_related("seat", "conversation__customer"))
        if rows:
            one = self.hand.choice(rows)
            self.site.seat_says(self.hand.choice(words), one.seat.im_user_id, one.conversation.customer.openid)

    def _answers(self) -> None:
        self._says("yes", "no", "one moment")

    def _commands(self) -> None:
        self._says(
            "#close", "#close", "#close done", "#close", "#transfer care", "#transfer sales", "#transfer carol", "#transfer bob", "#quit",
            "#busy", "#away", "#online", "#online",
        )  # fmt: skip

    def _accepts(self) -> None:
        for seat in Seat.objects.filter(offers__isnull=False):
            word = self.hand.choice(["#accept", "#accept", "#refuse"])
            self.site.seat_says(word, seat.im_user_id, seat.offers.get().conversation.customer.openid)

    def _customer_leaves(self) -> None:
        number = self.hand.choice(CUSTOMERS)
        self._push(text_xml("#退出", someone(number)), number)

    def _scores(self) -> None:
        asked = Conversation.objects.exclude(surveyed_at=None).filter(score=None).select_related("customer").first()
        if asked:
            value, openid = self.hand.randint(1, 5), asked.customer.openid
            menu = f"<bizmsgmenuid>score-{asked.pk}-{value}</bizmsgmenuid></xml>"
            self._push(text_xml("(tapped)", openid).replace("</xml>", menu), int(openid[-3:]))

    def _logs_in(self) -> None:
        self.site.seat_state("Login", self.hand.choice(["alice", "bob", "carol", "dave", "alice"]))

    def _logs_out(self) -> None:
        self.site.seat_state("Logout", self.hand.choice(["alice", "bob", "carol", "dave"]))

    def _fails(self) -> None:
        code = self.hand.choice([40003, 45047, 45015, -1])
        self.platforms.answer("message/custom/send", {"errcode": code, "errmsg": "no"})

    def _moves_groups(self) -> None:
        name = self.hand.choice(["alice", "carol", "dave"])
        groups = self.hand.sample(list(SeatGroup.objects.all()), 2)
        for seat in Seat.objects.filter(im_user_id=name):
            seat.groups.set(groups[: self.hand.randint(1, 2)])

    def _goes(self) -> None:
        """A seat without a history is deleted, one is switched off, or a group is deleted."""
        what = self.hand.choice(["seat", "user", "group", "back"])
        dave = Seat.objects.filter(im_user_id="dave", assignments=None, offers=None).first()
        if what == "seat" and dave:
            dave.user.delete()
        elif what in ("user", "back"):
            for seat in Seat.objects.filter(im_user_id="carol"):
                seat.user.is_active = what == "back"
                seat.user.save()
            self._time_passes()
        elif what == "group":
            name = self.hand.choice(["spare", "spare", "care"])
            if not QueueEntry.objects.filter(group__slug=name).exists():
                SeatGroup.objects.filter(slug=name).delete()

    def _tags(self) -> None:
        """A conversation gets tags, or loses one."""
        numbers = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))
        if numbers:
            Conversation.objects.get(pk=self.hand.choice(numbers)).tags.set(
                self.hand.sample(list(Tag.objects.order_by("pk")), self.hand.choice([0, 1, 1, 2]))
            )

    def _changes_hours(self) -> None:
        """An account and a group get other hours, or none."""
        choices = [None, None, *WorkingHours.objects.all()]
        WeChatAccount.objects.filter(pk=self.club.pk).update(hours=self.hand.choice(choices))
        SeatGroup.objects.filter(slug=self.hand.choice(["sales", "care"])).update(hours=self.hand.choice(choices))

    def _counts(self) -> None:
        """The rollups are made, and letters go out, perhaps while a fact has not been committed yet."""
        recent = Fact.objects.filter(at__gte=self.now - timedelta(seconds=30)).order_by("pk")
        late = self.hand.sample(list(recent), 1) if recent and self.hand.random() < 0.5 else []
        for fact in late:
            Fact.objects.filter(pk=fact.pk).delete()
        rollups.update(self.now)
        self.letters_go_out()
        Fact.objects.bulk_create(late)
        self.letters_go_out()

    def _midnight(self) -> None:
        """Something happens right before midnight, and is committed after the letters of right after it."""
        midnight = begins(self.now.astimezone(zone()).date() + timedelta(days=1))
        self.now = midnight - timedelta(seconds=self.hand.choice([1, 3, 20]))
        for _message in range(3):
            self._writes()
        self.site.work()
        self.truth.look(self.now)
        self.now = midnight + timedelta(seconds=self.hand.choice([0, 4]))
        self._counts()

    def letters_go_out(self) -> None:
        mailing.send_due(self.now)
        for letter in mail.outbox:
            name, days = letter.subject.removeprefix("Corrected · ").split(" · ")
            self.letters[name, days] = letter
        mail.outbox.clear()

    _moves = (
        (_writes, 10), (_answers, 9), (_commands, 6), (_accepts, 2), (_customer_leaves, 1), (_scores, 3), (_taps, 0.7), (_follows, 2), (_asks_ways, 0.7),
        (_logs_in, 2.5), (_logs_out, 0.7), (_fails, 1), (_moves_groups, 0.5), (_goes, 0.3), (_changes_hours, 0.4), (_tags, 2.5), (_counts, 1.5), (_midnight, 0.8),
    )  # fmt: skip


def settled(world: World) -> datetime:
    """Let the rollups take in everything; return up to when they count."""
    world.now += timedelta(seconds=1)
    world.truth.look(world.now)
    with clock.fixed(lambda: world.now):
        rollups.update(world.now)
        world.letters_go_out()
    return world.now
