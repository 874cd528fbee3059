"""What somebody tries who has one role of the back office, knows its addresses and wants more."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import zipfile

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken

from analytics.models import Subscription
from bridge.admin import exporting
from bridge.admin.exporting import MOST_UNPACKED
from bridge.backoffice.pages import CarefulAdmin
from bridge.base import clock
from bridge.base.fields import SecretField
from bridge.models import AutoAnswer, Conversation, InboundEvent, Media, Message
from bridge.platforms.wechat.models import QrCode
from bridge.values.content import Image
from chatbots.models import FaqEntry
from seats.api.authentication import make_token
from seats.models import Seat, SeatGroup
from seats.roles import capabilities
from tests.support.routing import client_of

pytestmark = pytest.mark.once
HUGE = 2**70
QR = "http://weixin.qq.com/q/1"


def person(name: str, *chosen: str) -> Client:
    """Return a browser of somebody of the staff with these capabilities."""
    user = User.objects.get_or_create(username=name)[0]
    User.objects.filter(pk=user.pk).update(is_staff=True)
    names = frozenset[str]().union(*(capabilities.BY_NAME[one].permissions() for one in chosen))
    user.user_permissions.set(capabilities.rows(names))
    page = Client()
    page.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return page


@pytest.fixture
def root(db) -> User:
    return User.objects.create_superuser("root")


# Secrets, letter by letter


@pytest.mark.parametrize("how", ["", "__startswith", "__regex", "__gt"])
def test_the_second_steps_secret_is_not_found_by_its_letters(root, how):
    """Whether the list has a row would tell whether the guess is right."""
    TOTPDevice.objects.create(user=root, confirmed=True, key="ab" * 20)
    clerk, address = person("clerk", "users"), "/admin/otp_totp/totpdevice/"
    assert clerk.get(f"{address}?user={root.pk}").status_code == 200
    assert [clerk.get(f"{address}?key{how}={guess}").status_code for guess in ("ab", "cd")] == [400, 400]


SECRETS = {"password", "key", "digest", "secret"}


def test_no_list_is_filtered_by_a_secret(site, admin_client):
    tried = []
    for model in admin.site._registry:
        for field in getattr(model._meta, "concrete_fields", ()):
            if isinstance(field, SecretField) or (field.name in SECRETS and model._meta.app_label != "bridge"):
                tried.append(f"{model.__name__}.{field.name}")
                page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
                assert admin_client.get(f"{page}?{field.name}__startswith=a").status_code == 400, tried[-1]
    assert {"User.password", "TOTPDevice.key", "AuthToken.digest", "WeChatAccount.app_secret"} <= set(tried)


# Superusers


def test_nobody_ends_the_tokens_of_who_has_more(root):
    row, _token = make_token(root, 3, ["read"], "nightly")
    own, _token = make_token(User.objects.create_user("erin"), 3, ["read"], "")
    clerk, address = person("clerk", "users"), "/admin/knox/authtoken/"
    assert clerk.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk, own.pk], "post": "yes"}
    clerk.post(address, chosen)
    assert AuthToken.objects.filter(pk=row.pk).exists()
    clerk.post(address, {**chosen, "_selected_action": [own.pk]})
    assert not AuthToken.objects.filter(pk=own.pk).exists()


# QR codes


@pytest.fixture
def code(site, platforms) -> QrCode:
    platforms.answer("qrcode/create", {"ticket": "t", "url": "http://weixin.qq.com/q/2", "expire_seconds": 100})
    words = {"account": site.account, "kind": QrCode.Kind.TEMPORARY, "scene": "door", "days": 3, "url": QR}
    return QrCode.objects.create(name="door", **words)


def test_a_link_makes_no_code_anew(code, platforms):
    printer, address = person("printer", "codes"), f"/admin/bridge/qrcode/{code.pk}/again/"
    assert "confirm" in printer.get(address).content.decode()
    assert (platforms.calls, QrCode.objects.get().url) == ([], QR)
    printer.post(address, {"confirm": "yes"})
    assert QrCode.objects.get().url != QR


@pytest.mark.parametrize("ids", [str(HUGE), "9" * 5000, "\u0663", "-1", "%00", ""])
def test_a_sheet_of_codes_that_no_number_names(code, ids):
    printer = person("printer", "codes")
    page = printer.get(f"/admin/bridge/qrcode/print/?ids={ids},{code.pk}")
    assert page.status_code == 200
    assert [card["code"].pk for card in page.context["cards"]] == [code.pk]


# Reports by mail


LETTER = {"name": "x", "dashboard": "overview", "period": "day", "hour": "8", "account": "", "language": "en",
          "recipients": "me@example.com", "enabled": "on"}  # fmt: skip


def test_nobody_has_reports_sent_that_they_do_not_read(site):
    """Whoever arranges letters and reads no reports would read them in their own mailbox."""
    address = "/admin/analytics/subscription/add/"
    clerk = person("clerk", "arranges_reports")
    for group in ("", site.sales.pk, site.care.pk):
        assert clerk.post(address, {**LETTER, "group": group}).context["adminform"].form.errors["group"]
    assert not Subscription.objects.exists()
    SeatGroup.objects.get(slug="care").supervisors.set([Seat.objects.get(user__username="alice")])
    alice = person("alice", "arranges_reports")
    for group in ("", site.sales.pk, site.care.pk):
        alice.post(address, {**LETTER, "group": group})
    assert [str(one.group) for one in Subscription.objects.all()] == ["售后"]
    person("analyst", "reports", "arranges_reports").post(address, {**LETTER, "group": ""})
    assert Subscription.objects.count() == 2


def test_a_letter_of_others_is_not_turned_to_oneself(site):
    row = Subscription.objects.create(name="all", dashboard="overview", recipients="boss@example.com")
    clerk = person("clerk", "arranges_reports")
    clerk.post(f"/admin/analytics/subscription/{row.pk}/change/", {**LETTER, "group": ""})
    assert Subscription.objects.get().recipients == "boss@example.com"


# Files of customers


def test_a_file_of_a_customer_becomes_no_answer_by_its_number(db):
    """Whoever may change the FAQ and read no conversation would ask for the keyword on their own phone, and have the file."""
    now = clock.now()
    media = Media.objects.create(
        sha256="0" * 64, path="a.png", mime="image/png", kind="image", size=5, created_at=now, used_at=now
    )
    clerk, picture = person("clerk", "bots"), Image(media=media.pk, name="menu.png").to_json()
    for content in (picture, {"type": "voice", "media": media.pk}, {"type": "image", "media": HUGE}):
        page = imported(clerk, json.dumps(content))
        assert "这里没有使用此文件的回答" in page or "process_import" not in page
    own = AutoAnswer.objects.create(content=picture, words="menu", media=media)
    assert "process_import" in imported(clerk, json.dumps(picture)), "what was exported comes back"
    assert list(AutoAnswer.objects.all()) == [own]


def imported(client: Client, answer: str) -> str:
    """Let the client import a row of the FAQ with this answer, as far as the page that shows what would be done."""
    file = io.StringIO()
    csv.writer(file).writerows([["id", "account", "keywords", "answer", "position"], ["", "", "price", answer, "0"]])
    sent = SimpleUploadedFile("faq.csv", file.getvalue().encode(), content_type="text/csv")
    words = {"format": "1", "import_file": sent, "resource": "0"}
    return client.post("/admin/chatbots/faqentry/import/", words).content.decode()


# Bodies


def test_a_body_that_is_too_large_is_a_problem_like_any_other(talking):
    page = client_of("alice")
    address = f"/api/conversations/{Conversation.objects.get().pk}/messages/"
    answer = page.post(address, json.dumps({"text": "x" * 3_000_000}), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")


def test_what_is_not_understood_is_answered_in_the_sites_language(db, admin_client):
    page = admin_client.get("/admin/otp_totp/totpdevice/?key=a")
    assert (page.status_code, "无法识别此请求" in page.content.decode()) == (400, True)


def test_a_file_that_swells_is_not_unpacked(db):
    """A workbook of 20 MB, as large as one may come, can hold 20 GB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as swollen:
        swollen.writestr("xl/sharedStrings.xml", bytes(MOST_UNPACKED + 1))
    sent = SimpleUploadedFile("faq.xlsx", file.getvalue())
    page = person("clerk", "bots").post(
        "/admin/chatbots/faqentry/import/", {"format": "0", "import_file": sent, "resource": "0"}
    )
    assert "文件解压后过大" in page.content.decode()


