"""The sandbox's world: phones, IM clients, tokens, windows, faults. In memory, behind one lock."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
import time
import tomllib
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox import settings

WINDOW_SECONDS = 48 * 3600
FOLLOW_SECONDS, FOLLOW_COUNT, ENTER_COUNT = 60, 3, 2
REPEAT_SECONDS = 120
TOKEN_SECONDS = 7200
IM_RATE = 200  # calls a second of each Tencent IM command
KEPT = 50_000


@dataclass
class Entry:
    """One message as one side's screen shows it. `side` is "phone" or "im"; `mine` says its owner wrote it.

    `id` stays; `number` grows with each change, so that a page can ask for what is new. `took` is after how many seconds
    its push was acknowledged, counted from the try that was.
    """

    id: int
    number: int
    side: str
    account: str
    openid: str
    seat: str
    mine: bool
    kind: str
    text: str
    at: float
    peer: str = ""
    state: str = ""
    url: str = ""
    key: str = ""
    took: float = 0.0


@dataclass
class Window:
    """WeChat's permission to write to a customer: until when, and how many messages."""

    until: float = 0.0
    left: int = 0
    typing: bool = False

    def opened(self, now: float, seconds: float, count: int) -> None:
        """Counts do not add up: the larger limit and the later end are in force."""
        if self.until < now:
            self.left = 0
        self.left, self.until = max(self.left, count), max(self.until, now + seconds)


@dataclass
class Fault:
    """An error code to answer with, or a delay in seconds, for the next `times` calls of paths that end with `path`.

    `account` limits it to one account's calls. `after`: the call takes effect first, and only its answer is lost.
    `status` and `text` are an answer that is none of the platform's, as what stands in front of it gives: a gateway's error
    page, or garbage with status 200.
    """

    path: str
    code: int = 0
    delay: float = 0.0
    times: int = 1
    account: str = ""
    after: bool = False
    status: int = 0
    text: str = ""


@dataclass
class World:
    """All of it."""

    site: dict[str, Any]
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))
    windows: dict[tuple[str, str], Window] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    classic_tokens: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    wechat: dict[str, Any] = field(default_factory=dict)
    im_accounts: dict[str, str] = field(default_factory=dict)
    online: set[str] = field(default_factory=set)
    seen: dict[tuple[Any, ...], float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    media: dict[str, Any] = field(default_factory=dict)
    forced: dict[str, list[float]] = field(default_factory=dict)
    paces: dict[str, deque[float]] = field(default_factory=dict)
    im_rate: int = IM_RATE
    faces: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    ahead: float = 0.0
    # Grows whenever somebody may see another menu.
    menus: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.numbers = itertools.count(1)
        self.started = secrets.token_hex(4)

    def now(self) -> float:
        """Return the time by which windows, tokens and media end; the control API can put it ahead."""
        return time.time() + self.ahead

    @property
    def app(self) -> dict[str, Any]:
        return self.site["tencent_im"]

    def account(self, slug: str) -> dict[str, Any]:
        """Return the account's table. KeyError where there is none."""
        return next(table for table in self.site["wechat_account"] if table["slug"] == slug)

    def account_of_app_id(self, app_id: str) -> dict[str, Any] | None:
        return next((table for table in self.site["wechat_account"] if table["app_id"] == app_id), None)

    def seats(self) -> list[str]:
        return [table.get("im_user_id") or table["username"] for table in self.site.get("seat", [])]

    def add(self, side: str, **values: Any) -> Entry:
        """Show a message on a screen."""
        with self.changed:
            fields = {"account": "", "openid": "", "seat": "", "mine": False, "kind": "text", "text": "", **values}
            number = next(self.numbers)
            entry = Entry(number, number, side, at=time.time(), **fields)
            self.entries.append(entry)
            self.changed.notify_all()
            return entry

    def menu_changed(self) -> None:
        """Let the phones ask for their menus again."""
        with self.changed:
            self.menus += 1
            self.changed.notify_all()

    def update(self, entry: Entry, state: str, took: float = 0.0) -> None:
        """Change what a message's state says; the entry counts as new for those who ask what changed."""
        with self.changed:
            entry.state, entry.took = state, took
            entry.number = next(self.numbers)
            self.changed.notify_all()

    def after(self, number: int, wait: float, menus: int = 0) -> list[dict[str, Any]]:
        """Return the entries changed after `number`, waiting up to `wait` seconds for the first, or for a change of menus."""
        deadline = time.monotonic() + wait
        with self.changed:
            while True:
                found = [asdict(entry) for entry in self.entries if entry.number > number]
                left = deadline - time.monotonic()
                if found or left <= 0 or self.menus > menus:
                    return sorted(found, key=lambda entry: entry["number"])
                self.changed.wait(left)

    def window(self, slug: str, openid: str) -> Window:
        return self.windows.setdefault((slug, openid), Window())

    def refused(self, code: int) -> None:
        """Count an error code that was answered."""
        with self.lock:
            self.refusals[str(code)] = self.refusals.get(str(code), 0) + 1

    def too_often(self, command: str) -> bool:
        """Tell whether this call of a command is one too many within a second."""
        with self.lock:
            pace, now = self.paces.setdefault(command, deque()), time.monotonic()
            while pace and now - pace[0] >= 1:
                pace.popleft()
            if len(pace) >= self.im_rate:
                return True
            pace.append(now)
            return False

    def fault_for(self, path: str, account: str = "") -> Fault | None:
        """Return the fault to play for this call, and use it up once."""
        with self.lock:
            self.calls[path] = self.calls.get(path, 0) + 1
            for fault in self.faults:
                if path.endswith(fault.path) and fault.account in ("", account):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a request's body. ValueError where it holds none."""
    data = json.loads(body)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def _load() -> World:
    site = settings.SITE_FILE or Path(__file__).with_name("site.toml")
    data = tomllib.loads(Path(site).read_text("utf-8"))
    return World(data)


_world: World | None = None
_lock = threading.Lock()


def world() -> World:
    """Return the one world of this process, made from SANDBOX_SITE at the first call."""
    global _world
    with _lock:
        if _world is None:
            _world = _load()
        return _world
