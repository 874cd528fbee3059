"""Every kind of file in every direction through the sandbox; what happens is what the table in docs/content.md says.

WRITE_CONTENT_TABLE=1 writes the tables (docs/content.md, docs/content.zh-CN.md) instead of comparing them.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import polib
import pytest

from bridge.media.sniff import sniff
from tests.support.chromium import CHROMIUM
from tests.support.kinds import KINDS, Kind
from tests.support.stack import Stack

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(300)]
BASE = Path(__file__).resolve().parents[3]
DOCS = {"en": BASE / "docs" / "content.md", "zh": BASE / "docs" / "content.zh-CN.md"}
WRITES = bool(os.environ.get("WRITE_CONTENT_TABLE"))
OPENID = "oContentTableCustomer0000001"
PASSWORD = """
from django.contrib.auth.models import User
user = User.objects.get(username="alice")
user.set_password("alice-password-1")
user.save()
"""
MIMES = {"image": "image/jpeg", "voice": "audio/mpeg", "video": "video/mp4", "file": "application/octet-stream"}
LIMITS = {"image": "10 MB", "voice": "60 s, 2 MB", "video": "10 MB", "file": ""}
FORMS = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP", "audio/mpeg": "MP3", "video/mp4": "MP4",
}  # fmt: skip


@dataclass
class Result:
    """What came of one file: what arrived, each with the address of its bytes, and what its sender read."""

    arrived: list[tuple[str, str]] = field(default_factory=list)
    read: str = ""
    shown: list[tuple[str, str]] = field(default_factory=list)


RESULTS: dict[tuple[str, str], Result] = {}


class Talk:
    """One customer, the seat who has them, and the seat's session at the desk."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.seen, self.changes = stack, 0, 0
        stack.player.post("customer", account="shop", openid=OPENID, text="hello")
        entry = stack.player.wait_for("hello", "im", 60)
        self.seat, self.peer = entry["seat"], entry["peer"]
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self._log_in()
        self.pause()

    def _log_in(self) -> None:
        page = self.opener.open(f"{self.stack.url}/desk/login/", timeout=20).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"username": "alice", "password": "alice-password-1", "csrfmiddlewaretoken": token}
        self.opener.open(f"{self.stack.url}/desk/login/", urllib.parse.urlencode(form).encode(), timeout=20)
        self.csrf = next(
            one.value for handler in self.opener.handlers if isinstance(handler, urllib.request.HTTPCookieProcessor)
            for one in handler.cookiejar if one.name == "csrftoken"
        )  # fmt: skip

    def pause(self) -> list[dict]:
        """Wait until all that was said has arrived, both ways; return what is new on both screens."""
        first, second = f"mark {secrets.token_hex(4)}", f"mark {secrets.token_hex(4)}"
        self.stack.player.post("seat", seat=self.seat, to=self.peer, text=first)
        fresh = self._until(first, "phone")
        self.stack.player.post("customer", account="shop", openid=OPENID, text=second)
        fresh |= self._until(second, "im")
        new = [one for number, one in sorted(fresh.items()) if number > self.seen and not one["mine"]]
        self.seen = max(fresh)
        return [one for one in new if not one["text"].startswith("mark ")]

    def _until(self, text: str, side: str) -> dict[int, dict]:
        """Return, by their ids, the entries that have changed since the last time, once there is one with this text."""
        deadline, changed = time.monotonic() + 150, {}
        while not any(one["text"] == text and one["side"] == side and not one["mine"] for one in changed.values()):
            assert time.monotonic() < deadline, f"{text}\n{self.stack.logs()}"
            for one in self.stack.state(after=self.changes, wait=5)["entries"]:
                changed[one["id"]], self.changes = one, max(self.changes, one["number"])
        return changed

    # Three ways to send a file

    def customer(self, kind: Kind) -> None:
        file = self._upload(kind, "shop")
        self.stack.player.post("customer", account="shop", openid=OPENID, kind=kind.sent, file=file["id"])

    def client(self, kind: Kind) -> None:
        file = self._upload(kind)
        elements = [element(kind, file["url"], file["size"])]
        self.stack.player.post("seat", seat=self.seat, to=self.peer, elements=elements)

    def desk(self, kind: Kind) -> str:
        """Return what the desk says against it."""
        edge = secrets.token_hex(12)
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{kind.name}"\r\n\r\n'
        body = head.encode() + made(kind) + f"\r\n--{edge}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "X-CSRFToken": self.csrf}
        request = urllib.request.Request(f"{self.stack.url}/api/conversations/1/files/", body, headers)
        try:
            self.opener.open(request, timeout=120).read()
        except urllib.error.HTTPError as error:
            return json.loads(error.read())["errors"][0]["detail"]
        return ""

    def _upload(self, kind: Kind, account: str = "") -> dict:
        query = urllib.parse.urlencode({"name": kind.name, "account": account, "kind": kind.sent})
        headers = {"Content-Type": MIMES[kind.sent]}
        request = urllib.request.Request(f"{self.stack.sandbox}/play/file?{query}", made(kind), headers)
        return json.load(urllib.request.urlopen(request, timeout=60))


