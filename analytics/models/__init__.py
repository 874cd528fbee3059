"""What the reports keep: numbers by hour and day, a row for each conversation, and what people set up."""

from analytics.models.conversations import ConversationRow
from analytics.models.extras import DayNote, Goal, SavedReport
from analytics.models.rollups import Grain, Progress, Rollup, Tally
from analytics.models.subscriptions import Subscription

__all__ = ["ConversationRow", "DayNote", "Goal", "Grain", "Progress", "Rollup", "SavedReport", "Subscription", "Tally"]
