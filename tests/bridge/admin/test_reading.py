"""Pages of the back office as people read them: no Python on them, and no English where the site speaks Chinese."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from bridge.models import Delivery
from tests.support.backoffice import MODELS, PAGES

pytestmark = pytest.mark.either
OWN = ("too late", "likes tea", "Official Account")


@pytest.fixture
def busy(talking, platforms):
    """A site on which something of most kinds has happened."""
    platforms.answer("message/custom/send", {"errcode": 45015})
    talking.seat_says("too late")
    talking.seat_says("#note likes tea")
    talking.work()
    assert Delivery.objects.filter(state="failed").exists()
    return talking


def seen(page: str) -> str:
    """Return the words that a reader sees of a page's main part, and those of titles and placeholders."""
    main = "<div " + page.split('id="content"', 1)[-1]
    main = re.sub(r"(?s)<(script|style|svg|textarea|select|code|pre)\b.*?</\1>", " ", main)
    return html.unescape(re.sub(r"<[^>]+>", " \n ", main))


@pytest.mark.parametrize("page", PAGES)
def test_no_python_on_any_page(busy, admin_client, page):
    model = MODELS[page]
    texts = [seen(admin_client.get(reverse(f"admin:{page}_changelist")).content.decode())]
    for row in model._default_manager.order_by("-pk")[:4]:
        texts.append(seen(admin_client.get(reverse(f"admin:{page}_change", args=[row.pk])).content.decode()))
    found = [
        one
        for text in texts
        for one in re.findall(r"\(['\"]\w+['\"], .{0,60}|\{['\"]\w+['\"]: .{0,60}|<\w+: .{0,60}>", text)
    ]
    assert found == []


def test_customer_deliveries_and_conversations_are_linked_with_each_other(busy, admin_client):
    delivery = Delivery.objects.filter(state="failed").latest("pk")
    customer = delivery.conversation.customer
    page = admin_client.get(reverse("admin:bridge_delivery_change", args=[delivery.pk])).content.decode()
    assert f'href="/admin/bridge/customer/{customer.pk}/change/">{customer.display_name}</a>' in page
    page = admin_client.get(reverse("admin:bridge_customer_change", args=[customer.pk])).content.decode()
    assert f"/admin/bridge/conversation/{delivery.conversation_id}/transcript/" in page


@pytest.mark.parametrize("page", PAGES)
def test_no_english_where_the_site_speaks_chinese(busy, admin_client, page):
    """Two English words in a row; what people, platforms and code wrote does not count."""
    model = MODELS[page]
    addresses = [reverse(f"admin:{page}_changelist")]
    if admin_client.get(reverse(f"admin:{page}_add")).status_code == 200:
        addresses.append(reverse(f"admin:{page}_add"))
    row = model._default_manager.order_by("-pk").first()
    if row is not None:
        addresses.append(reverse(f"admin:{page}_change", args=[row.pk]))
    found = set()
    for address in addresses:
        for line in seen(admin_client.get(address).content.decode()).splitlines():
            if re.search(r"\b[A-Za-z][a-z]{2,} [A-Za-z]?[a-z]{2,}", line) and not any(own in line for own in OWN):
                found.add(line.strip()[:100])
    assert found == set()
