"""Content: the body of a message, the same on every platform.

Each platform's `parse` makes these and its `render` takes them. They travel through the database as JSON objects with
the class's name under `type`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from bridge.values import filenames


@dataclass(frozen=True)
class Content:
    """The base of all content. `media` in some of them is the id of the stored file (bridge.models.Media), 0 for none."""

    kinds: ClassVar[dict[str, type[Content]]] = {}

    def __init_subclass__(cls) -> None:
        Content.kinds[cls.__name__] = cls

    def to_json(self) -> dict[str, Any]:
        """Return this content as a JSON object."""
        return {"type": type(self).__name__, **asdict(self)}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Content:
        """Return the content that `to_json` wrote; fields it does not know are ignored. KeyError for another type."""
        cls = Content.kinds[data["type"]]
        return cls(**{field.name: data[field.name] for field in fields(cls) if field.name in data})


class _Named:
    """Content with a file: its name belongs to the message, and is clean from the moment the message is made."""

    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", filenames.clean(self.name))


@dataclass(frozen=True)
class Text(Content):
    """Words; `quote` is the line that they answer, in one line."""

    text: str
    menu_id: str = ""
    quote: str = ""


@dataclass(frozen=True)
class Image(_Named, Content):
    """A picture: by its address, by the platform's media id, or both; `name` is what its sender called the file."""

    url: str = ""
    media_id: str = ""
    width: int = 0
    height: int = 0
    size: int = 0
    media: int = 0
    name: str = ""


@dataclass(frozen=True)
class Voice(_Named, Content):
    """Spoken words; `recognition` is what the platform understood, `seconds` the length."""

    url: str = ""
    media_id: str = ""
    format: str = ""
    seconds: int = 0
    recognition: str = ""
    media: int = 0
    name: str = ""


@dataclass(frozen=True)
class Video(_Named, Content):
    """A film; `seconds` is its length."""

    url: str = ""
    media_id: str = ""
    thumb_url: str = ""
    thumb_media_id: str = ""
    seconds: int = 0
    media: int = 0
    name: str = ""


@dataclass(frozen=True)
class File(_Named, Content):
    """A file; `size` in bytes."""

    name: str = ""
    url: str = ""
    size: int = 0
    media: int = 0


@dataclass(frozen=True)
class Location(Content):
    """A place on the map, in degrees."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True)
class Link(Content):
    """A link card, with or without a picture."""

    title: str
    url: str
    description: str = ""
    picture_url: str = ""


@dataclass(frozen=True)
class MiniProgram(Content):
    """A card that opens a page of a mini program."""

    title: str
    app_id: str
    path: str
    thumb_url: str = ""
    thumb_media_id: str = ""


@dataclass(frozen=True)
class Choice:
    """One item of a menu: what comes back when it is tapped, and what stands there."""

    id: str
    text: str


@dataclass(frozen=True)
class Menu(Content):
    """A question with answers to tap; `items` are Choices as JSON objects."""

    head: str
    items: tuple[dict[str, str], ...]
    tail: str = ""

    def __post_init__(self) -> None:
        # JSON knows only lists: what was read back from the database equals what was stored.
        object.__setattr__(self, "items", tuple(self.items))

    @property
    def choices(self) -> list[Choice]:
        """Return the items."""
        return [Choice(item["id"], item["text"]) for item in self.items]


@dataclass(frozen=True)
class Forward(Content):
    """Messages of another chat, passed on as one: its title, and what is shown of them, a line each."""

    title: str
    text: str = ""


@dataclass(frozen=True)
class Signal(Content):
    """Something a customer did that is no message, such as tapping a menu item; `key` says which, `detail` what came of it."""

    what: str
    key: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Typing(Content):
    """Somebody is typing, or no longer. It is worth nothing later."""

    on: bool = True


@dataclass(frozen=True)
class Face(Content):
    """A platform's own sticker, by index and data."""

    index: int = 0
    data: str = ""


@dataclass(frozen=True)
class Notice(Content):
    """Something the product itself says to a customer or a seat."""

    text: str


@dataclass(frozen=True)
class Unsupported(Content):
    """Something no other platform can carry: what it was, and what can be said of it."""

    what: str
    detail: str = ""


@dataclass(frozen=True)
class TemplateMessage(Content):
    """A notice by template: `remote_id` is the platform's id of the template, `values` is what stands in its blanks.

    `text` is all that the customer reads below the `title`. `subscribed`: it is of the kind that the customer has to accept.
    `reason` is why a seat has sent it, for colleagues. A tap opens `url`, or the page `path` of the mini program `app_id`.
    """

    remote_id: str
    title: str
    text: str
    values: dict[str, str]
    subscribed: bool = False
    reason: str = ""
    url: str = ""
    app_id: str = ""
    path: str = ""


@dataclass(frozen=True)
class Gone(Content):
    """What was said once, and is not kept any more."""
