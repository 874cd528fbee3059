"""The WeChat door: who gets in, who does not, and what is kept."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.live import endpoints
from bridge.models import Exchange, InboundEvent
from bridge.observe import exchanges
from bridge.platforms.wechat import crypto
from bridge.platforms.wechat import door as wechat_door
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, OPENID, OTHER_AES_KEY, TOKEN, encrypted_push, text_xml

pytestmark = pytest.mark.once

URL = "/callbacks/wechat/shop/"


def change(site, **values):
    WeChatAccount.objects.filter(pk=site.account.pk).update(**values)
    wechat_door.accounts.forget()


def rotate(site, **keys):
    for name, value in keys.items():
        setattr(site.account, name, value)
    site.account.save()
    wechat_door.accounts.forget()


def handshake(client, token=TOKEN, timestamp=None):
    import time

    timestamp = timestamp or str(int(time.time()))
    signature = crypto.signature(token, timestamp, "n")
    query = {"signature": signature, "timestamp": timestamp, "nonce": "n", "echostr": "echo-42"}
    return client.get(URL, query)


def test_handshake(site, client):
    assert handshake(client).content == b"echo-42"
    assert handshake(client, token="another").status_code == 401
    assert handshake(client, timestamp="1500000000").status_code == 403
    assert client.get(URL).status_code == 401


@pytest.mark.parametrize("timestamp", ["", "-1", "1.5", "１７６４００００００", "1" * 13, "1" * 5000])
def test_a_timestamp_that_is_none_is_refused(site, client, timestamp):
    """One that the token's owner has signed; Python refuses to read a number of 5,000 digits."""
    query = {"signature": crypto.signature(TOKEN, timestamp, "n"), "timestamp": timestamp, "nonce": "n"}
    assert client.get(URL, query).status_code == 400


def test_a_good_push_is_stored_plain_and_answered(site):
    answer = site.push_xml(text_xml("你好"))
    assert (answer.status_code, answer.content) == (200, b"success")
    event = InboundEvent.objects.get()
    assert "你好" in event.body
    assert (event.kind, event.platform, event.lane) == ("text", "wechat", f"{_code(site)}.{OPENID}")


def _code(site):
    from bridge.values.lanes import lane_of_customer

    return lane_of_customer(site.account.pk, OPENID).split(".")[0]


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"token": "forged"}, 401),
        ({"age": 660}, 403),
        ({"age": -660}, 403),
        ({"app_id": "wx-another-app"}, 403),
        ({"key": OTHER_AES_KEY}, 400),
    ],
)
def test_forged_stale_foreign_pushes_are_refused_and_not_stored(site, how, status):
    assert site.push_xml(text_xml("x"), **how).status_code == status
    assert not InboundEvent.objects.exists()


def test_a_tampered_push_is_refused(site, client):
    query, body = encrypted_push(text_xml("pay 1"))
    start = body.index("CDATA[") + 40
    tampered = body[:start] + ("A" if body[start] != "A" else "B") + body[start + 1 :]
    assert client.post(f"{URL}?{query}", tampered, content_type="text/xml").status_code == 401
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("name", ["x" * 60, "x" * 61, "好" * 3000])
def test_the_name_of_an_event_may_be_of_any_length(site, name):
    xml = text_xml("x").replace("[text]", "[event]").replace("<Content>", f"<Event><![CDATA[{name}]]></Event><Content>")
    assert site.push_xml(xml).status_code == 200
    assert InboundEvent.objects.get().kind == f"event:{name}"[:60]
    site.work()
    assert InboundEvent.objects.get().state == InboundEvent.State.FILTERED


def test_an_oversized_push_is_refused(site, client):
    query, body = encrypted_push(text_xml("x"))
    answer = client.post(f"{URL}?{query}", body + " " * 200_000, content_type="text/xml")
    assert answer.status_code == 413
    assert not InboundEvent.objects.exists()
    exchanges.recorder.flush()
    assert Exchange.objects.get().request == "", "nor is it read for the log"


