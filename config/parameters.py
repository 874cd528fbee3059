"""The parameters that staff change while the site runs: what each is, in what unit, in what range.

Their defaults are settings, so the environment gives them; what is set in the admin goes before. Read by
`bridge.live.parameters`. No model may be imported here: settings are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bridge.values.durations import DAY, HOUR, MINUTE, SECOND, shown, spelled

INTEGER, NUMBER, CHOICE, TEXT, ROLES = "integer", "number", "choice", "text", "roles"
_FIELDS = {
    INTEGER: ("django.forms.IntegerField", "unfold.widgets.UnfoldAdminIntegerFieldWidget"),
    NUMBER: ("django.forms.FloatField", "unfold.widgets.UnfoldAdminDecimalFieldWidget"),
    CHOICE: ("django.forms.ChoiceField", "unfold.widgets.UnfoldAdminSelectWidget"),
    TEXT: ("bridge.backoffice.texts.TextField", "unfold.widgets.UnfoldAdminTextareaWidget"),
    ROLES: ("bridge.backoffice.rolesfield.RolesField", "unfold.widgets.UnfoldAdminCheckboxSelectMultipleWidget"),
}


# What waits can be measured against exactly: bounds of `analytics.facts.histogram`.
SERVICE_LEVELS = (10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name in code, what it is in words, and between what it lies.

    `unit`: how many seconds its value counts in, 0 where it is no length of time; `specials` are values that are none.
    """

    name: str
    words: Any
    kind: str = INTEGER
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, Any], ...] = ()
    unit: int = 0
    specials: Mapping[float, Any] = field(default_factory=dict)

    def described(self) -> str:
        """Return what it is, with its range, in the reader's language."""
        if self.low is None or self.high is None:
            return str(self.words)
        return gettext("%(what)s (%(low)s – %(high)s)") % {
            "what": self.words, "low": self.shown(self.low), "high": self.shown(self.high)
        }  # fmt: skip

    def shown(self, value: Any) -> str:
        """Return a value as people read it: a length of time in words, a choice by its label."""
        if self.kind == CHOICE:
            return str(dict(self.choices).get(value, value))
        if not self.unit or not isinstance(value, int | float):
            return f"{value:g}" if isinstance(value, float) else str(value)
        return shown(value, self.unit, self.specials)

    def field(self) -> list[Any]:
        """Return its form field: path of the class, and the arguments."""
        path, widget = _FIELDS[self.kind]
        arguments: dict[str, Any] = {"widget": widget}
        if self.kind == CHOICE:
            arguments["choices"] = self.choices
        elif self.kind == TEXT:
            arguments |= {"required": False, "max_length": 600, "widget_kwargs": {"attrs": {"rows": 2}}}
            arguments["key"] = self.name.removeprefix("TEXT_").lower()
        elif self.kind == ROLES:
            arguments["required"] = False
        else:
            arguments |= {"min_value": self.low, "max_value": self.high}
        if self.unit:
            path = "bridge.backoffice.durations.DurationField"
            arguments |= {"unit": self.unit, "whole": self.kind == INTEGER, "specials": dict(self.specials)}
        return [path, arguments]


