"""Parameters: changed while the site runs, in force within two seconds, refused with a reason."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from bridge.live import parameters as module
from bridge.live.parameters import parameters, parameters_of, texts_of
from bridge.values import texts
from config.parameters import PARAMETERS, SECTIONS

pytestmark = pytest.mark.either

PAGE = "/admin/constance/config/"


@pytest.fixture
def admin(db) -> Client:
    ContentType.objects.clear_cache()  # the library's pseudo model gets one at its first change
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    return client


def form(client: Client) -> dict[str, str]:
    """Return what the page's form says now, as a browser would send it."""
    page = client.get(PAGE)
    assert page.status_code == 200
    return {
        name: "" if value is None else value
        for name, value in page.context["form"].initial.items()
        if name != "version"
    } | {
        "version": page.context["form"].initial["version"],
        **{name: page.context["form"][name].value() for name in PARAMETERS},
    }


def change(client: Client, **values: object):
    answer = client.post(PAGE, {**form(client), **values})
    module.stored.forget()
    return answer


def test_every_parameter_has_words_a_range_and_a_default(db):
    for one in PARAMETERS.values():
        assert str(one.words)
        value = getattr(parameters, one.name)
        if one.kind in ("integer", "number"):
            assert one.low <= value <= one.high, one.name
        if one.kind == "choice":
            assert value in dict(one.choices)
    with pytest.raises(AttributeError):
        _ = parameters.NO_SUCH_THING


def test_what_is_set_goes_before_the_environment_and_that_before_the_default(admin, settings):
    assert parameters.CONTEXT_LENGTH == 20
    settings.CONTEXT_LENGTH = 30
    assert parameters.CONTEXT_LENGTH == 30
    assert change(admin, CONTEXT_LENGTH="7").status_code == 302
    assert parameters.CONTEXT_LENGTH == 7
    assert parameters.WINDOW_LOW == 2  # what was not changed is not written down


def test_a_process_sees_a_change_after_two_seconds(admin, monkeypatch):
    assert parameters.CONTEXT_LENGTH == 20
    now = [100.0]
    monkeypatch.setattr(module, "SECONDS", 2.0)
    monkeypatch.setattr("bridge.live.endpoints.time.monotonic", lambda: now[0])
    module.stored.forget()
    assert parameters.CONTEXT_LENGTH == 20
    admin.post(PAGE, {**form(admin), "CONTEXT_LENGTH": "8"})
    assert parameters.CONTEXT_LENGTH == 20
    now[0] += 2.1
    assert parameters.CONTEXT_LENGTH == 8


@pytest.mark.parametrize(
    ("name", "written", "kept", "shown"),
    [
        ("LOGIN_LOCK_MINUTES", "1 h 30 min", 90, "1 小时 30 分钟"),
        ("LOGIN_LOCK_MINUTES", "45", 45, "45 分钟"),
        ("HTTP_TIMEOUT", "2.5 秒", 2.5, "2.5 秒"),
        ("IM_SIG_SECONDS", "1天12小时", 129600, "1 天 12 小时"),
        ("EVENT_DAYS", "永久", -1, "永久"),
        ("EVENT_DAYS", "-1", -1, "永久"),
        ("EXCHANGE_DAYS", "0", 0, "0"),
    ],
)
def test_lengths_of_time_are_written_and_shown_as_such(admin, name, written, kept, shown):
    assert change(admin, **{name: written}).status_code == 302
    assert getattr(parameters, name) == kept
    assert admin.get(PAGE).context["form"][name].value() == shown


def test_ranges_and_defaults_are_lengths_of_time_too(admin):
    page = admin.get(PAGE).content.decode()
    assert "工作台多久没有心跳就视为关闭。（30 秒–1 小时）" in page
    assert 'data-default="30 天"' in page, "what is put back is written as people write it"
    assert re.search(r'<option value="1800"[^>]*>\s*30 分钟', page)


