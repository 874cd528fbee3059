"""What is asked of the sandbox and cannot be is answered in words, so that whoever plays knows what to mend."""

from __future__ import annotations

import json

import pytest
from django.test import RequestFactory

from sandbox import control, odd, phone, play, settings, world, wrong
from sandbox.wechat import state

pytestmark = pytest.mark.once
SITE = {
    "tencent_im": {"sdk_app_id": 1400000001, "secret_key": "k"},
    "wechat_account": [{"slug": "shop", "app_id": "wx1", "app_secret": "s"}],
    "seat": [{"username": "alice"}],
}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(world, "_world", world.World(SITE))
    monkeypatch.setattr("sandbox.pushing.in_order", lambda sender, job: None)


def answer(view, body, path="/play/x"):
    request = RequestFactory().post(path, body, content_type="application/json")
    try:
        return view(request)
    except Exception as error:
        found = wrong.WrongMiddleware(view).process_exception(request, error)
        if found is None:
            raise
        return found


@pytest.mark.parametrize(
    ("view", "body", "said"),
    [
        (phone.scan, {"account": "shop", "openid": "o"}, "`code` is missing"),
        (phone.customer, {"account": "shop"}, "`openid` is missing"),
        (phone.event, {"account": "shop", "openid": "o"}, "`event` is missing"),
        (phone.follow, {}, "`account` is missing"),
        (phone.accept, {"account": "shop"}, "`openid` is missing"),
        (phone.customer, {"account": "shoop", "openid": "o", "text": "x"}, "there are: shop"),
        (control.console, {"account": "shoop", "menu": {}}, "there is no account `shoop`"),
        (control.clock, {"seconds": "soon"}, "cannot be read"),
        (control.window, {"account": "shop", "openid": "o", "left": None}, "cannot be read"),
        (control.fault, {}, "`path` is missing"),
        (control.rate, {"im": "x"}, "cannot be read"),
        (play.seat, {"seat": "alice"}, "`to` is missing"),
        (odd.odd, {"account": "shop", "openid": "o", "name": "x"}, "GET /play/odd"),
        (odd.odd, {"seat": "alice", "to": "c", "name": "x"}, "GET /play/odd"),
    ],
)
def test_it_says_what_is_wrong(view, body, said):
    found = answer(view, json.dumps(body))
    assert found.status_code == 400
    assert said in json.loads(found.content)["error"]


@pytest.mark.parametrize("body", ["", "{", "[1]", '"x"'])
def test_what_is_no_object_is_answered_too(body):
    assert answer(control.console, body).status_code == 400


@pytest.mark.parametrize(
    "given", [{"button": [{"name": "a"}]}, {"is_menu_open": 1, "selfmenu_info": {"button": [{"name": "a"}]}}]
)
def test_a_menu_may_be_given_as_wechat_answers_it(given):
    answer(control.console, json.dumps({"account": "shop", "menu": given}))
    assert state.of("shop").console_menu == {"button": [{"name": "a"}]}


def test_a_fault_of_the_sandbox_itself_stays_one():
    request = RequestFactory().post("/play/x")
    handled = wrong.WrongMiddleware(lambda _request: None)
    assert handled.process_exception(request, KeyError("x")) is None
    assert handled.process_exception(RequestFactory().post("/wechat/x"), ValueError("x")) is None
    assert "sandbox.wrong.WrongMiddleware" in settings.MIDDLEWARE
