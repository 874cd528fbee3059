"""The contract of a platform, as tests that its author subclasses and pytest runs:

    class TestSms(PlatformContract):
        platform_name = "sms"
        ...

What the attributes hold is said beside each. The tests of reading and writing words run without database, network and clock,
so a platform that uses one of them there fails. `tests/bridge/platforms/test_contract.py` runs them on all platforms.
"""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pytest
from django.contrib import admin

from bridge.base import clock
from bridge.models import InboundEvent
from bridge.observe.redaction import Redactor
from bridge.platforms.admin import EndpointAdmin
from bridge.platforms.base import CUSTOMERS, SEATS, Platform
from bridge.platforms.registry import get_platform, platforms
from bridge.values import content as contents
from bridge.values.content import Content, Text
from bridge.values.incoming import Incoming
from bridge.values.outcomes import DeliveryError, Outcome
from bridge.values.windows import COUNT, TIME, Grant

# What everybody must be able to say and to read.
WORDS = (
    "hello",
    "你好，世界",
    "two\nlines",
    "50% <b>&amp;</b> \"quoted\" 'so' \\n",
    "👩‍👩‍👧 e\u0301",
    "]]>",
    "x" * 900,
)
# One of each content. A platform says each of them, if only in words, or leaves out what is worth nothing there.
CONTENTS: tuple[Content, ...] = (
    Text("hello"),
    Text("an answer", quote="a question"),
    contents.Image(url="https://files.example/a.png"),
    contents.Image(),
    contents.Voice(url="https://files.example/a.amr", seconds=3, recognition="hello"),
    contents.Video(url="https://files.example/a.mp4"),
    contents.File(name="a.pdf", url="https://files.example/a.pdf"),
    contents.Location(31.2304, 121.4737, "People's Square"),
    contents.Link("title", "https://example.com/", "description"),
    contents.MiniProgram("title", "wx1", "pages/index"),
    contents.Menu("head", ({"id": "1", "text": "one"}, {"id": "2", "text": "two"}), "tail"),
    contents.Forward("title", "text"),
    contents.Signal("tap", "key"),
    contents.Typing(),
    contents.Face(index=1),
    contents.Notice("notice"),
    contents.TemplateMessage("id", "title", "text", {"thing1": "text"}),
    contents.Unsupported("what", "detail"),
)
# Bodies that no platform sends; whatever is not understood must be said with ValueError.
NONSENSE = (
    "",
    " ",
    "null",
    "[]",
    "{}",
    '"text"',
    "0",
    "<xml/>",
    "<xml>",
    "{",
    "[" * 5000,
    "\ufffd\x00\x1b",
    '{"a": NaN}',
)
JUNK: tuple[Any, ...] = (None, True, -1, 1.5, "", "x" * 300, [], {}, [[]], {"a": {}})
LONGEST_ID = 64  # characters of a customer's id on their platform
MUTATIONS = 60  # of each sample


