"""What the fields of models refuse. Migrations name these functions, so they stay here."""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from bridge.values.hours import parse_spans

AES_KEY_LENGTH = 43
YEARS = range(2000, 2101)  # of days that people can mean
IM_ID = RegexValidator(r"^[\x21-\x7e]{1,32}$", _("At most 32 printable ASCII characters, no spaces."))


def validate_aes_key(value: str) -> None:
    """Refuse what cannot be an EncodingAESKey: 43 characters of base64 without padding."""
    if len(value) != AES_KEY_LENGTH:
        raise ValidationError(
            _("An EncodingAESKey has %(want)d characters, this one has %(have)d.")
            % {"want": AES_KEY_LENGTH, "have": len(value)}
        )
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
        raise ValidationError(_("An EncodingAESKey holds only letters, digits, + and /."))


def validate_spans(value: str) -> None:
    """Refuse what is not a list of times of the day."""
    try:
        parse_spans(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def validate_zone(value: str) -> None:
    """Refuse what is not the name of a time zone."""
    if value and value not in available_timezones():
        raise ValidationError(_("“%s” is not a time zone such as Asia/Shanghai.") % value)


def validate_day(value: date) -> None:
    """Refuse a day that nobody means, such as one of the year 1 or 9999."""
    if value.year not in YEARS:
        raise ValidationError(_("Choose a day of the years %(first)d to %(last)d.")
                              % {"first": YEARS.start, "last": YEARS[-1]})  # fmt: skip


def validate_one_line(value: str) -> None:
    """Refuse a name with a line end in it: it stands in headers of mail and of HTTP."""
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", value):
        raise ValidationError(_("Write it on one line, without control characters."))