def test_a_file_of_too_many_rows_is_refused_in_words(db, monkeypatch):
    monkeypatch.setattr(exporting, "MOST", 3)
    sent = SimpleUploadedFile("faq.csv", b"id,keywords\n" + b",a\n" * 4)
    page = person("clerk", "bots").post(
        "/admin/chatbots/faqentry/import/", {"format": "1", "import_file": sent, "resource": "0"}
    )
    assert "最多 3 行" in page.content.decode()


def test_an_events_page_is_called_by_words(talking, admin_client):
    event = InboundEvent.objects.filter(kind="text").first()
    title = admin_client.get(f"/admin/bridge/inboundevent/{event.pk}/change/").content.decode().partition("</h1>")[0]
    assert f"#{event.pk} 文字消息" in title
    assert f"Text #{event.pk}" not in title


# What no list has


@pytest.mark.parametrize("chosen", [str(HUGE), "9" * 5000, "\xb2", "x", "-", "1,2"])
@pytest.mark.parametrize("page", ["bridge/customer", "auth/user", "auth/group", "bridge/tag", "seats/seatgroup"])
def test_an_action_on_what_is_no_row_does_nothing(talking, admin_client, page, chosen):
    action = "block_selected" if page == "bridge/customer" else "delete_selected"
    words = {"action": action, "_selected_action": [chosen], "confirm": "yes", "post": "yes"}
    assert admin_client.post(f"/admin/{page}/", words).status_code in (302, 400)