def test_parameters_can_be_searched_and_texts_are_shown_filled(admin):
    page = admin.get(PAGE, {"q": "HTTP_TIMEOUT"}).content.decode()
    assert 'data-filters="#changelist-form" value="HTTP_TIMEOUT"' in page
    assert "占位符：%(place)d 排队位次；%(wait)s 预计等待时间。" in page
    assert 'data-preview="{&quot;open&quot;: &quot;09:00&quot;}"' in page


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CONTEXT_LENGTH", "0", "1"),
        ("CONTEXT_LENGTH", "many", "整数"),
        ("HTTP_TIMEOUT", "600", "1 分钟"),
        ("LOGIN_LOCK_MINUTES", "1 光年", "例如：1 小时 30 分钟"),
        ("LOGIN_LOCK_MINUTES", "90 s", "1 分钟 的整数倍"),
        ("TEXT_CLOSED", "第 %(place)d 位", "place"),
        ("UNKNOWN_OUTCOME", "pray", "pray"),
        ("TEXT_CLOSED", "%(nonsense)s", "nonsense"),
        ("TEXT_CLOSED", "100 % sure", "%%"),
    ],
)
def test_bad_values_are_refused_with_a_reason(admin, name, value, reason):
    answer = change(admin, **{name: value})
    assert answer.status_code == 200
    assert reason in str(answer.context["form"].errors[name])
    assert getattr(parameters, name) != value


def test_the_sites_own_words_stand_between_the_accounts_and_the_products(admin):
    assert "第 3 位" in texts.place(texts_of({}), 3, 0)
    change(admin, TEXT_QUEUED="您前面还有人，排第 %(place)d")
    assert texts.place(texts_of({}), 3, 0) == "您前面还有人，排第 3"
    assert (
        texts.place(texts_of({}), 3, 300) == "您前面还有人，排第 3"
    )  # the plainer one stands in, as with an account's own
    assert texts.place(texts_of({"queued": "等 %(place)d"}), 3, 0) == "等 3"


def test_without_the_database_the_last_known_values_serve(admin, monkeypatch):
    change(admin, CONTEXT_LENGTH="9")
    assert parameters.CONTEXT_LENGTH == 9
    monkeypatch.setattr(module, "SECONDS", 0)
    from django.db import OperationalError

    def away(*_arguments):
        raise OperationalError("gone")

    monkeypatch.setattr(module._backend(), "mget", away)
    assert parameters.CONTEXT_LENGTH == 9
    module.stored.forget()
    assert parameters.CONTEXT_LENGTH == 9
    monkeypatch.setattr(module.stored, "_known", {})
    assert parameters.CONTEXT_LENGTH == 20


def test_who_may_see_and_change_them(admin, db):
    staff = User.objects.create_user("staff", is_staff=True)
    client = Client()
    client.force_login(staff)
    assert client.get(PAGE).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_config"))
    page = client.get(PAGE)
    assert page.status_code == 200
    client.post(PAGE, {**form(client), "CONTEXT_LENGTH": "3"})
    module.stored.forget()
    assert parameters.CONTEXT_LENGTH == 20


def test_the_page_is_in_the_readers_language_and_tells_who_changed_what(admin):
    page = admin.get(PAGE).content.decode()
    for title, ones in SECTIONS:
        assert str(escape(str(title))) in page
        assert all(one.name in page for one in ones)
    english = admin.get(PAGE, headers={"accept-language": "en"}).content.decode()
    assert "How many of the last messages a seat is given at a transfer." in english
    assert "(1 – 100)" in english
    change(admin, CONTEXT_LENGTH="11")
    history = admin.get(reverse("admin:constance_config_history")).content.decode()
    assert "chief" in history
    assert re.search(r"CONTEXT_LENGTH", history)


def test_an_account_may_have_its_own(talking, admin_client):
    account = talking.account
    address = f"/admin/bridge/wechataccount/{account.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    assert form.fields["own_WINDOW_LOW"].widget.attrs["placeholder"] == "2"
    values = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in values.items() if value is not None and value is not False}
    assert (
        admin_client.post(address, {**data, "own_WINDOW_LOW": "4", "own_UNKNOWN_OUTCOME": "resend"}).status_code == 302
    )
    account.refresh_from_db()
    assert account.parameters == {"WINDOW_LOW": 4, "UNKNOWN_OUTCOME": "resend"}
    assert (parameters_of(account.pk).WINDOW_LOW, parameters_of(None).WINDOW_LOW) == (4, 2)
    assert parameters_of(account.pk).CONTEXT_LENGTH == 20
    page = admin_client.get(address).content.decode()
    assert "已单独设置" in page
    assert admin_client.post(address, {**data, "own_WINDOW_LOW": "99"}).status_code == 200, "its range holds as well"
    talking.seat_says("one")
    talking.work()
    assert "还可发 4 条" in talking.platforms.to_seat("alice")[-1], "four left is low for this account"