@lru_cache(maxsize=4)
def made(kind: Kind) -> bytes:
    return kind.make()


def element(kind: Kind, url: str, size: int) -> dict:
    match kind.sent:
        case "image":
            image = {"Type": 1, "Size": size, "Width": 0, "Height": 0, "URL": url}
            return {
                "MsgType": "TIMImageElem",
                "MsgContent": {"UUID": "u", "ImageFormat": 255, "ImageInfoArray": [image]},
            }
        case "voice":
            content = {"Url": url, "UUID": "u", "Size": size, "Second": 2, "Download_Flag": 2}
            return {"MsgType": "TIMSoundElem", "MsgContent": content}
        case "video":
            content = {"VideoUrl": url, "VideoUUID": "u", "VideoSize": size, "VideoSecond": 2, "VideoFormat": "mp4",
                       "VideoDownloadFlag": 2, "ThumbUrl": ""}  # fmt: skip
            return {"MsgType": "TIMVideoFileElem", "MsgContent": content}
    content = {"Url": url, "UUID": "u", "FileSize": size, "FileName": kind.name, "Download_Flag": 2}
    return {"MsgType": "TIMFileElem", "MsgContent": content}


@pytest.fixture(scope="module")
def talk():
    rules = {"MEDIA_ALLOW_PRIVATE": "1", "MEDIA_ALLOWED_HOSTS": "127.0.0.1"}
    with Stack({"alice": 50}, workers=1, threads=2, static=True, **rules) as running:
        running.manage("shell", "-v0", "-c", PASSWORD)
        yield Talk(running)


WAYS = ("customer", "client", "desk")
PAIRS = [(kind, way) for kind in KINDS for way in WAYS if not (kind.sent == "file" and way == "customer")]


@pytest.mark.parametrize(("kind", "way"), PAIRS, ids=[f"{kind.key}-{way}" for kind, way in PAIRS])
def test_what_the_table_says_happens(talk, kind, way):
    result = RESULTS[kind.key, way] = played(talk, kind, way)
    assert result.arrived or result.read
    if not WRITES:
        for language in ("en", "zh"):
            assert row(kind, (way,), result, language)[2:] in [one[2:] for one in told(kind, way, language)]


def played(talk: Talk, kind: Kind, way: str) -> Result:
    refused = getattr(talk, way)(kind)
    fresh = talk.pause()
    side, other = ("im", "phone") if way == "customer" else ("phone", "im")
    result = Result(
        read=refused
        or " ".join(re.sub(r"^(\[系统\]|【系统】) ?", "", one["text"]) for one in fresh if one["side"] == other)
    )
    for one in (one for one in fresh if one["side"] == side):
        arrive(talk, result, one)
    return result