def test_every_page_of_ours_is_a_careful_one():
    theirs = {"Config"}  # of parameters, which are no rows
    assert {
        model.__name__ for model, page in admin.site._registry.items() if not isinstance(page, CarefulAdmin)
    } == theirs


# Files of the machine


FAQ = "/admin/chatbots/faqentry/"


@pytest.fixture
def others(tmp_path, monkeypatch):
    """A file that lies where files to import lie, and is none."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "draft"
    path.write_text("id,keywords,answer\n,secret,of somebody\n")
    return path


@pytest.mark.parametrize("name", ["draft", "../draft", "/etc/passwd", "", "..", "\x00", "a" * 5000, "draft:forged"])
def test_no_file_is_imported_nor_removed_by_its_name(db, others, name):
    words = {"import_file_name": name, "original_file_name": "faq.csv", "format": "1", "resource": "0"}
    answer = person("clerk", "bots").post(f"{FAQ}process_import/", words)
    assert answer.status_code in (200, 302, 400)
    assert (FaqEntry.objects.count(), others.exists()) == (0, True)


def test_what_was_sent_to_be_imported_is_imported_once(db, others):
    clerk = person("clerk", "bots")
    sent = SimpleUploadedFile("faq.csv", "id,keywords,answer,position\n,退货,七天内可退,0\n".encode())
    page = clerk.post(f"{FAQ}import/", {"format": "1", "import_file": sent, "resource": "0"})
    words = page.context["confirm_form"].initial
    assert clerk.post(f"{FAQ}process_import/", words).status_code == 302
    assert FaqEntry.objects.count() == 1
    assert clerk.post(f"{FAQ}process_import/", words).status_code == 400, "the file is gone with the import"
    assert [one.name for one in others.parent.iterdir()] == ["draft"]


@pytest.mark.parametrize(
    "raw", [b"null", b"{}", b"[]", b"[1]", b"[[]]", b'["a"]', b'[{"id": {"a": 1}}]', b"[" * 100_000]
)
def test_json_of_no_rows_is_refused_in_words(db, raw):
    sent = SimpleUploadedFile("faq.json", raw)
    page = person("clerk", "bots").post(f"{FAQ}import/", {"format": "2", "import_file": sent, "resource": "0"})
    assert page.status_code == 200
    assert "process_import" not in page.content.decode()


@pytest.mark.parametrize("query", ["?zz=1", "?status__exact=%C2%B2", f"?p={HUGE}&x=1"])
@pytest.mark.parametrize("page", ["bridge/conversation", "chatbots/faqentry"])
def test_an_export_of_a_filter_that_there_is_not(db, admin_client, page, query):
    for address in (f"/admin/{page}/export/{query}", f"/admin/{page}/{query}"):
        assert admin_client.get(address).status_code in (200, 302, 400)
    assert admin_client.post(f"/admin/{page}/export/{query}", {"format": "1", "resource": "0"}).status_code in (
        200,
        400,
    )


# Links


def test_no_link_of_an_action_changes_anything(talking, code, admin_client, platforms):
    """Whatever stands as a button on a list or an object's page: who only follows its link has asked for nothing yet."""
    Subscription.objects.create(name="x", dashboard="overview", recipients="a@example.com")
    platforms.calls.clear()
    seen, written = 0, []
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first() if hasattr(model, "_default_manager") else None
        links = [(one, []) for one in getattr(page, "actions_list", ())] + [
            (one, [row.pk]) for one in getattr(page, "actions_detail", ()) if row
        ]
        for action, args in links:
            method = action if isinstance(action, str) else action["items"][0]
            with CaptureQueriesContext(connection) as queries:
                admin_client.get(reverse(f"{name}_{method}", args=args))
            seen += 1
            statements = [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
            written += [(name, method, one[:60]) for one in statements if not re.search("session|admin_log", one)]
    assert seen > 12
    assert written == []
    assert platforms.calls == []


# Other sites


KINDS = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")


@pytest.mark.parametrize("kind", KINDS)
def test_another_sites_page_sends_nothing_in_a_users_name(talking, kind):
    """A browser sends the cookie with it, of whatever type the body is; the token it does not know."""
    page = Client(enforce_csrf_checks=True)
    page.force_login(User.objects.get(username="alice"), backend="django.contrib.auth.backends.ModelBackend")
    pk = Conversation.objects.get().pk
    for address in (f"/api/conversations/{pk}/messages/", f"/api/conversations/{pk}/commands/quit/", "/api/me/tokens/"):
        assert page.post(address, '{"text": "planted"}', content_type=kind).status_code == 403
    for address in ("/admin/tokens/", "/admin/two-step/", "/admin/saved-filters/", "/admin/reports/save/"):
        assert page.post(address, "make=1&days=1", content_type=kind).status_code == 403
    talking.work()
    assert not Message.objects.filter(preview__contains="planted").exists()
    assert not AuthToken.objects.exists()
