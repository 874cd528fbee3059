"""The parameters that staff change while the site runs: what each is, in what unit, in what range.

Their defaults are settings, so the environment gives them; what is set in the admin goes before. Read by
`bridge.live.parameters`. No model may be imported here: settings are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

INTEGER, NUMBER, CHOICE, TEXT = "integer", "number", "choice", "text"
_FIELDS = {
    INTEGER: ("django.forms.IntegerField", "unfold.widgets.UnfoldAdminIntegerFieldWidget"),
    NUMBER: ("django.forms.FloatField", "unfold.widgets.UnfoldAdminDecimalFieldWidget"),
    CHOICE: ("django.forms.ChoiceField", "unfold.widgets.UnfoldAdminSelectWidget"),
    TEXT: ("bridge.live.parameters.TextField", "unfold.widgets.UnfoldAdminTextareaWidget"),
}


# What waits can be measured against exactly: bounds of `analytics.facts.histogram`.
SERVICE_LEVELS = (10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name in code, what it is in words, and between what it lies."""

    name: str
    words: Any
    kind: str = INTEGER
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, Any], ...] = ()

    def described(self) -> str:
        """Return what it is, with its range, in the reader's language."""
        if self.low is None:
            return str(self.words)
        return f"{self.words} ({self.low:g} – {self.high:g})"

    def field(self) -> list[Any]:
        """Return its form field: path of the class, and the arguments."""
        path, widget = _FIELDS[self.kind]
        arguments: dict[str, Any] = {"widget": widget}
        if self.kind == CHOICE:
            arguments["choices"] = self.choices
        elif self.kind == TEXT:
            arguments |= {"required": False, "max_length": 600, "widget_kwargs": {"attrs": {"rows": 2}}}
        else:
            arguments |= {"min_value": self.low, "max_value": self.high}
        return [path, arguments]


