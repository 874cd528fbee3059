"""The back office in its users' words: no ids, slugs, user names or code words where a name can stand, on any page."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from bridge.base import clock
from bridge.models import AutoAnswer, Conversation, Customer, Delivery, Exchange, InboundEvent, Tag, WorkingHours
from bridge.pipeline.bots import bots
from chatbots.models import FaqEntry
from seats.models import CannedReply, QueueEntry
from tests.support.backoffice import MODELS, PAGES

pytestmark = [pytest.mark.either, pytest.mark.long]
SECOND = "oAnotherCustomer000000000000"
THIRD = "oThirdCustomer00000000000000"
# What nobody outside of the code says; each with what it is.
CODE = {
    "a tuple, a dictionary or an object": r"\(['\"]\w+['\"], |\{['\"]\w+['\"]: |<[\w.]+(?: object|: )",
    "escaped JSON": r"\\u[0-9a-f]{4}",
    "an empty value": r"\b(?:None|True|False|null|undefined)\b",
    "a name of code": r"\b[a-z]+(?:_[a-z0-9]+)+\b",
    "a constant": r"\b[A-Z]+(?:_[A-Z]+)+\b",
    "an event of a platform": r"\b(?:event:\w+|C2C\.\w+|State\.\w+)",
    "a lane": r"\bseat:\w+|\b[0-9a-z]{1,3}\.o[\w-]{20,}",
    "an openid": r"\bo[A-Za-z0-9_-]{27}\b",
    "a client": r"\b(?:im|desk|stack):\w+",
    "a float of a whole number": r"(?<![\d.])\d+\.0(?![\d.])",
    "a platform": r"\b(?:wechat|tencent_im|internal)\b",
    "a mode": rf"^(?:{'|'.join(bots())})$",
    "a user": r"\bu_\w+",
    "a group's slug": r"\bg_\w+",
    "a type of message": r"^(?:text|event)$",
}
# Where such words are what the page is about: a user's own page, and what is typed in from a platform's console.
RIGHT = {
    "auth_user": ("a user", "a name of code"),
    "bridge_tencentimapp": ("a name of code",),
    "knox_authtoken": ("a user",),
    "otp_totp_totpdevice": ("a user",),
    "axes_accessattempt": ("a user",),
    "seats_seat/change": ("a user", "a name of code"),
    "bridge_wechataccount/change": ("a platform",),
    "bridge_tencentimapp/change": ("a name of code", "a platform"),
    "seats_seatgroup": ("a group's slug", "a name of code"),
}


@pytest.fixture
def busy(site, platforms):
    """A site on which something of most kinds has happened, whose seats and groups have names apart from their ids."""
    for seat, name in ((site.alice, "陈小满"), (site.bob, "周一")):
        User.objects.filter(pk=seat.user_id).update(username=f"u_{seat.im_user_id}", first_name=name)
    for group in (site.sales, site.care):
        group.slug = f"g_{group.slug}"
        group.save()
    site.account.group = "g_sales"
    site.account.save()
    site.login("alice")
    site.customer_says("你好")
    site.work()
    platforms.answer("message/custom/send", {"errcode": 45015})
    site.seat_says("太晚了")
    site.seat_says("#note 喜欢喝茶")
    site.work()
    site.alice.capacity = 1
    site.alice.save()
    site.customer_says("我也在", SECOND)
    site.push_xml(_event("SCAN", "spring"))
    site.push_xml(_event("VIEW", "https://example.com"))
    site.work()
    assert QueueEntry.objects.exists()
    assert Delivery.objects.filter(state="failed").exists()
    Customer.objects.filter(openid=SECOND).update(scene="ADD_SCENE_SEARCH")
    _more(site)
    return site


def _event(name: str, key: str) -> str:
    moment = int(clock.now().timestamp())
    return (
        f"<xml><ToUserName>gh_4dd5e1b2c3a4</ToUserName><FromUserName>{THIRD}</FromUserName><CreateTime>{moment}</CreateTime>"
        f"<MsgType>event</MsgType><Event>{name}</Event><EventKey>{key}</EventKey></xml>"
    )


def _more(site) -> None:
    delivery, event = Delivery.objects.filter(state="failed").get(), InboundEvent.objects.first()
    shared = {"at": clock.now(), "method": "POST", "status": 200, "milliseconds": 12, "request": '{"a": "\\u4f60"}'}
    Exchange.objects.create(
        **shared, platform="wechat", direction="out", address="https://api.weixin.qq.com/x", delivery_id=delivery.pk
    )
    Exchange.objects.create(
        **shared, platform="tencent_im", direction="in", address="/callbacks/tencent-im/", dedup=event.dedup
    )
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("九点"), account=site.account)
    CannedReply.objects.create(title="你好", text="您好", group=site.sales)
    CannedReply.objects.create(title="再见", text="再见", seat=site.alice)
    Tag.objects.create(name="贵宾", of="customer", priority=1)
    hours = WorkingHours.objects.create(name="门店", monday="09:00-18:00")
    site.sales.hours = hours
    site.sales.supervisors.add(site.bob)
    site.sales.max_wait_seconds, site.sales.transfer_mode, site.sales.strategy = 5400, "offer", "most_idle"
    site.sales.save()
    site.account.group, site.account.reopen_minutes, site.account.survey = "g_care", 90, True
    site.account.window_rules, site.account.texts = {"message": [5, 3600]}, {"queued": "请稍候", "left_line": ""}
    site.account.parameters, site.account.bots = (
        {"WINDOW_LOW": 3, "WINDOW_JOIN_SECONDS": 2.0},
        [{"name": "faq", "on": True}],
    )
    site.account.save()


def seen(page: str) -> str:
    """Return the words that a reader sees of a page: its title, its main part, what can be chosen; not what is folded away."""
    title = "".join(re.findall(r"(?s)<title>.*?</title>", page))
    main = "<div " + page.split('id="content"', 1)[-1].split("<footer", maxsplit=1)[0]
    main = re.sub(r"(?s)<fieldset[^>]*\btechnical\b.*?</fieldset>", " ", title + main)
    main = re.sub(r"(?s)<span[^>]*material-symbols[^>]*>.*?</span>", " ", main)
    main = re.sub(r"(?s)<(script|style|svg|template|textarea)\b.*?</\1>", " ", main)
    # A value may hold an arrow of a script.
    return html.unescape(re.sub(r"""<(?:"[^"]*"|'[^']*'|[^'">])+>""", " \n ", main))


def code_words(page: str, text: str) -> set[tuple[str, str]]:
    """Return what of the text nobody outside of the code says, with what it is."""
    return {
        (what, line.strip()[:80])
        for line in text.splitlines()
        for what, pattern in CODE.items()
        if what not in (*RIGHT.get(page, ()), *RIGHT.get(page.removesuffix("/change"), ()))
        and re.search(pattern, line.strip())
    }


def addresses(page: str) -> list[str]:
    """Return a list's address, and those of its newest rows."""
    model = MODELS[page]
    rows = model._default_manager.order_by("-pk")[:6]
    return [reverse(f"admin:{page}_changelist"), *(reverse(f"admin:{page}_change", args=[row.pk]) for row in rows)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_speaks_as_the_code_does(busy, admin_client, language):
    found = set()
    for page in PAGES:
        for address in addresses(page):
            answer = admin_client.get(address, headers={"accept-language": language})
            assert answer.status_code == 200, address
            place = page + "/change" * address.endswith("/change/")
            found |= {(address, *one) for one in code_words(place, seen(answer.content.decode()))}
    assert found == set(), "\n".join(map(str, sorted(found)))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_time_line_speaks_as_people_do(busy, admin_client, language):
    for one in Conversation.objects.all():
        address = reverse("admin:bridge_conversation_transcript", args=[one.pk])
        page = admin_client.get(address, headers={"accept-language": language}).content.decode()
        assert code_words("", seen(page)) == set()
        assert "Welcome" not in seen(page)
        assert one.customer.display_name in re.findall("(?s)<title>.*?</title>", page)[0]


def test_the_history_says_what_was_changed_in_words(busy, admin_client):
    pages = {
        f"/admin/bridge/wechataccount/{busy.account.pk}/history/": (
            "售后",
            "1 小时 30 分钟",
            "客户发消息后 1 小时内 5 条",
            "“请稍候”",
        ),
        f"/admin/seats/seatgroup/{busy.sales.pk}/history/": ("1 小时 30 分钟", "需对方确认", "空闲最久", "周一"),
    }
    for address, expected in pages.items():
        text = seen(admin_client.get(address).content.decode())
        assert [one for one in expected if one not in text] == []
        assert code_words("seats_seatgroup" if "seatgroup" in address else "", text) == set()


def test_what_a_fault_finder_needs_is_still_there(busy, admin_client):
    delivery = Delivery.objects.filter(state="failed").get()
    page = admin_client.get(reverse("admin:bridge_delivery_change", args=[delivery.pk])).content.decode()
    folded = re.findall(r"(?s)<fieldset[^>]*\btechnical\b.*?</fieldset>", page)
    assert delivery.lane in folded[0]
    assert "太晚了" in html.unescape(folded[0])
