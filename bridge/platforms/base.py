"""What the bridge asks of a platform, and the words in which a platform answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import URLPattern
from django.utils.translation import gettext as _

from bridge.media.errors import MediaError
from bridge.observe.redaction import Rules
from bridge.platforms.checks import Check
from bridge.platforms.provisioning import Section
from bridge.values.content import Content, TemplateMessage
from bridge.values.incoming import Incoming
from bridge.values.outcomes import DeliveryError
from bridge.values.windows import Grant

if TYPE_CHECKING:
    from bridge.inbox.storing import NewEvent
    from bridge.media.store import Draft
    from bridge.models import Customer, Delivery, Endpoint, Template


@dataclass(frozen=True)
class Profile:
    """What a platform says of a customer."""

    unionid: str = ""
    remark: str = ""
    scene: str = ""
    way: str = ""  # by which they began to follow, in the platform's word; see `bridge.values.ways`


@dataclass(frozen=True)
class Prepared:
    """A payload, and what its sender should read about it: that a picture was made smaller, or went as a link; "" for nothing."""

    payload: dict[str, Any]
    note: str = ""


CUSTOMERS, SEATS = "customer", "seat"  # whom a platform serves


class Platform:
    """One end of the bridge. A platform's folder subclasses this in `platform.py`.

    `name` stands in the database, `model` is the model of its endpoints, `serves` who writes on it: customers or seats. `menu` and
    `icon` (a Material symbol) stand in the back office's menu; `invitation` is what an administrator is asked to do first.
    `redaction` says what of its exchanges is secret, `repeats_recognized` whether the platform itself drops a repeated call (promise 4).
    `section` is the table of a provision file that makes its endpoints, None where it has none.
    """

    name: ClassVar[str]
    model: ClassVar[type[Endpoint]]
    serves: ClassVar[str] = CUSTOMERS
    menu: ClassVar[Any]
    icon: ClassVar[str] = "storefront"
    invitation: ClassVar[Any] = ""
    redaction: ClassVar[Rules]
    repeats_recognized: ClassVar[bool] = False
    section: ClassVar[Section | None] = None

    def urls(self) -> list[URLPattern]:
        """Return the addresses of the platform's doors, below `/callbacks/`."""
        return []

    def parse(self, kind: str, body: str) -> Incoming:
        """Return what the event says. ValueError where the body is not what the platform sends."""
        raise NotImplementedError

    def reread(self, account_id: int, body: str) -> NewEvent:
        """Return the event of a body that its door let in although it could not be read.

        Raises: ValueError where it still cannot be.
        """
        raise ValueError("this platform's door lets in only what it can read")

    def render(self, content: Content) -> list[dict[str, Any] | None]:
        """Return the payloads that carry `content`, in order, one delivery each.

        None stands where the content itself is only prepared when it is sent; see `prepare`.
        """
        raise NotImplementedError

    def prepare(self, delivery: Delivery, *, again: bool = False) -> Prepared:
        """Return the payload for the delivery's `content`: fetches, converts and uploads what it carries.

        `again`: what was prepared before was refused, so nothing of it is to be used. DeliveryError where it can't be.
        """
        raise NotImplementedError

    def send(self, delivery: Delivery) -> str | None:
        """Make the delivery's call. DeliveryError where the platform did not take it.

        Returns the platform's own id of what it took, where it says later by that id what came of it.
        """
        raise NotImplementedError

    def template_message(self, template: Template, values: Mapping[str, str]) -> TemplateMessage:
        """Return what the template says with these values in its blanks, as far as they fit there."""
        raise NotImplementedError

    def look_ahead(self, deliveries: Sequence[Delivery]) -> None:
        """Read at once what the calls of these deliveries would each read on their own."""

    def download(self, account_id: int | None, media_id: str, into: Draft, limit: int) -> None:
        """Write the platform's file into the draft. MediaError where it can't be had, DeliveryError where we may not."""
        raise MediaError(_("the message names no file"))

    def profile(self, customer: Customer) -> Profile | None:
        """Return what the platform says of the customer, None where it says nothing. DeliveryError."""
        return None

    def ways(self, account: Any, openids: Sequence[str]) -> dict[str, str]:
        """Return by which ways these people began to follow, see `bridge.values.ways`; at most 100. DeliveryError."""
        return {}

    def keep_in_step(self, account: Any, *, both: bool) -> None:
        """Bring the customers' remarks and tags that changed here to the platform; with `both` also back. DeliveryError."""

    def present(self, agents: list[str]) -> dict[str, tuple[str, ...]]:
        """Return the connected clients of each agent by IM account, as the platform sees them; unknown agents are left out.

        DeliveryError where the platform does not answer.
        """
        return {}

    def credentials(self, agent: str, seconds: int) -> dict[str, Any]:
        """Return what the agent's own client logs in with, valid for `seconds`; empty where it needs nothing."""
        return {}

    def reserved(self) -> frozenset[str]:
        """Return the IM accounts that can be no seat's: who logs in with one would be the platform's administrator, or us."""
        return frozenset()

    def check(self, endpoint: Any) -> Iterator[Check]:
        """Yield how an endpoint of this platform is set up, as far as it can be seen from here; makes calls."""
        yield from ()

    def forget(self, im_id: str) -> None:
        """Take away what the platform shows of a customer who is erased here. DeliveryError where it does not."""

    def pause(self, delivery: Delivery) -> float:
        """Return for how many seconds calls like this delivery's should wait: the platform's pace, its refusals."""
        return 0.0

    def grant(self, kind: str, rules: Mapping[str, Any], trigger: str) -> Grant | None:
        """Return what a customer's action allows, by the kind of the account and its own rules; None for nothing."""
        return None

    def refusal(self, why: str) -> DeliveryError:
        """Return the error with which the platform would refuse a message: `windows.COUNT` or `windows.TIME`."""
        raise NotImplementedError

    def seats_endpoint(self) -> Endpoint | None:
        """Return the endpoint through which seats are reached, None where there is none yet; for a platform that serves seats."""
        return None

    def warm_up(self) -> None:
        """Make what a process needs for its first call, before there is one."""

    def event_words(self, kind: str) -> str:
        """Return in words what an event of this kind says, "" for one that has none."""
        return ""

    def source_words(self, scene: str) -> str:
        """Return for people where a customer came from, of what `Profile.scene` says."""
        return scene

    def words_of(self, payload: dict[str, Any]) -> str:
        """Return what a payload says that holds nothing but words, "" for any other."""
        return ""

    def may_be_passive(self, payload: dict[str, Any]) -> bool:
        """Tell whether the payload may also be the answer to a push that a door still holds; see `bridge.doors.passive`."""
        return False

    def join(self, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any] | None:
        """Return one payload that says what both say, None where they can't be joined."""
        return None
