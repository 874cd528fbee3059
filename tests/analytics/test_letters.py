"""Letters: a name is one line in their headers, and one bad subscription does not stop the others."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from analytics.delivery import mailing
from analytics.models import Subscription

pytestmark = pytest.mark.once


def subscription(name: str, dashboard: str = "overview") -> Subscription:
    return Subscription.objects.create(name=name, dashboard=dashboard, period="day", hour=0, recipients="a@example.com")


@pytest.mark.parametrize("name", ["a\r\nBcc: b@example.com", "a\nb", "a\x00b", "a\u2028b"])
def test_a_name_of_several_lines_is_refused(db, name):
    with pytest.raises(ValidationError, match="一行"):
        Subscription(name=name, dashboard="overview", recipients="a@example.com").full_clean()


def test_one_that_cannot_be_made_does_not_stop_the_others(db, settings):
    settings.EMAIL_HOST = "localhost"
    bad = subscription("a", dashboard="no such report")
    injected = subscription("b\r\nBcc: c@example.com")
    assert mailing.send_due(timezone.now()) == 1
    assert [one.subject.split(" · ")[0] for one in mail.outbox] == ["b Bcc: c@example.com"]
    bad.refresh_from_db()
    injected.refresh_from_db()
    assert "日志" in bad.trouble
    assert bad.sent_for is None
    assert injected.trouble == ""
