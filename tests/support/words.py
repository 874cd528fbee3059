"""What customers type, paste and get cut off, as hypothesis draws it; and, written apart from the product, what is left of it."""

from __future__ import annotations

import json
import re
import unicodedata

from hypothesis import strategies as st

# Parts that broke readers before: ends of CDATA, fields that imitate the envelope's, references, halves, controls.
PARTS = [
    "]]>", "]]", ">", "<![CDATA[", "<![CDATA[ok]]>", "]]]]><![CDATA[>", "</xml>", "<xml>", "<", "&", "&lt;", "&#27;", "&#xD83D;",
    "&amp", "&undefined;", "<!-- -->", "<?x ?>", "<!DOCTYPE xml>", "\x1b[0m", "\x1d", "\x00", "\x0b", "\x7f", "\x85", "\x9f",
    "\ufffe", "\uffff", "\ufeff", "\ufffd", "\ud83d", "\ude00", "\ud83d\ude00", "😀", "你好", "\u200d", "\r\n", "\r", "\t", "\\", '"', "'",
    "{", "}", '","MsgId":1,"', "\\ud83d", "\\u001b", "\\n", " ",
    "]]></Content><MsgId>1</MsgId><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[",
    "]]></Content><FromUserName><![CDATA[oSomebodyElse]]></FromUserName><Content><![CDATA[",
    "]]></Content>", "<Content><![CDATA[", "<MsgId>666</MsgId>", "]]></Content><MsgId>1</MsgId></xml>",
    "]]><MsgId>1</MsgId><![CDATA[", "<Encrypt><![CDATA[QUJD]]></Encrypt>",
]  # fmt: skip
ANY = st.characters()  # of all categories, surrogates and controls among them
WORDS = st.one_of(
    st.text(ANY, max_size=40),
    st.lists(st.sampled_from(PARTS) | st.text(ANY, max_size=4), max_size=8).map("".join),
)


def imitating(field: str):
    """Words that close the element `field` they stand in, hold fields of the envelope, and open it again."""
    forged = st.sampled_from(["MsgId", "bizmsgmenuid", "FromUserName", "CreateTime", "MsgType", "Event"])
    made = st.builds(
        lambda one, name, other: f"{one}]]></{field}><{name}>1</{name}><{field}><![CDATA[{other}", WORDS, forged, WORDS
    )
    return WORDS | made


def as_utf8(words: str) -> bytes:
    """Return words as UTF-8, each surrogate as if it were a character of its own."""
    return words.encode("utf-8", "surrogatepass")


@st.composite
def cut(draw):
    """Words as UTF-8 that was cut anywhere, also within a character; without surrogates."""
    whole = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)).encode()
    return whole[: draw(st.integers(0, len(whole)))]


def left_of(words: str | bytes) -> str:
    """Return what a seat should read of the words: halves replaced, controls and non-characters gone, line ends as \\n."""
    if isinstance(words, str):
        words = re.sub(
            "[\ud800-\udbff][\udc00-\udfff]",
            lambda pair: chr(0x10000 + ((ord(pair[0][0]) & 0x3FF) << 10) + (ord(pair[0][1]) & 0x3FF)),
            words,
        )
        text = re.sub("[\ud800-\udfff]", "\ufffd", words)
    else:
        text = words.decode("utf-8", "replace")
    text = "".join(
        one for one in text if one in "\t\r\n" or (unicodedata.category(one) != "Cc" and one not in "\ufffe\uffff")
    )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def xml(fields: dict[str, object]) -> bytes:
    """Return a push as WeChat writes it: numbers bare, all else in CDATA, and nothing escaped. Bytes stand as they are."""

    def node(name: str, value: object) -> bytes:
        if isinstance(value, int | float):
            return f"<{name}>{value}</{name}>".encode()
        if isinstance(value, dict):
            return f"<{name}>".encode() + b"".join(node(*item) for item in value.items()) + f"</{name}>".encode()
        words = value if isinstance(value, bytes) else as_utf8(str(value))
        return f"<{name}><![CDATA[".encode() + words + f"]]></{name}>".encode()

    return b"<xml>" + b"".join(node(*item) for item in fields.items()) + b"</xml>"


def json_raw(fields: dict[str, object]) -> bytes:
    """Return a push as JSON with control characters and surrogates as they are, as mini programs' come."""
    text = json.dumps(fields, ensure_ascii=False)
    bare = {f"\\u00{one:02x}": chr(one) for one in range(0x20)} | {"\\b": "\b", "\\f": "\f", "\\r": "\r", "\\t": "\t"}
    # An even number of backslashes before it: the escape is json's own.
    return as_utf8(re.sub(r"\\(?:u00[01][0-9a-f]|[bfrt]|.)", lambda one: bare.get(one[0], one[0]), text))