def test_a_query_without_end_is_refused(site, client):
    query, body = encrypted_push(text_xml("x"))
    assert client.post(f"{URL}?{query}{'&a=1' * 30}", body, content_type="text/xml").status_code == 400
    assert not InboundEvent.objects.exists()


def test_an_unknown_account_and_other_methods(site, client):
    assert client.post("/callbacks/wechat/nobody/", "x", content_type="text/xml").status_code == 404
    assert client.put(URL).status_code == 405
    assert client.get("/callbacks/elsewhere/").status_code == 404


def test_a_secure_account_takes_no_plain_push(site, client):
    query = _plain_query()
    assert client.post(f"{URL}?{query}", text_xml("x"), content_type="text/xml").status_code == 403
    change(site, encryption="plain")
    assert client.post(f"{URL}?{query}", text_xml("x"), content_type="text/xml").status_code == 200


def _plain_query() -> str:
    import time

    timestamp = str(int(time.time()))
    return f"signature={crypto.signature(TOKEN, timestamp, 'n')}&timestamp={timestamp}&nonce=n"


def test_compatible_mode_believes_only_the_ciphertext(site, client):
    change(site, encryption="compatible")
    query, body = encrypted_push(text_xml("signed"))
    mixed = body.replace("<xml>", "<xml><Content>unsigned</Content><FromUserName>oAnother</FromUserName>", 1)
    assert client.post(f"{URL}?{query}", mixed, content_type="text/xml").status_code == 200
    event = InboundEvent.objects.get()
    assert "signed" in event.body
    assert "unsigned" not in event.body


def test_after_a_key_change_both_keys_open(site):
    rotate(site, encoding_aes_key=OTHER_AES_KEY, previous_aes_key=AES_KEY)
    assert site.push_xml(text_xml("old key")).status_code == 200
    assert site.push_xml(text_xml("new key"), key=OTHER_AES_KEY).status_code == 200
    assert InboundEvent.objects.count() == 2
    for key in (AES_KEY, OTHER_AES_KEY):
        assert site.push_xml(text_xml("x"), app_id="wx-another-app", key=key).status_code == 403, (
            "the reason that helps"
        )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.binary(max_size=400), query=st.text(max_size=80), signed=st.booleans())
def test_noise_never_breaks_the_door_and_is_never_stored(site, client, body, query, signed):
    from urllib.parse import quote

    address = f"{_plain_query()}&{quote(query)}" if signed else quote(query)
    answer = client.post(f"{URL}?{address}", body, content_type="text/xml")
    assert 400 <= answer.status_code < 500
    assert not InboundEvent.objects.exists()


def test_words_that_look_like_a_ciphertext_refuse_nothing(site, client):
    """In compatible mode the words stand beside the ciphertext; the signature says which is which."""
    change(site, encryption="compatible")
    query, body = encrypted_push(text_xml("signed"))
    words = "<Encrypt><![CDATA[QUJD]]></Encrypt>" * 60
    for mixed in (
        body.replace("<xml>", f"<xml><Content>{words}</Content>", 1),
        body.replace("</xml>", f"{words}</xml>"),
    ):
        assert client.post(f"{URL}?{query}", mixed, content_type="text/xml").status_code == 200
    assert "signed" in InboundEvent.objects.get().body
    forged = body.replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA", 1)
    assert (
        client.post(f"{URL}?{query}", forged.replace("</xml>", f"{words}</xml>"), content_type="text/xml").status_code
        == 400
    )
    assert InboundEvent.objects.count() == 1


def test_two_customers_with_the_same_msgid_are_two_messages(site):
    for openid in (OPENID, OPENID, "oAnotherCustomer000000000000"):
        assert site.customer_says("mine", openid, msg_id=22000000000000008).status_code == 200
    assert len(set(InboundEvent.objects.values_list("lane", flat=True))) == InboundEvent.objects.count() == 2


def test_the_door_asks_nothing_of_the_database_but_the_insert(site, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(endpoints, "SECONDS", 2.0)
    site.customer_says("warm")
    with django_assert_num_queries(0):  # the INSERT goes past Django's counting cursor
        site.customer_says("counted")
    assert InboundEvent.objects.count() == 2