class PlatformContract:
    """The tests. A subclass whose name begins with "Test" sets what has no value here."""

    platform_name: ClassVar[str]  # as settings.PLATFORMS has it
    samples: ClassVar[tuple[tuple[str, str], ...]]  # real events, as kind and body
    door: ClassVar[str]  # the address of a door, for an account that need not exist
    # A call to the platform's API that holds the word SECRET wherever a secret stands: the whole address, and a body
    secret_call: ClassVar[tuple[str, str]]
    # Codes with their outcome, as the platform's list has them; the first letter of what is not known is up to the platform
    codes: ClassVar[Mapping[int, Outcome]]

    def text_event(self, words: str) -> tuple[str, str]:
        """Return the event, as kind and body, by which somebody says `words`."""
        raise NotImplementedError

    def error_of(self, code: int) -> DeliveryError:
        """Return the error that a code of the platform's becomes."""
        raise NotImplementedError

    @property
    def platform(self) -> Platform:
        """Return the platform under test."""
        return get_platform(self.platform_name)

    @pytest.fixture
    def offline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No network, no Redis, no clock. The database is out of reach of any test that does not ask for it."""

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise AssertionError("a platform reads and renders without network and clock")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(clock, "now", refuse)

    def test_it_says_who_it_is(self) -> None:
        platform = self.platform
        assert 0 < len(platform.name) <= 20
        assert platform.name.isascii()
        assert platform.name == platform.model.PLATFORM
        assert platform.model.TITLE
        assert platform.serves in (CUSTOMERS, SEATS)
        assert str(platform.menu)
        assert [one.name for one in platforms()].count(platform.name) == 1

    def test_its_page_says_how_it_is_set_up(self) -> None:
        page = admin.site.get_model_admin(self.platform.model)
        assert isinstance(page, EndpointAdmin)
        for name in ("callback_address", "steps", "new_secrets"):
            assert getattr(type(page), name) is not getattr(EndpointAdmin, name), f"the page has no {name}"

    @pytest.mark.usefixtures("offline")
    def test_its_samples_are_read(self) -> None:
        assert self.samples
        for kind, body in self.samples:
            said = self.platform.parse(kind, body)
            assert isinstance(said, Incoming)
            assert said.side == self.platform.serves or (self.platform.serves == SEATS and said.side == "presence")
            assert said.ignored or said.sender
            for one in said.contents:
                stored = json.dumps(one.to_json())
                assert json.dumps(Content.from_json(json.loads(stored)).to_json()) == stored

    @pytest.mark.usefixtures("offline")
    def test_reading_twice_gives_the_same(self) -> None:
        for kind, body in self.samples:
            assert self.platform.parse(kind, body) == self.platform.parse(kind, body)

    @pytest.mark.usefixtures("offline")
    def test_words_arrive_and_leave_as_they_are(self) -> None:
        for words in WORDS:
            (said,) = self.platform.parse(*self.text_event(words)).contents
            assert said == Text(words)
            payloads = self.platform.render(said)
            assert "".join(self.platform.words_of(payload or {}) for payload in payloads) == words

    @pytest.mark.usefixtures("offline")
    def test_long_words_are_split_and_none_is_lost(self) -> None:
        words = "".join(f"{number:06d}" for number in range(4000))
        said = [self.platform.words_of(payload or {}) for payload in self.platform.render(Text(words))]
        assert "".join(said) == words

    @pytest.mark.usefixtures("offline")
    def test_nonsense_is_refused_with_a_value_error(self) -> None:
        for kind, _body in self.samples:
            for body in NONSENSE:
                self._read(kind, body)

    @pytest.mark.usefixtures("offline")
    def test_damaged_events_are_read_or_refused(self) -> None:
        """Cut off, with letters changed, with fields of the wrong type: what is accepted can be stored and rendered."""
        hand = random.Random(16)  # noqa: S311
        for kind, body in self.samples:
            for damaged in _damaged(body, hand):
                said = self._read(kind, damaged)
                assert (
                    said is None or said.ignored or self.platform.serves == SEATS or len(said.sender) <= LONGEST_ID
                ), f"a sender of more than {LONGEST_ID} characters"
                for one in said.contents if said else ():
                    json.dumps(one.to_json()).encode()
                    for other in platforms():
                        other.render(one)

    def _read(self, kind: str, body: str) -> Incoming | None:
        try:
            return self.platform.parse(kind, body)
        except ValueError:
            return None

    @pytest.mark.usefixtures("offline")
    def test_every_content_is_rendered(self) -> None:
        for content in CONTENTS:
            payloads = self.platform.render(content)
            assert payloads == self.platform.render(content)
            for payload in payloads:
                if payload is None:
                    assert type(self.platform).prepare is not Platform.prepare, f"{content} needs `prepare`"
                else:
                    assert isinstance(payload, dict)
                    json.dumps(payload, allow_nan=False).encode()

    def test_no_secret_is_in_the_exchange_log(self) -> None:
        address, body = self.secret_call
        assert "SECRET" in address + body
        redactor = Redactor([self.platform.redaction])
        assert redactor.platform_of(address) == self.platform.name
        assert "SECRET" not in redactor.address(address)
        assert "SECRET" not in redactor.body(body)
        assert "SECRET" not in redactor.body(body[: body.index("SECRET") + 6] if "SECRET" in body else body)

    def test_its_codes_lead_to_their_outcomes(self) -> None:
        assert self.codes
        for code, outcome in self.codes.items():
            error = self.error_of(code)
            assert (error.code, error.outcome) == (str(code), outcome)
            assert error.reason

    def test_a_code_that_nobody_knows_is_no_mistake_of_ours(self) -> None:
        error = self.error_of(987654321)
        assert error.code == "987654321"
        assert error.outcome in (Outcome.FAIL, Outcome.RETRY)

    def test_its_windows(self) -> None:
        """A platform that grants windows can say how it would refuse."""
        platform = self.platform
        granted = [platform.grant("", {}, trigger) for trigger in ("message", "follow", "join", "nonsense")]
        assert all(grant is None or isinstance(grant, Grant) for grant in granted)
        assert granted[-1] is None
        if any(granted):
            refusals = {why: platform.refusal(why) for why in (COUNT, TIME)}
            assert all(error.window == why and error.reason for why, error in refusals.items())

    @pytest.mark.django_db
    def test_nobody_gets_in_unsigned(self, client: Any) -> None:
        for body in (b"", b"\xff\xfe", *(body.encode() for _kind, body in self.samples)):
            for call in (client.post, client.put):
                answer = call(self.door, body, content_type="application/octet-stream")
                assert 400 <= answer.status_code < 500
        assert client.get(self.door).status_code < 500
        assert not InboundEvent.objects.exists()


def _damaged(body: str, hand: random.Random) -> Iterator[str]:
    for _time in range(MUTATIONS):
        place = hand.randrange(len(body))
        yield body[:place]
        yield body[:place] + hand.choice("\x00\x1b\ud800<>&\"'{}[]\\0A你") + body[place + 1 :]
    try:
        data = json.loads(body)
    except ValueError:
        return
    for _time in range(MUTATIONS):
        yield json.dumps(_changed(data, hand))


def _changed(data: Any, hand: random.Random) -> Any:
    """Return JSON data with one value, at any depth, of another type."""
    items: Callable[[Any], Any] = lambda one: one.items() if isinstance(one, dict) else enumerate(one)  # noqa: E731
    if not isinstance(data, dict | list) or not data or hand.random() < 0.15:
        return hand.choice(JUNK)
    chosen = hand.randrange(len(data))
    values = {name: _changed(value, hand) if at == chosen else value for at, (name, value) in enumerate(items(data))}
    return values if isinstance(data, dict) else list(values.values())
