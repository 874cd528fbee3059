"""TUIKit's faces: the codes in texts and in TIMFaceElem, and the names that people read. No Django, no I/O.

Source: the emoji table of Tencent's TUIKit (chat-uikit-vue). In content a face is its name, as WeChat writes it.
"""

from __future__ import annotations

import re

_TABLE = """
Smile 微笑|Expect 期待|Blink 眨眼|Guffaw 大笑|KindSmile 姨母笑|Haha 哈哈哈|Cheerful 愉快|Speechless 无语|Amazed 惊讶
Sorrow 悲伤|Complacent 得意|Silly 傻了|Lustful 色|Giggle 憨笑|Kiss 亲亲|Wail 大哭|TearsLaugh 哭笑|Trapped 困|Mask 口罩
Fear 惊恐|BareTeeth 呲牙|FlareUp 发怒|Yawn 哈欠|Tact 机智|Stareyes 星星眼|ShutUp 闭嘴|Sigh 叹气|Hehe 呵呵|Silent 收声
Surprised 惊喜|Askance 白眼|Ok OK|Shit 便便|Monster 怪兽|Daemon 恶魔|Rage 恶魔怒|Fool 衰|Pig 猪头|Cow 牛|Ai AI|Skull 骷髅
Bombs 炸弹|Coffee 咖啡|Cake 蛋糕|Beer 啤酒|Flower 玫瑰|Watermelon 西瓜|Rich 壕|Heart 爱心|Moon 月亮|Sun 太阳|Star 星星
RedPacket 红包|Celebrate 庆祝|Bless 福|Fortune 发|Convinced 服|Prohibit 禁|666 666|857 857|Knife 刀|Like 强
"""
NAMES: dict[str, str] = {
    f"[TUIEmoji_{code}]": name
    for code, name in (pair.split() for pair in _TABLE.replace("\n", "|").strip("|").split("|"))
}
# TUIKit's own words where WeChat calls the same face something else.
ALIASES = {"龇牙": "呲牙", "恐惧": "惊恐", "打哈欠": "哈欠", "猪": "猪头", "花": "玫瑰", "瓜": "西瓜", "赞": "强"}
_CODES = {name: code for code, name in NAMES.items()}
_BRACKETS = re.compile(r"\[[^\[\]\s]{1,24}\]")


def to_names(text: str) -> str:
    """Return `text` with TUIKit's codes as names; an unknown code stays.

    >>> to_names("好的[TUIEmoji_Smile][TUIEmoji_New]")
    '好的[微笑][TUIEmoji_New]'
    """

    def name(found: re.Match[str]) -> str:
        code = found.group()
        known = NAMES.get(code) or ALIASES.get(code[1:-1])
        return f"[{known}]" if known else code

    return _BRACKETS.sub(name, text)


def to_codes(text: str) -> str:
    """Return `text` with the faces TUIKit knows as its codes; another name stays, readable.

    >>> to_codes("好的[微笑][捂脸]")
    '好的[TUIEmoji_Smile][捂脸]'
    """
    return _BRACKETS.sub(lambda found: _CODES.get(found.group()[1:-1], found.group()), text)