ARRIVES = {
    "TIMImageElem": "picture", "TIMSoundElem": "voice", "TIMVideoFileElem": "film", "TIMFileElem": "file", "image": "picture",
    "voice": "voice", "video": "film", "news": "card with a still and a link", "TIMTextElem": "words", "text": "link",
}  # fmt: skip
CHINESE = {
    "picture": "图片", "voice": "语音", "film": "视频", "file": "文件", "card with a still and a link": "带静态图和链接的卡片",
    "words": "文字", "link": "链接", "nothing": "不发送", "-": "–",
}  # fmt: skip


def arrive(talk: Talk, result: Result, entry: dict) -> None:
    """Write down what is on the receiver's screen, and what bytes it leads to."""
    what, form = ARRIVES[entry["kind"]], ""
    if what in ("picture", "voice", "film", "file"):
        url = urllib.parse.urljoin(talk.stack.sandbox, entry["url"])
        with urllib.request.urlopen(url, timeout=30) as reply:
            form = FORMS.get(sniff(reply.read(8192)).mime, "")
        result.shown.append((what, url))
    if what == "words":
        result.arrived.append((what, entry["text"]))
        return
    result.arrived.append((what, form if what != "file" else ""))


# The table

FROM = {
    "en": {"customer": "customer", "client": "seat, Tencent IM", "desk": "seat, desk"},
    "zh": {"customer": "客户", "client": "座席（腾讯云 IM）", "desk": "座席（工作台）"},
}
TO = {"en": {True: "seat", False: "WeChat"}, "zh": {True: "座席", False: "微信"}}
HEAD = {
    "en": ("kind", "from", "to", "what arrives", "limit", "what the sender reads"),
    "zh": ("类型", "来自", "发往", "到达的内容", "限制", "发送方看到的提示"),
}


def row(kind: Kind, ways: tuple[str, ...], result: Result, language: str) -> tuple[str, ...]:
    source = (
        "、".join(FROM["zh"][one] for one in ways) if language == "zh" else "; ".join(FROM["en"][one] for one in ways)
    )
    name = kind.chinese if language == "zh" else kind.english
    limit = LIMITS[kind.sent] if "customer" not in ways else ""
    limit = limit.replace("60 s, ", "60 秒，") if language == "zh" else limit
    arrived = [_arrived(what, detail, language) for what, detail in result.arrived] or [_say("nothing", language)]
    read = _words(result.read, language)
    return (
        name,
        source,
        TO[language]["customer" in ways],
        ("，" if language == "zh" else ", ").join(arrived),
        limit,
        read,
    )


def _say(what: str, language: str) -> str:
    return CHINESE[what] if language == "zh" else what


def _arrived(what: str, detail: str, language: str) -> str:
    if what == "words":
        return f"“{_words(detail, language)}”"
    said = _say(what, language)
    return f"{said} ({detail})" if detail and language == "en" else f"{said}（{detail}）" if detail else said


_SIZE = re.compile(r"\d[\d.,]* (MB|KB|字节)")
_ADDRESS = re.compile(r" ?https?://[^\s”]*")


def _words(chinese: str, language: str) -> str:
    """Return what the site said, without addresses and without sizes that depend on an encoder's version."""
    chinese = _ADDRESS.sub("", chinese)
    chinese = _SIZE.sub(lambda found: found[0] if found[0] == "10.0 MB" else f"… {found[1]}", chinese)
    return chinese if language == "zh" else english(chinese)


_PLACE = re.compile(r"%(?:\((\w+)\))?[sd]")


@cache
def catalogue() -> list[tuple[str, re.Pattern[str], list[str]]]:
    """Return what may be said about files: in English, as a pattern of the Chinese, and the names of what is put in."""
    entries = polib.pofile(str(BASE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))
    # Those that say most by themselves first: another may be all placeholders.
    used = sorted(
        (one for one in entries if one.msgstr),
        key=lambda one: (-len(_PLACE.sub("", one.msgstr)), one.msgid[:1].islower()),
    )
    return [(one.msgid, re.compile(_pattern(one.msgstr), re.DOTALL), _PLACE.findall(one.msgstr)) for one in used]


