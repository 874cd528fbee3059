"""The bridge's tables, one file a noun."""

from bridge.models.accounts import TencentIMApp, WeChatAccount
from bridge.models.conversations import Conversation, Message
from bridge.models.customers import Customer
from bridge.models.exchanges import Exchange
from bridge.models.facts import Fact
from bridge.models.hours import SpecialDay, WorkingHours
from bridge.models.inbox import InboundEvent, Lane
from bridge.models.media import Media, MediaUse, Upload
from bridge.models.outbox import Delivery, PlatformError
from bridge.models.tags import Tag
from bridge.models.views import SavedFilter

__all__ = [
    "Conversation",
    "Customer",
    "Delivery",
    "Exchange",
    "Fact",
    "InboundEvent",
    "Lane",
    "Media",
    "MediaUse",
    "Message",
    "PlatformError",
    "SavedFilter",
    "SpecialDay",
    "Tag",
    "TencentIMApp",
    "Upload",
    "WeChatAccount",
    "WorkingHours",
]
