"""Agents: what the bridge knows of seats. The seats app registers the directory that answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Agent:
    """A seat as the bridge and its bots see it; `active`: its user may still work here."""

    id: int
    name: str
    im_id: str
    active: bool = True


def seat_lane(im_id: str) -> str:
    """Return the lane of the seat with this IM account: what is about the seat itself, and no customer."""
    return f"seat:{im_id}"


def im_id_of(lane: str) -> str:
    """Return the IM account of the seat whose lane it is; "" for a lane of no seat."""
    return lane.removeprefix("seat:") if lane.startswith("seat:") else ""


@dataclass(frozen=True)
class Author:
    """Whose doing an event is. `site`: they oversee everything; `quiet`: they wrote and read elsewhere than on IM.

    `language` is the one in which they read the answer, "" for the site's.
    """

    agent: Agent
    site: bool
    quiet: bool
    language: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Author:
        """Return the author that `dataclasses.asdict` has made a JSON object of."""
        return cls(Agent(**data["agent"]), bool(data["site"]), bool(data["quiet"]), str(data.get("language", "")))


@dataclass(frozen=True)
class Roles:
    """What an agent may do: the slugs of the groups it serves in and of those it supervises; `site`: it oversees all."""

    serves: frozenset[str] = frozenset()
    supervises: frozenset[str] = frozenset()
    site: bool = False

    @property
    def oversees_any(self) -> bool:
        """Tell whether there is any group that the agent oversees."""
        return self.site or bool(self.supervises)

    def oversees(self, group: str) -> bool:
        """Tell whether the agent may see and direct every conversation of the group."""
        return self.site or group in self.supervises


class Directory(Protocol):
    """Which names are agents, and which agent has which conversation."""

    def find(self, im_id: str) -> Agent | None:
        """Return the agent with this IM account."""

    def assigned(self, conversation_id: int) -> Agent | None:
        """Return the agent who has this conversation."""

    def assigned_of(self, conversations: Sequence[int]) -> dict[int, Agent | None]:
        """Return who has each of these conversations, None for nobody."""

    def last_assigned(self, conversation_id: int) -> Agent | None:
        """Return the agent who has or had this conversation last."""

    def last_of(self, conversations: Iterable[int]) -> Mapping[int, Agent]:
        """Return the agent who has or had each of these conversations last, by its number; those nobody had are left out."""

    def conversations_of(self, agent_id: int) -> Iterable[int]:
        """Return the numbers of the conversations that the agent has or had at any time."""

    def everybody(self) -> list[Agent]:
        """Return all agents by name, those who no longer work here too."""

    def roles(self, agent_id: int) -> Roles:
        """Return what the agent may do."""

    def groups(self) -> list[tuple[str, str]]:
        """Return slug and name of each group, for choices in forms."""

    def staff(self, group: str) -> int | None:
        """Return how many active agents serve the group with this slug; None where there is no such group."""

    def supervisors(self, group: str) -> list[Agent]:
        """Return those who supervise the group with this slug."""

    def working_seconds(self, account_id: int | None, group: str, start: datetime, end: datetime) -> float:
        """Return how many of the seconds from `start` to `end` lie within the working hours of account and group."""


class Nobody:
    """The directory of a bridge without seats."""

    def find(self, im_id: str) -> Agent | None:
        return None

    def assigned(self, conversation_id: int) -> Agent | None:
        return None

    def assigned_of(self, conversations: Sequence[int]) -> dict[int, Agent | None]:
        return dict.fromkeys(conversations)

    def last_assigned(self, conversation_id: int) -> Agent | None:
        return None

    def last_of(self, conversations: Iterable[int]) -> Mapping[int, Agent]:
        return {}

    def conversations_of(self, agent_id: int) -> Iterable[int]:
        return []

    def everybody(self) -> list[Agent]:
        return []

    def roles(self, agent_id: int) -> Roles:
        return Roles()

    def groups(self) -> list[tuple[str, str]]:
        return []

    def staff(self, group: str) -> int | None:
        return None

    def supervisors(self, group: str) -> list[Agent]:
        return []

    def working_seconds(self, account_id: int | None, group: str, start: datetime, end: datetime) -> float:
        return (end - start).total_seconds()


_directory: Directory = Nobody()


def register_directory(directory: Directory) -> None:
    """Make `directory` the one that answers."""
    global _directory
    _directory = directory


def directory() -> Directory:
    """Return the directory in force."""
    return _directory


def seat_names(im_ids: Iterable[str]) -> dict[str, str]:
    """Return the name of the seat with each of these IM accounts, with one look at the directory: for lists."""
    wanted = set(im_ids)
    known = {one.im_id: one.name for one in _directory.everybody()} if wanted else {}
    return {im_id: known.get(im_id, im_id) for im_id in wanted}


def seat_name(im_id: str) -> str:
    """Return the name of the seat with this IM account; the account where no seat has it."""
    agent = _directory.find(im_id)
    return agent.name if agent else im_id
