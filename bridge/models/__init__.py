"""The bridge's tables, one file a noun. What belongs to one platform stands in that platform's `models.py`."""

from bridge.models.auto_answers import AutoAnswer
from bridge.models.broadcasts import Broadcast
from bridge.models.conversations import Conversation, Message
from bridge.models.customers import Customer
from bridge.models.endpoints import Account, Endpoint
from bridge.models.exchanges import Exchange
from bridge.models.facts import Fact
from bridge.models.hours import SpecialDay, WorkingHours
from bridge.models.in_step import InStep, TagInStep
from bridge.models.inbox import InboundEvent, Lane
from bridge.models.media import Media, MediaUse
from bridge.models.outbox import Delivery, PlatformError
from bridge.models.search import SearchText
from bridge.models.sources import Source
from bridge.models.tags import Tag
from bridge.models.taps import MenuKey
from bridge.models.templates import Acceptance, Template
from bridge.models.views import SavedFilter

__all__ = [
    "Acceptance",
    "Account",
    "AutoAnswer",
    "Broadcast",
    "Conversation",
    "Customer",
    "Delivery",
    "Endpoint",
    "Exchange",
    "Fact",
    "InStep",
    "InboundEvent",
    "Lane",
    "Media",
    "MediaUse",
    "MenuKey",
    "Message",
    "PlatformError",
    "SavedFilter",
    "SearchText",
    "Source",
    "SpecialDay",
    "Tag",
    "TagInStep",
    "Template",
    "WorkingHours",
]
