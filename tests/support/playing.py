"""A day that is played through the whole product, second by second, for the tests of the reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from seats.tasks import tick
from tests.support.actors import text_xml
from tests.support.routing import Day, conversation, someone

MORNING = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai


class Player:
    """Sets the clock and lets people do things."""

    def __init__(self, day: Day, platforms) -> None:
        self.day, self.site, self.platforms = day, day.site, platforms

    def at(self, second: float) -> Player:
        self.day.now = MORNING + timedelta(seconds=second)
        return self

    def ticks(self) -> None:
        """Let the timers find what is due, and the workers do it."""
        tick()
        self.site.work()

    def writes(self, number: int, text: str = "hello") -> None:
        self.site.customer_says(text, someone(number))
        self.site.work()

    def taps(self, number: int, key: str) -> None:
        xml = text_xml("x", someone(number)).replace("<![CDATA[text]]></MsgType>", "<![CDATA[event]]></MsgType>")
        event = f"<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
        self.site.push_xml(xml.replace("<Content><![CDATA[x]]></Content>", event))
        self.site.work()

    def answers(self, seat: str, number: int, text: str = "hi") -> None:
        self.site.seat_says(text, seat, someone(number))
        self.site.work()

    def scores(self, number: int, value: int) -> None:
        """Tap an answer of the survey; its words alone would be a message like any other."""
        menu = f"score-{conversation(number).pk}-{value}"
        xml = text_xml("(tapped)", someone(number)).replace("</xml>", f"<bizmsgmenuid>{menu}</bizmsgmenuid></xml>")
        self.site.push_xml(xml)
        self.site.work()

    def presence(self, action: str, seat: str) -> None:
        self.site.seat_state(action, seat)
        self.site.work()
