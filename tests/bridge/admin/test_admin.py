"""The admin: every page opens, secrets stay inside, roles hold."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from bridge.models import Conversation, Delivery
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, CALLBACK_TOKEN, OTHER_AES_KEY, TOKEN
from tests.support.backoffice import MODELS

pytestmark = pytest.mark.either

SECRETS = [AES_KEY, "wxSecret0123456789abcdef01234567", f">{TOKEN}<", f'"{TOKEN}"', "im-secret", CALLBACK_TOKEN]
PAGES = [name for name, model in MODELS.items() if model._meta.app_label in ("bridge", "seats", "chatbots", "auth")]


@pytest.fixture
def busy(site, platforms, admin_client):
    """A site where something of everything has happened."""
    site.login("alice")
    site.customer_says("hello")
    site.customer_says("another", "oAnotherCustomer000000000000")
    site.work()
    platforms.answer("message/custom/send", {"errcode": 45015})
    site.seat_says("too late")
    site.seat_says("#transfer -n care")
    site.work()
    return site


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_list_and_object_opens(busy, admin_client, page, language):
    headers = {"accept-language": language}
    address = reverse(f"admin:{page}_changelist")
    answer = admin_client.get(address, headers=headers)
    assert answer.status_code == 200
    assert admin_client.get(address, {"q": "a"}, headers=headers).status_code == 200
    model = MODELS[page]
    first = model._default_manager.first()
    if first:
        answer = admin_client.get(reverse(f"admin:{page}_change", args=[first.pk]), headers=headers)
        assert answer.status_code == 200
    assert not any(secret in answer.content.decode() for secret in SECRETS)


def test_the_first_page_has_the_figures_and_what_to_do(busy, admin_client):
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert "今日关键指标" in page
    assert "1 条投递不再重试" in page


def test_who_reads_conversations_and_no_reports_has_the_numbers_of_now(busy):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    page = Client()
    page.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    text = page.get(reverse("admin:index")).content.decode()
    assert "进行中的会话" in text
    assert "投递 1 条，事件 0 个" in text


def test_secrets_are_encrypted_at_rest(site):
    with connection.cursor() as cursor:
        cursor.execute("SELECT app_secret, token, encoding_aes_key FROM bridge_wechataccount")
        row = " ".join(cursor.fetchone())
        cursor.execute("SELECT secret_key, callback_token FROM bridge_tencentimapp")
        row += " ".join(cursor.fetchone())
    assert not any(
        secret in row for secret in [AES_KEY, "wxSecret0123456789abcdef01234567", TOKEN, "im-secret", CALLBACK_TOKEN]
    )


def test_a_secret_is_lost_with_its_key_and_said_so(site, settings, caplog):
    from cryptography.fernet import Fernet

    field = WeChatAccount._meta.get_field("token")
    before = field.f
    field.f = Fernet(Fernet.generate_key())
    try:
        assert WeChatAccount.objects.get().token == ""
    finally:
        field.f = before
    assert "SECRET_KEY" in caplog.text


def form(account, **changes):
    return {
        "name": account.name, "slug": account.slug, "app_id": account.app_id, "app_secret": "", "token": "",
        "encryption": "secure", "encoding_aes_key": "", "previous_aes_key": "", "group": "sales",
        "first_mode": "transform", "priority": "0", "reopen_minutes": "10", "api_base": account.api_base, "kind": "service", "over_count": "hold",
        "over_time": "fail", **changes,
    }  # fmt: skip


def test_an_empty_secret_keeps_it_and_a_new_one_replaces_it(site, admin_client):
    address = reverse("admin:bridge_wechataccount_change", args=[site.account.pk])
    answer = admin_client.post(
        address, form(site.account, name="新名", app_secret="replaced" * 4, previous_aes_key=AES_KEY)
    )
    assert answer.status_code == 302, answer.content.decode()
    account = WeChatAccount.objects.get()
    assert (account.name, account.token, account.app_secret) == ("新名", TOKEN, "replaced" * 4)
    assert account.previous_aes_key == AES_KEY
    assert admin_client.post(address, form(account, previous_aes_key="-")).status_code == 302
    account.refresh_from_db()
    assert (account.previous_aes_key, account.encoding_aes_key) == (None, AES_KEY)


def test_a_bad_key_is_refused_with_a_reason(site, admin_client):
    address = reverse("admin:bridge_wechataccount_change", args=[site.account.pk])
    answer = admin_client.post(address, form(site.account, encoding_aes_key="short"))
    assert answer.status_code == 200
    assert "43" in answer.content.decode()
    assert WeChatAccount.objects.get().encoding_aes_key == AES_KEY


def test_a_failed_delivery_is_sent_again(busy, admin_client, platforms):
    failed = Delivery.objects.get(state="failed")
    address = reverse("admin:bridge_delivery_changelist")
    admin_client.post(
        address, {"action": "resend_selected", "_selected_action": [failed.pk], "confirm": "yes"}, follow=True
    )
    busy.work()
    assert platforms.to_customer().count("too late") == 2
    assert Delivery.objects.get(pk=failed.pk).state == "dropped"


def test_conversations_are_closed_from_the_list(busy, admin_client):
    ids = list(Conversation.objects.values_list("pk", flat=True))
    address = reverse("admin:bridge_conversation_changelist")
    admin_client.post(address, {"action": "close_selected", "_selected_action": ids, "confirm": "yes"}, follow=True)
    busy.work()
    assert {one.status for one in Conversation.objects.all()} == {"closed"}
    busy.alice.refresh_from_db()
    assert busy.alice.load == 0


@pytest.fixture
def viewer(busy, client):
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_delivery", "view_conversation"]))
    client.force_login(user)
    return client


def test_a_viewer_sees_and_changes_nothing(viewer, busy, platforms):
    assert viewer.get(reverse("admin:bridge_delivery_changelist")).status_code == 200
    for page in ("bridge_wechataccount", "bridge_tencentimapp", "seats_seat", "auth_user"):
        assert viewer.get(reverse(f"admin:{page}_changelist")).status_code == 403
    failed = Delivery.objects.get(state="failed")
    data = {"action": "resend_selected", "_selected_action": [failed.pk], "confirm": "yes"}
    viewer.post(reverse("admin:bridge_delivery_changelist"), data, follow=True)
    busy.work()
    assert Delivery.objects.get(pk=failed.pk).state == "failed"


def test_a_seat_without_staff_rights_stays_outside(busy, client):
    client.force_login(busy.alice.user)
    assert client.get(reverse("admin:index")).status_code == 302


def test_nobody_writes_logs_by_hand(busy, admin_client):
    for page in ("bridge_inboundevent", "bridge_delivery", "bridge_message", "bridge_conversation", "bridge_lane"):
        assert admin_client.get(reverse(f"admin:{page}_add")).status_code == 403


def test_more_capacity_in_the_admin_wakes_the_queue(site, admin_client, platforms):
    site.alice.capacity = 0
    site.alice.save()
    site.login("alice")
    site.customer_says("waiting")
    site.work()
    data = {
        "user": site.alice.user_id,
        "im_user_id": "alice",
        "groups": [site.sales.pk],
        "capacity": 3,
        "weight": 1,
        "availability": "open",
    }
    answer = admin_client.post(reverse("admin:seats_seat_change", args=[site.alice.pk]), data)
    assert answer.status_code == 302, answer.content.decode()
    site.work()
    assert platforms.to_seat("alice") == ["waiting"]


def test_a_new_token_and_key_move_the_old_ones_aside(site, admin_client):
    address = reverse("admin:bridge_wechataccount_change", args=[site.account.pk])
    assert (
        admin_client.post(address, form(site.account, token="new", encoding_aes_key=OTHER_AES_KEY)).status_code == 302
    )
    account = WeChatAccount.objects.get()
    assert (account.token, account.previous_token) == ("new", TOKEN)
    assert (account.encoding_aes_key, account.previous_aes_key) == (OTHER_AES_KEY, AES_KEY)


def test_the_windows_numbers_and_the_texts_of_an_account(site, admin_client):
    address = reverse("admin:bridge_wechataccount_change", args=[site.account.pk])
    changes = {
        "window_message_count": "20", "window_message_seconds": "3600", "text_queued": "请稍候（%(place)d）",
        "text_left_line_off": "on", "opening_keys": "SERVICE", "over_count": "fail",
    }  # fmt: skip
    assert admin_client.post(address, form(site.account, **changes)).status_code == 302
    account = WeChatAccount.objects.get()
    assert account.window_rules == {"message": [20, 3600]}
    assert account.texts == {"queued": "请稍候（%(place)d）", "left_line": ""}
    page = admin_client.get(address).content.decode()
    assert 'value="20"' in page
    answer = admin_client.post(address, form(account, window_click_count="3"))
    assert "两个数字" in answer.content.decode()
    assert admin_client.post(address, form(account)).status_code == 302
    account.refresh_from_db()
    assert (account.window_rules, account.texts) == ({}, {})


def test_one_click_after_mending(busy, admin_client, platforms):
    platforms.answer("message/custom/send", {"errcode": 40164})
    busy.customer_says("hello again")
    busy.work()
    busy.login("bob")
    busy.seat_says("kept", seat="bob")
    busy.work()
    account = WeChatAccount.objects.get()
    assert "40164" in account.trouble
    answer = admin_client.post(reverse("admin:bridge_wechataccount_resume", args=[account.pk]), follow=True)
    assert "正在发送" in answer.content.decode()
    busy.work()
    assert platforms.to_customer()[-2:] == ["kept", "kept"]
    account.refresh_from_db()
    assert account.trouble == ""


def test_who_may_not_change_an_account_may_not_resume_it(busy, client):
    viewer = User.objects.create_user("viewer", password="viewer-password", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_wechataccount"))
    client.force_login(viewer)
    WeChatAccount.objects.update(trouble="x")
    answer = client.post(reverse("admin:bridge_wechataccount_resume", args=[WeChatAccount.objects.get().pk]))
    assert answer.status_code == 403
    assert WeChatAccount.objects.get().trouble == "x"


def test_a_link_changes_nothing_it_only_asks(site, admin_client):
    """Somebody may be led to an address; what waits is only sent once they have answered the question."""
    WeChatAccount.objects.update(trouble="40164: not in whitelist")
    address = reverse("admin:bridge_wechataccount_resume", args=[site.account.pk])
    asked = admin_client.get(address)
    assert (asked.status_code, 'method="post"' in asked.content.decode()) == (200, True)
    assert WeChatAccount.objects.get().trouble
    admin_client.post(address, {"confirm": "yes"})
    assert not WeChatAccount.objects.get().trouble
    assert admin_client.get(reverse("admin:bridge_wechataccount_resume", args=[999])).status_code == 404
