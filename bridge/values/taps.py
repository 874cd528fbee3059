"""What a tap on an item of an account's menu brings about. No Django, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.values.content import Content

PERSON, BOT, ANSWER = "person", "bot", "answer"


@dataclass(frozen=True)
class Tap:
    """What a tap on one item brings about; `name` is what people call the item.

    `does`: PERSON looks for a person, of `group` where one is named. BOT lets the bot called `bot` answer `words`, as if the
    customer had written them. ANSWER says `answer`, and opens no conversation.
    """

    name: str
    does: str
    group: str = ""
    bot: str = ""
    words: str = ""
    answer: Content | None = None

    def leads(self) -> dict[str, str]:
        """Return all but the answer, as a JSON object."""
        return {"name": self.name, "does": self.does, "group": self.group, "bot": self.bot, "words": self.words}

    @classmethod
    def read(cls, stored: Mapping[str, Any], answer: Content | None) -> Tap:
        """Return the tap of what `leads` wrote, with its answer."""
        name, does, group, bot, words = (str(stored.get(one, "")) for one in ("name", "does", "group", "bot", "words"))
        return cls(name, does, group, bot, words, answer)
