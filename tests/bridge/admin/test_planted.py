"""Markup that customers, seats and staff write is text wherever it is read: lists, pages, time line, desk, floor, reports, files, letters."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from analytics.delivery import mailing
from analytics.facts import rollups
from analytics.models import DayNote, SavedReport, Subscription
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.report import report
from bridge.base import clock
from bridge.models import (
    AutoAnswer,
    Broadcast,
    Conversation,
    Customer,
    Delivery,
    Endpoint,
    Exchange,
    Fact,
    InboundEvent,
    SavedFilter,
    Tag,
    Template,
    WorkingHours,
)
from bridge.platforms.wechat.models import AccountMenu, ConditionalMenu, PublishedMenu, QrCode, ShownSeat
from chatbots.models import FaqEntry, Welcome
from seats.models import CannedReply, SeatGroup
from tests.support.backoffice import MODELS, PAGES
from tests.support.routing import client_of

pytestmark = [pytest.mark.once, pytest.mark.long]
# It would begin an element, end an attribute in either quotes, an expression of Alpine's and a template's tag.
MARK = "<zq a='1' b=\"2\">`}}{{x"
BEGUN = "<zq"


@pytest.fixture
def planted(talking, platforms):
    """A site on which everything that somebody can name or write is markup."""
    talking.customer_says(MARK)
    talking.customer_says(f"https://example.com/{MARK}")
    talking.work()
    platforms.answer("message/custom/send", {"errcode": 45015, "errmsg": MARK})
    for words in (MARK, f"#note {MARK}", f"#tag {MARK}", f"#name {MARK}", f"#summary {MARK}"):
        talking.seat_says(words)
    talking.work()
    _name_all(talking)
    rollups.update(clock.now())
    return talking


def _name_all(site) -> None:
    Customer.objects.update(remark=MARK, scene=MARK[:20], blocked_reason=MARK)
    Conversation.objects.update(summary=MARK, close_reason=MARK, source_detail=MARK)
    Delivery.objects.update(reason=MARK, code="<zq>")
    InboundEvent.objects.update(reason=MARK)
    User.objects.filter(username="alice").update(first_name=MARK, last_name=MARK, email="a@example.com")
    SeatGroup.objects.update(name=MARK)
    Endpoint.objects.filter(pk=site.account.pk).update(name=MARK, trouble=MARK)
    Group.objects.create(name=MARK)
    Tag.objects.update(name=MARK)
    Customer.objects.get().tags.add(Tag.objects.get_or_create(name=f"{MARK}2", of="customer")[0])
    CannedReply.objects.create(title=MARK, text=MARK, seat=site.alice)
    FaqEntry.objects.create(keywords=MARK, answer=AutoAnswer.of(MARK))
    Welcome.objects.create(answer=AutoAnswer.of(MARK))
    WorkingHours.objects.create(name=MARK, closed_text=MARK)
    _name_of_accounts(site)
    DayNote.objects.create(day=timezone.localdate(), text=MARK)
    Exchange.objects.create(at=clock.now(), method="POST", status=200, milliseconds=1, platform="wechat", direction="out",
                            address=f"https://a/{MARK}", request=MARK)  # fmt: skip
    chief = User.objects.create_superuser("chief", first_name=MARK)
    SavedReport.objects.create(user=chief, name=MARK, page="overview", query="", shared="everybody")
    SavedFilter.objects.create(
        user_id=chief.pk, path="/admin/bridge/conversation/", name=MARK, query="a=b", shared=True
    )


def _name_of_accounts(site) -> None:
    """Plant what an account has at WeChat: broadcasts, templates, codes, menus, seats as customers see them, ways to it."""
    mine = {"account_id": site.account.pk}
    items = [{"name": MARK, "does": "link", "url": f"https://a/{MARK}"}]
    tag = Tag.objects.create(name=f"{MARK}3", of="customer")
    Broadcast.objects.create(**mine, text=MARK, tag=tag, tag_name=tag.name, made_by=MARK)
    Broadcast.objects.create(**mine, text=f"{MARK} sent", state="sending", made_by=MARK)
    Template.objects.create(
        **mine, remote_id="T1", title=MARK, body=f"{MARK}{{{{thing1.DATA}}}}", blanks=["thing1"], words={"thing1": MARK},
        url=f"https://a/{MARK}", fetched_at=clock.now(),
    )  # fmt: skip
    ShownSeat.objects.create(**mine, seat_id=site.alice.pk, kf_account="alice@shop", nickname=MARK[:16])
    QrCode.objects.create(
        **mine, name=MARK, scene=MARK, kind="temporary", url=f"https://a/{MARK}", welcome=AutoAnswer.of(MARK)
    )
    AccountMenu.objects.create(**mine, items=items, changed_by=MARK)
    PublishedMenu.objects.create(**mine, items=items, published_at=clock.now(), published_by=MARK)
    ConditionalMenu.objects.create(**mine, tag_id=2, tag_name=MARK, items=items)
    for kind in (Fact.Kind.FOLLOWED, Fact.Kind.UNFOLLOWED, Fact.Kind.OPENED):
        Fact.objects.create(kind=kind, at=clock.now(), detail=MARK, **mine)


def _addresses(page: str) -> list[str]:
    """Return a list's address, and those of its newest rows: to change, to delete, their history."""
    model = MODELS[page]
    found = [reverse(f"admin:{page}_changelist")]
    for row in model._default_manager.order_by("-pk")[:3]:
        for what in (
            "change",
            "history",
            "delete",
            "transcript",
            "download",
            "erase",
            "tokens",
            "setup",
            "menu",
            "send",
            "stop",
            "again",
        ):
            try:
                found.append(reverse(f"admin:{page}_{what}", args=[row.pk]))
            except NoReverseMatch:
                continue
    return found


