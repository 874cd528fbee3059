"""The doors of a process that starts while the database is away: they go by what was kept, and the broker keeps what comes."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from bridge.base import clock, outage
from bridge.base.redis import client
from bridge.inbox import spill, storing
from bridge.live.keeping import keeper
from bridge.live.parameters import parameters, stored
from bridge.models import InboundEvent
from bridge.platforms.tencent_im.door_app import door_app
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import door
from bridge.platforms.wechat.door_accounts import accounts
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, CALLBACK_TOKEN, OTHER_AES_KEY, TOKEN, seat_message, text_xml

pytestmark = pytest.mark.both
MEMORIES = (accounts, door_app, stored)


def renewed(site) -> None:
    """Give account and app new secrets, which no callback has used yet."""
    app = TencentIMApp.objects.get()
    site.account.previous_token, site.account.token = TOKEN, "newToken1"
    site.account.previous_aes_key, site.account.encoding_aes_key = AES_KEY, OTHER_AES_KEY
    app.previous_callback_token, app.callback_token = CALLBACK_TOKEN, "new-callback-token"
    for one in (site.account, app):
        one.changed_over_at = None
        one.save()


def used(site, ago: timedelta) -> None:
    for model in (WeChatAccount, TencentIMApp):
        model.objects.update(changed_over_at=clock.now() - ago)


class Process:
    """The one of the test: what it knows is kept, and then another one starts where the database is away."""

    def __init__(self, site, monkeypatch) -> None:
        self.site, self._patch = site, monkeypatch
        self.spilled: list[storing.NewEvent] = []

    def keeps(self) -> None:
        for memory in MEMORIES:
            memory.forget()
        keeper.look_around()
        keeper.write()

    def starts_without_database(self) -> None:
        for memory in MEMORIES:
            self._patch.setattr(memory, "_known", {})
            self._patch.setattr(memory, "_load", self._refuse)
        self._patch.setattr(storing, "store", self._refuse)
        # The test's own transaction is on this connection.
        self._patch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
        self._patch.setattr(spill, "put", self.spilled.append)

    @staticmethod
    def _refuse(_asked):
        raise OperationalError(2006, "gone away")

    def wechat(self, token: str = TOKEN, key: str = AES_KEY) -> int:
        return self.site.push_xml(text_xml("hello"), token=token, key=key).status_code

    def tencent(self, token: str = CALLBACK_TOKEN) -> int:
        now = str(int(clock.now().timestamp()))
        sign = hashlib.sha256((token + now).encode()).hexdigest()
        data = seat_message("alice", "nobody", "hi")
        return self.site.im_callback(data["CallbackCommand"], data, RequestTime=now, Sign=sign).status_code

    def both(self, new: bool = False) -> tuple[int, int]:
        if new:
            return self.wechat("newToken1", OTHER_AES_KEY), self.tencent("new-callback-token")
        return self.wechat(), self.tencent()


@pytest.fixture
def process(site, monkeypatch):
    monkeypatch.setattr(outage, "database", outage.Outage())
    client().flushdb()
    yield Process(site, monkeypatch)
    client().flushdb()


def test_both_doors_acknowledge_and_the_broker_has_it(process):
    process.keeps()
    process.starts_without_database()
    assert process.both() == (200, 200)
    assert [one.platform for one in process.spilled] == ["wechat", "tencent_im"]
    assert process.spilled[0].account_id == process.site.account.pk
    assert not InboundEvent.objects.exists()


def test_who_is_not_them_is_refused_as_ever(process):
    process.keeps()
    process.starts_without_database()
    assert (process.wechat(token="forged"), process.wechat(key=OTHER_AES_KEY)) == (401, 400)
    assert process.tencent("forged") == 401
    assert process.site.client.post("/callbacks/wechat/nobody/", "x", content_type="text/xml").status_code == 503
    assert not process.spilled


def test_where_nothing_is_kept_the_platform_is_asked_to_try_again(process):
    process.keeps()
    client().flushdb()
    process.starts_without_database()
    assert process.both() == (503, 503)


def test_a_deleted_and_a_renamed_account_are_not_known_any_more(process):
    process.keeps()
    WeChatAccount.objects.update(slug="renamed")
    process.keeps()
    process.starts_without_database()
    assert process.wechat() == 503
    assert accounts.get("renamed").pk == process.site.account.pk


def test_new_secrets_that_nobody_has_used_are_valid_beside_the_old_ones(process):
    renewed(process.site)
    process.keeps()
    process.starts_without_database()
    assert process.both(new=True) == (200, 200)
    assert process.both() == (200, 200)
    assert process.both(new=True) == (200, 200)


@pytest.mark.parametrize("started", [False, True])
def test_old_secrets_end_in_time_also_while_the_database_is_away(process, started):
    """In a process that knew them, and in one that has them from Redis."""
    renewed(process.site)
    used(process.site, timedelta(minutes=50))
    process.keeps()
    known = {memory: dict(memory._known) for memory in MEMORIES}
    process.starts_without_database()
    if not started:
        for memory in MEMORIES:
            memory._known = known[memory]
        outage.database.seen()
    began = clock.now()
    for minutes, expected in ((9, 200), (11, 401)):
        with clock.fixed(lambda late=began + timedelta(minutes=minutes): late):
            assert process.both() == (expected, expected)
            assert process.both(new=True) == (200, 200)


def test_the_parameters_in_force_are_kept_too(process, monkeypatch):
    from constance import config

    config.PUSH_MAX_AGE = 3600
    process.keeps()
    process.starts_without_database()
    assert parameters.PUSH_MAX_AGE == 3600
    monkeypatch.setattr(stored, "_known", {})
    client().flushdb()
    assert parameters.PUSH_MAX_AGE == 600


def test_no_secret_is_readable_in_redis_or_shown(process):
    renewed(process.site)
    process.keeps()
    secrets = [TOKEN, AES_KEY, "newToken1", OTHER_AES_KEY, CALLBACK_TOKEN, "new-callback-token"]
    names = sorted(client().scan_iter("bridge:kept:*"))
    assert names == ["bridge:kept:parameters:", "bridge:kept:tencent_im:", "bridge:kept:wechat:shop"]
    said = [*map(client().get, names), repr(accounts.get("shop")), repr(door_app.get())]
    assert not [one for one in secrets if any(one in text for text in said)]


def test_what_tencent_is_called_with_is_not_kept(process):
    process.keeps()
    assert not hasattr(door_app.get(), "secret_key")


def test_a_door_waits_for_no_answer_while_the_database_is_away(process, monkeypatch):
    process.keeps()
    process.starts_without_database()
    assert process.wechat() == 200
    monkeypatch.setattr(
        door.passive, "_waits", lambda *_words: pytest.fail("nothing can be stored, so no answer comes")
    )
    assert process.wechat() == 200


def test_of_an_account_that_was_deleted_meanwhile_what_was_kept_ends_where_people_see_it(process, monkeypatch):
    """Another process reaches the database, and somebody deletes the account there."""
    process.keeps()
    with monkeypatch.context() as patch:
        away = Process(process.site, patch)
        away.starts_without_database()
        assert away.wechat() == 200
    WeChatAccount.objects.all().delete()
    storing.store_many(away.spilled)
    outage.database.over()
    process.site.work()
    event = InboundEvent.objects.get()
    assert event.state in (InboundEvent.State.FAILED, InboundEvent.State.FILTERED)
    assert event.reason
    assert process.wechat() == 404, "as soon as the database is back, it is what counts"
    keeper.write()
    assert not client().exists("bridge:kept:wechat:shop")