def _pattern(template: str) -> str:
    return "(.+)".join(re.escape(piece) for piece in _PLACE.sub("\0", template.replace("%%", "%")).split("\0"))


def english(chinese: str) -> str:
    """Return what the same site says in English, found by its own catalogue."""
    for msgid, pattern, names in catalogue():
        said = msgid and len(pattern.pattern.replace("(.+)", "")) > 1
        if said and (found := pattern.fullmatch(chinese)):
            values = [english(value) for value in found.groups()]
            given = dict(zip(names, values, strict=True)) if any(names) else tuple(values)
            return _PLACE.sub(lambda place: f"%({place[1]})s" if place[1] else "%s", msgid) % given if values else msgid
    if labelled := re.fullmatch(r"\[(\w+)\](.*)", chinese):
        return f"[{english(labelled[1])}]{labelled[2]}"
    return chinese.replace("字节", "bytes")


# The tables in the docs

_FENCE = re.compile(r"(<!-- kinds -->\n).*(\n<!-- end of kinds -->)", re.DOTALL)


def told(kind: Kind, way: str, language: str) -> list[tuple[str, ...]]:
    """Return the table's rows about a kind that comes this way."""
    lines = _FENCE.search(DOCS[language].read_text())[0].splitlines()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("| ")]
    name = kind.chinese if language == "zh" else kind.english
    mine = [one for one in rows if one[0] == name and FROM[language][way] in re.split("; |、", one[1])]
    assert mine, f"the table says nothing about {name} from {FROM[language][way]}"
    return mine


def table(language: str) -> str:
    """Return the table: what is the same from both of a seat's clients in one row."""
    lines = [HEAD[language], ("---",) * 6]
    for kind in KINDS:
        found = {way: RESULTS.get((kind.key, way)) for way in WAYS}
        if first := found["customer"]:
            lines.append(row(kind, ("customer",), first, language))
        client, desk = found["client"], found["desk"]
        assert client
        assert desk
        rows = {way: row(kind, (way,), found[way], language)[2:] for way in ("client", "desk")}
        ways = [("client", "desk")] if rows["client"] == rows["desk"] else [("client",), ("desk",)]
        lines += [row(kind, one, found[one[0]], language) for one in ways]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


@pytest.mark.skipif(not WRITES, reason="only with WRITE_CONTENT_TABLE=1")
def test_write_the_tables():
    for language, path in DOCS.items():
        text = path.read_text()
        assert _FENCE.search(text), path
        path.write_text(_FENCE.sub(lambda found: f"{found[1]}{table(language)}{found[2]}", text))  # noqa: B023


PLAYS = """async ([what, url]) => {
  const box = document.createElement({ picture: "img", voice: "audio", film: "video" }[what]);
  const failed = new Promise((done) => box.addEventListener("error", () => done("error")));
  document.body.replaceChildren(box);
  box.muted = true;
  box.src = url;
  if (what === "picture") return Promise.race([failed, box.decode().then(() => (box.naturalWidth ? "shown" : "empty"))]);
  const plays = box.play().then(() => new Promise((done) => {
    const began = Date.now();
    const look = () => {
      const moves = box.currentTime > 0 && (what === "voice" || box.videoWidth > 0);
      if (moves || box.ended) done("plays"); else if (Date.now() - began > 8000) done("stands"); else setTimeout(look, 50);
    };
    look();
  }));
  return Promise.race([failed, plays]);
}"""


# Not marked `browser`: it looks at what the tests above have sent, so it runs in their lane.
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
def test_chromium_shows_or_plays_what_the_table_says(talk, browser):
    assert RESULTS, "the tests above have to run first"
    page = browser.new_page()
    page.goto(talk.stack.sandbox)
    page.wait_for_load_state()
    shown = {
        (what, url) for result in RESULTS.values() for what, url in result.shown if what in ("picture", "voice", "film")
    }
    wrong = [
        (pair, said) for pair in sorted(shown) if (said := page.evaluate(PLAYS, list(pair))) not in ("shown", "plays")
    ]
    assert not wrong
