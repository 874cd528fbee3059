"""The blanks of a template and what each takes. No Django models, no I/O.

A blank is written `{{thing1.DATA}}`; its name begins with its type. Source: developers.weixin.qq.com, "订阅消息参数值内容限制说明"
(sendMessage, bizsend); since 2023 the same types hold for template messages. Older templates have blanks without a type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

BLANK = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
UNTYPED = 200  # characters that are sent in a blank without a type
_NO_CHINESE = re.compile(r"[^\u4e00-\u9fff]")
# type: the most characters, what may not stand there, what is sent where nothing is left
_TYPES: Mapping[str, tuple[int, re.Pattern[str] | None, str]] = {
    "thing": (20, None, "-"),
    "phrase": (5, _NO_CHINESE, "请查看"),
    "character_string": (32, re.compile(r"[^\x21-\x7e]"), "-"),
    "number": (32, re.compile(r"[^0-9.]"), "0"),
    "letter": (32, re.compile(r"[^A-Za-z]"), "A"),
    "symbol": (5, re.compile(r"[\w\s]"), "-"),
    "name": (10, re.compile(r"[^\u4e00-\u9fff·]"), "客户"),
    "phone_number": (17, re.compile(r"[^0-9+\-]"), "0"),
    "car_number": (8, re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]"), "-"),
    "amount": (13, None, "0"),
    "const": (20, None, "-"),
    "date": (30, None, "-"),
    "time": (30, None, "-"),
}
_ENGLISH_NAME = re.compile(r"[A-Za-z .]{1,20}")


def names(body: str) -> list[str]:
    """Return the names of the blanks in a template's words, in order.

    >>> names("状态：{{phrase2.DATA}}\\n时间：{{time3.DATA}}")
    ['phrase2', 'time3']
    """
    return list(dict.fromkeys(BLANK.findall(body)))


def label(body: str, name: str) -> str:
    """Return what stands before a blank on its line, with the blank's name.

    >>> label("状态：{{phrase2.DATA}}", "phrase2"), label("{{first.DATA}}", "first")
    ('状态（phrase2）', 'first')
    """
    before = re.search(rf"([^\n:：}}]+)[:：]\s*\{{\{{\s*{name}\.DATA", body)
    return f"{before[1].strip()}（{name}）" if before else name


def kind_of(name: str) -> str:
    """Return the type of a blank by its name, "" for one without."""
    kind = name.rstrip("0123456789")
    return kind if kind in _TYPES else ""


def most(name: str) -> int:
    """Return how many characters a blank takes."""
    return _TYPES[kind_of(name)][0] if kind_of(name) else UNTYPED


def fitted(name: str, text: str) -> str:
    """Return what is sent in a blank: `text` as far as its type takes it. WeChat refuses a blank that is empty.

    >>> fitted("thing1", "线路繁忙时我们会尽快回复您，请不要着急慢慢来哦"), fitted("phrase2", "已回复 OK"), fitted("name3", "Mr. Li")
    ('线路繁忙时我们会尽快回复您，请不要着急…', '已回复', 'Mr. Li')
    """
    said = " ".join(text.split())
    kind = kind_of(name)
    if not kind:
        return said[:UNTYPED] or "-"
    length, wrong, otherwise = _TYPES[kind]
    if kind == "name" and _ENGLISH_NAME.fullmatch(said):
        return said
    said = wrong.sub("", said) if wrong else said
    if len(said) > length:
        said = f"{said[: length - 1]}…" if kind == "thing" else said[:length]
    return said or otherwise


def trouble_with(name: str, text: str) -> bool:
    """Tell whether words without placeholders do not fit into a blank as they are."""
    return "{" not in text and fitted(name, text) != text


def said(body: str, values: Mapping[str, str]) -> str:
    """Return a template's words with these values in the blanks.

    >>> said("状态：{{phrase2.DATA}}\\n", {"phrase2": "已回复"})
    '状态：已回复'
    """
    return BLANK.sub(lambda found: values.get(found[1], ""), body).strip()