def test_the_back_office(planted, admin_client):
    seen = 0
    for page in PAGES:
        for address in _addresses(page):
            answer = admin_client.get(address)
            text = b"".join(answer).decode("utf-8", "replace")
            assert BEGUN not in text, address
            seen += "&lt;zq" in text
    assert seen > 40, "the pages show what was planted"


def test_an_accounts_menus_and_codes(planted, admin_client, platforms):
    platforms.answer("tags/get", {"tags": [{"id": 9, "name": MARK}]})
    platforms.answer("menu/trymatch", {"button": [{"name": MARK, "type": "view", "url": "https://a"}]})
    menu, code = f"/admin/bridge/wechataccount/{planted.account.pk}/menu/", QrCode.objects.get().pk
    addresses = [f"{menu}?tag={ConditionalMenu.objects.get().pk}", f"{menu}?tags=", f"{menu}?try={MARK[:3]}",
                 f"/admin/bridge/qrcode/print/?ids={code}", "/admin/bridge/template/fetch/"]  # fmt: skip
    texts = {address: admin_client.get(address).content.decode() for address in addresses}
    assert [address for address, text in texts.items() if BEGUN in text] == []
    assert sum("&lt;zq" in text for text in texts.values()) == 4, "all but the question whether to fetch show it"


def test_the_first_page_reports_and_search(planted, admin_client):
    reports = [reverse("reports-dashboard", args=[name]) for name in DASHBOARDS]
    others = ["/admin/", "/admin/reports/live/", "/admin/reports/tiles/", "/admin/reports/explore/?rows=tag&measure=opened",
              "/admin/reports/explore/conversations/", "/admin/reports/behind/opened/", "/admin/search/?s=a",
              "/admin/seats/seatgroup/outlook/", "/admin/chatbots/faqentry/try/?text=%3Czq%3E&account=1"]  # fmt: skip
    texts = {address: admin_client.get(address).content.decode() for address in (*reports, *others)}
    assert [address for address, text in texts.items() if BEGUN in text] == []
    assert sum("&lt;zq" in text for text in texts.values()) > 5


def test_the_desk_and_the_floor(planted):
    pk, im_id = Conversation.objects.get().pk, Customer.objects.get().im_id
    SeatGroup.objects.get(slug="sales").supervisors.set([planted.alice])
    page, pieces = client_of("alice"), ("", "messages/", "customer/", "targets/")
    addresses = [f"/desk/{pk}/{piece}" for piece in pieces]
    addresses += [
        "/desk/",
        "/desk/list/",
        "/desk/list/?tab=closed",
        "/desk/replies/",
        "/desk/floor/",
        f"/desk/im/{im_id}/",
    ]
    texts = {address: page.get(address).content.decode() for address in addresses}
    assert [address for address, text in texts.items() if BEGUN in text] == []
    assert sum("&lt;zq" in text for text in texts.values()) > 5


def test_letters(planted, mailoutbox):
    row = Subscription.objects.create(name="x", dashboard="overview", recipients="a@example.com")
    for name in DASHBOARDS:
        row.dashboard = name
        scope = mailing.scope_of(row, timezone.localdate())
        mailing.letter(row, report(DASHBOARDS[name], scope, clock.now())).send()
    pages = [text for one in mailoutbox for text, kind in one.alternatives if kind == "text/html"]
    assert len(pages) == len(DASHBOARDS)
    assert not any(BEGUN in text for text in pages)