SECTIONS: tuple[tuple[Any, tuple[Parameter, ...]], ...] = (
    (
        _("WeChat's window"),
        (
            Parameter("WINDOW_LOW", _("At how many messages left the seat is told."), INTEGER, 0, 20),
            Parameter(
                "WINDOW_WARN_MINUTES",
                _("How long before its end an unanswered customer's window is pointed out, in minutes."),
                INTEGER,
                0,
                2880,
            ),
            Parameter(
                "WINDOW_JOIN_BELOW",
                _("From how many messages left on a seat's short texts are joined into one."),
                INTEGER,
                0,
                20,
            ),
            Parameter(
                "WINDOW_JOIN_SECONDS",
                _("How long such a text waits for the next one, in seconds; 0: not at all."),
                NUMBER,
                0,
                30,
            ),
            Parameter(
                "WINDOW_CHECK_DAYS",
                _(
                    "For how many days WeChat's own word on the count is believed before it is asked again; 0: it is never asked."
                ),
                INTEGER,
                0,
                365,
            ),
            Parameter(
                "PASSIVE_REPLY_SECONDS",
                _(
                    "How long WeChat's request may wait for a notice that then costs none of the messages, in seconds; 0: never."
                ),
                NUMBER,
                0,
                4,
            ),
        ),
    ),
    (
        _("Conversations"),
        (
            Parameter(
                "CONTEXT_LENGTH", _("How many of the last messages a seat is given at a transfer."), INTEGER, 1, 100
            ),
            Parameter(
                "PRESENCE_TIMEOUT",
                _("After how many seconds without a sign of life a desk counts as closed."),
                INTEGER,
                30,
                3600,
            ),
            Parameter(
                "API_WAIT_SECONDS",
                _(
                    "How long desk and API wait for a command to be carried out before they say that it is under way, in seconds."
                ),
                NUMBER,
                0,
                20,
            ),
            Parameter(
                "API_PER_MINUTE",
                _(
                    "How many requests a minute the API answers each token, user and address that is not let in; 0: any number."
                ),
                INTEGER,
                0,
                100000,
            ),
            Parameter(
                "IM_SIG_SECONDS",
                _("How long a UserSig lives with which a seat's client logs in to Tencent IM, in seconds."),
                INTEGER,
                300,
                604800,
            ),
        ),
    ),
    (
        _("Reports"),
        (
            Parameter(
                "SERVICE_LEVEL_SECONDS",
                _("Within how many seconds a waiting customer should have a seat; what the reports call in time."),
                CHOICE,
                choices=tuple((str(goal), str(goal)) for goal in SERVICE_LEVELS),
            ),
            Parameter(
                "SERVICE_TIME",
                _(
                    "What counts for waits and first responses in the reports' tiles and goal: the clock, or working hours."
                ),
                CHOICE,
                choices=(("clock", _("the clock")), ("working", _("working hours"))),
            ),
            Parameter(
                "ROLLUP_CHECK_DAYS",
                _(
                    "How many of the last days the reports' numbers are counted a second time for, each night; 0: never."
                ),
                INTEGER,
                0,
                31,
            ),
        ),
    ),
    (
        _("Delivery"),
        (
            Parameter(
                "UNKNOWN_OUTCOME",
                _("What happens to a message of which nobody knows whether WeChat has it."),
                CHOICE,
                choices=(
                    ("ask", _("ask the seat")),
                    ("resend", _("send it again, at the risk of a double")),
                ),
            ),
            Parameter("DELIVERY_MAX_TRIES", _("How often a delivery is tried before it fails."), INTEGER, 1, 50),
            Parameter("EVENT_MAX_TRIES", _("How often an event is tried before it fails."), INTEGER, 1, 20),
            Parameter(
                "HTTP_TIMEOUT",
                _("How long an answer of WeChat or Tencent IM is waited for, in seconds."),
                NUMBER,
                1,
                60,
            ),
        ),
    ),
    (
        _("Files"),
        (
            Parameter("MEDIA_MAX_MB", _("How large a file may be, in MB."), INTEGER, 1, 1000),
            Parameter("MEDIA_LINK_DAYS", _("How long a link to a file works, in days."), INTEGER, 1, 365),
            Parameter(
                "STORAGE_RETRY_SECONDS",
                _("How long at most between two tries to store a file while the storage takes none, in seconds."),
                NUMBER,
                5,
                3600,
            ),
            Parameter(
                "STORAGE_WAIT_HOURS",
                _("For how many hours a message waits for the storage before it fails."),
                INTEGER,
                1,
                168,
            ),
            Parameter(
                "MEDIA_ORPHAN_DAYS", _("After how many days a file goes that no message carries."), INTEGER, 1, 365
            ),
        ),
    ),
    (
        _("How long things are kept"),
        (
            Parameter(
                "BODY_DAYS",
                _(
                    "For how many days after its close the messages and files of a conversation are kept; "
                    "0: not beyond the close, -1: for ever. The numbers stay."
                ),
                INTEGER,
                -1,
                3650,
            ),
            Parameter(
                "EVENT_DAYS",
                _("For how many days finished events are kept in the inbox; -1: for ever."),
                INTEGER,
                -1,
                3650,
            ),
        ),
    ),
    (
        _("Exchange log"),
        (
            Parameter(
                "EXCHANGE_DAYS",
                _("For how many days what was said between us and the platforms is kept; 0: it is not written down."),
                INTEGER,
                0,
                365,
            ),
            Parameter(
                "EXCHANGE_FAILED_DAYS",
                _("For how many days it is kept where something failed; 0: it is not written down."),
                INTEGER,
                0,
                365,
            ),
            Parameter(
                "EXCHANGE_PER_SECOND",
                _("How many a second and process are written down at most, of those that went well."),
                INTEGER,
                0,
                1000,
            ),
        ),
    ),
    (
        _("Signing in"),
        (
            Parameter(
                "LOGIN_TRIES", _("After how many failed sign-ins a name waits, from one address."), INTEGER, 3, 100
            ),
            Parameter("LOGIN_LOCK_MINUTES", _("How long it waits then, in minutes."), INTEGER, 1, 1440),
        ),
    ),
    (
        _("Doors"),
        (
            Parameter("PUSH_MAX_AGE", _("How old a push of WeChat may be, in seconds."), INTEGER, 60, 86400),
            Parameter(
                "IM_CALLBACK_MAX_AGE", _("How old a callback of Tencent IM may be, in seconds."), INTEGER, 30, 3600
            ),
        ),
    ),
    (
        _("What customers are told"),
        (
            Parameter(
                "TEXT_QUEUED",
                _("Waiting, with a place in line: %(place)d. Empty: the product's own words, also for those below."),
                TEXT,
            ),
            Parameter("TEXT_QUEUED_WAIT", _("Waiting, with the expected wait: %(place)d and %(wait)s."), TEXT),
            Parameter("TEXT_LEFT_LINE", _("After leaving the line."), TEXT),
            Parameter("TEXT_CLOSED", _("Outside of working hours: %(open)s is when they begin."), TEXT),
            Parameter("TEXT_LEAVE_MESSAGE", _("When the queue is full or the wait too long."), TEXT),
            Parameter("TEXT_STILL_THERE", _("After the customer's long silence."), TEXT),
            Parameter("TEXT_SURVEY", _("The survey's question."), TEXT),
            Parameter("TEXT_SURVEY_THANKS", _("After the survey's answer."), TEXT),
        ),
    ),
)
# Those of which each account may have its own.
PER_ACCOUNT = ("WINDOW_LOW", "WINDOW_JOIN_BELOW", "WINDOW_JOIN_SECONDS", "UNKNOWN_OUTCOME")
PARAMETERS = {one.name: one for _title, ones in SECTIONS for one in ones}


def config(defaults: Mapping[str, Any]) -> dict[str, tuple[Any, Any, str]]:
    """Return CONSTANCE_CONFIG: default, description and kind of field of each.

    `defaults` are the site's settings; KeyError where one is missing.
    """
    # A text has no setting: while it is empty the product's own words hold.
    return {
        name: ("" if one.kind == TEXT else defaults[name], lazy(one.described, str)(), name)
        for name, one in PARAMETERS.items()
    }


def fieldsets() -> list[tuple[Any, list[str]]]:
    """Return CONSTANCE_CONFIG_FIELDSETS: the sections."""
    return [(title, [one.name for one in ones]) for title, ones in SECTIONS]


def fields() -> dict[str, list[Any]]:
    """Return CONSTANCE_ADDITIONAL_FIELDS: each parameter's own form field."""
    return {name: one.field() for name, one in PARAMETERS.items()}