SECTIONS: tuple[tuple[Any, tuple[Parameter, ...]], ...] = (
    (
        _("WeChat's window"),
        (
            Parameter("WINDOW_LOW", _("At how many messages left the seat is told."), INTEGER, 0, 20),
            Parameter(
                "WINDOW_WARN_MINUTES",
                _("How long before its end an unanswered customer's window is pointed out."),
                INTEGER,
                0,
                2880,
                unit=MINUTE,
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
                _("How long such a text waits for the next one; 0: not at all."),
                NUMBER,
                0,
                30,
                unit=SECOND,
            ),
            Parameter(
                "WINDOW_CHECK_DAYS",
                _(
                    "For how long WeChat's own word on the count is believed before it is asked again; 0: it is never asked."
                ),
                INTEGER,
                0,
                365,
                unit=DAY,
            ),
            Parameter(
                "TEMPLATE_WHEN_HELD",
                _("When a customer whose answers wait is sent a notice by template that calls them back, once."),
                CHOICE,
                choices=(
                    ("off", _("never")),
                    ("time", _("when the window is over")),
                    ("any", _("also when its count is used up")),
                ),
            ),
            Parameter(
                "TEMPLATES_PER_DAY",
                _("How many notices by template a customer is sent within 24 hours at most; 0: none."),
                INTEGER,
                0,
                10,
            ),
            Parameter(
                "PASSIVE_REPLY_SECONDS",
                _("How long WeChat's request may wait for an answer that then costs none of the messages; 0: never."),
                NUMBER,
                0,
                4,
                unit=SECOND,
            ),
            Parameter(
                "PASSIVE_REPLIES_TO",
                _("Which requests wait: those that an automatic answer follows, or all, also for notices."),
                CHOICE,
                choices=(("known", _("those that an automatic answer follows")), ("all", _("all"))),
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
                "SEATS_SHOWN",
                _("Whether customers see the name of the seat and its picture beside an answer."),
                CHOICE,
                choices=(("off", _("no")), ("on", _("yes"))),
            ),
            Parameter(
                "PROFILES_IN_STEP",
                _("Whether remarks and tags of customers are kept in step with WeChat's own."),
                CHOICE,
                choices=(("off", _("no")), ("to", _("ours go to WeChat")), ("both", _("both ways"))),
            ),
            Parameter(
                "PRESENCE_TIMEOUT",
                _("After how long without a sign of life a desk counts as closed."),
                INTEGER,
                30,
                3600,
                unit=SECOND,
            ),
            Parameter(
                "API_WAIT_SECONDS",
                _("How long desk and API wait for a command to be carried out before they say that it is under way."),
                NUMBER,
                0,
                20,
                unit=SECOND,
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
                _("How long a UserSig lives with which a seat's client logs in to Tencent IM."),
                INTEGER,
                300,
                604800,
                unit=SECOND,
            ),
        ),
    ),
    (
        _("Reports"),
        (
            Parameter(
                "SERVICE_LEVEL_SECONDS",
                _("Within how long a waiting customer should have a seat; what the reports call in time."),
                CHOICE,
                choices=tuple((str(goal), lazy(spelled, str)(goal)) for goal in SERVICE_LEVELS),
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
                _("How long an answer of WeChat or Tencent IM is waited for."),
                NUMBER,
                1,
                60,
                unit=SECOND,
            ),
        ),
    ),
    (
        _("Files"),
        (
            Parameter("MEDIA_MAX_MB", _("How large a file may be, in MB."), INTEGER, 1, 1000),
            Parameter("MEDIA_LINK_DAYS", _("How long a link to a file works."), INTEGER, 1, 365, unit=DAY),
            Parameter(
                "STORAGE_RETRY_SECONDS",
                _("How long at most between two tries to store a file while the storage takes none."),
                NUMBER,
                5,
                3600,
                unit=SECOND,
            ),
            Parameter(
                "STORAGE_WAIT_HOURS",
                _("How long a message waits for the storage before it fails."),
                INTEGER,
                1,
                168,
                unit=HOUR,
            ),
            Parameter(
                "MEDIA_ORPHAN_DAYS", _("After how long a file goes that no message carries."), INTEGER, 1, 365, unit=DAY
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
                    "0: until it can no longer be opened again, -1: for ever. The numbers stay."
                ),
                INTEGER,
                -1,
                3650,
                unit=DAY,
                specials={-1: _("for ever")},
            ),
            Parameter(
                "EVENT_DAYS",
                _("How long finished events are kept in the inbox; -1: for ever."),
                INTEGER,
                -1,
                3650,
                unit=DAY,
                specials={-1: _("for ever")},
            ),
        ),
    ),
    (
        _("Exchange log"),
        (
            Parameter(
                "EXCHANGE_DAYS",
                _("How long what was said between us and the platforms is kept; 0: it is not written down."),
                INTEGER,
                0,
                365,
                unit=DAY,
            ),
            Parameter(
                "EXCHANGE_FAILED_DAYS",
                _("How long it is kept where something failed; 0: it is not written down."),
                INTEGER,
                0,
                365,
                unit=DAY,
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
            Parameter("LOGIN_LOCK_MINUTES", _("How long it waits then."), INTEGER, 1, 1440, unit=MINUTE),
            Parameter(
                "TWO_STEP_ROLES",
                _("Which roles must sign in in two steps. With any of them, superusers must too."),
                ROLES,
            ),
        ),
    ),
    (
        _("Doors"),
        (
            Parameter("PUSH_MAX_AGE", _("How old a push of WeChat may be."), INTEGER, 60, 86400, unit=SECOND),
            Parameter(
                "IM_CALLBACK_MAX_AGE", _("How old a callback of Tencent IM may be."), INTEGER, 30, 3600, unit=SECOND
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
PER_ACCOUNT = (
    "WINDOW_LOW",
    "WINDOW_JOIN_BELOW",
    "WINDOW_JOIN_SECONDS",
    "TEMPLATE_WHEN_HELD",
    "TEMPLATES_PER_DAY",
    "PROFILES_IN_STEP",
    "SEATS_SHOWN",
    "UNKNOWN_OUTCOME",
)
PARAMETERS = {one.name: one for _title, ones in SECTIONS for one in ones}


def config(defaults: Mapping[str, Any]) -> dict[str, tuple[Any, Any, str]]:
    """Return CONSTANCE_CONFIG: default, description and kind of field of each.

    `defaults` are the site's settings; KeyError where one is missing.
    """
    # A text has no setting: while it is empty the product's own words hold. Nor have roles, which are made on the site.
    unset: dict[str, Any] = {TEXT: "", ROLES: []}
    return {
        name: (unset[one.kind] if one.kind in unset else defaults[name], lazy(one.described, str)(), name)
        for name, one in PARAMETERS.items()
    }


def fieldsets() -> list[tuple[Any, list[str]]]:
    """Return CONSTANCE_CONFIG_FIELDSETS: the sections."""
    return [(title, [one.name for one in ones]) for title, ones in SECTIONS]


def fields() -> dict[str, list[Any]]:
    """Return CONSTANCE_ADDITIONAL_FIELDS: each parameter's own form field."""
    return {name: one.field() for name, one in PARAMETERS.items()}
