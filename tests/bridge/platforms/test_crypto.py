"""Our crypto against independent implementations, and against itself."""

import base64
import contextlib
import json
import time
import zlib

import pytest
import TLSSigAPIv2
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from bridge.platforms.tencent_im import crypto as im_crypto
from bridge.platforms.wechat import crypto
from tests.support.actors import AES_KEY, APP_ID, OTHER_AES_KEY, TOKEN

KEY = crypto.decode_key(AES_KEY)


@given(
    st.binary(max_size=3000), st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40)
)
def test_what_is_encrypted_comes_back(message, app_id):
    assert crypto.decrypt(crypto.encrypt(message, KEY, app_id), KEY, app_id) == message


@given(st.binary(max_size=400), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_never_passes_as_another_error(message, position, change):
    data = bytearray(base64.b64decode(crypto.encrypt(message, KEY, APP_ID)))
    data[position % len(data)] ^= change
    with contextlib.suppress(crypto.CryptoError):
        crypto.decrypt(base64.b64encode(bytes(data)), KEY, APP_ID)


@given(st.binary(max_size=200))
def test_noise_is_refused_as_noise(noise):
    with pytest.raises(crypto.CryptoError):
        crypto.decrypt(base64.b64encode(noise), KEY, APP_ID)


def test_another_app_id_and_another_key_are_told_apart():
    ciphertext = crypto.encrypt(b"<xml/>", KEY, "wx-another")
    with pytest.raises(crypto.ForeignAppError):
        crypto.decrypt(ciphertext, KEY, APP_ID)
    with pytest.raises(crypto.CryptoError):
        crypto.decrypt(crypto.encrypt(b"<xml/>", KEY, APP_ID), crypto.decode_key(OTHER_AES_KEY), APP_ID)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=500))
def test_wechatpy_opens_what_we_encrypt(text):
    oracle = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    ciphertext = crypto.encrypt(text.encode(), KEY, APP_ID)
    signature = crypto.signature(TOKEN, "1", "n", ciphertext)
    body = f"<xml><ToUserName>x</ToUserName><Encrypt>{ciphertext}</Encrypt></xml>"
    opened = oracle.decrypt_message(body, signature, "1", "n")
    assert (opened if isinstance(opened, str) else opened.decode()) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=500))
def test_we_open_what_wechatpy_encrypts(text):
    body = WeChatCrypto(TOKEN, AES_KEY, APP_ID).encrypt_message(text, "nonce", "123")
    ciphertext = body.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert crypto.decrypt(ciphertext, KEY, APP_ID).decode() == text


def test_the_handshake_signature_agrees_with_wechatpy():
    check_signature(TOKEN, crypto.signature(TOKEN, "1764000000", "abc"), "1764000000", "abc")


@pytest.mark.parametrize("bad", ["", "short", "!" * 43, AES_KEY + "A"])
def test_a_bad_key_is_refused(bad):
    with pytest.raises(crypto.CryptoError):
        crypto.decode_key(bad)


@pytest.mark.parametrize("identifier", ["administrator", "alice", "1.oGZUI0egBJY1zhBYw2KhdUfwVJJE"])
@pytest.mark.parametrize("now", [1_700_000_000, 1_764_000_123])
def test_user_sig_agrees_with_the_official_library(monkeypatch, identifier, now):
    monkeypatch.setattr(time, "time", lambda: now)
    theirs = TLSSigAPIv2.TLSSigAPIv2(1400000001, "im-secret").gen_sig(identifier, 86400)
    ours = im_crypto.user_sig(1400000001, "im-secret", identifier, now, 86400)
    assert _opened(ours) == _opened(theirs)


def _opened(sig: str) -> dict:
    return json.loads(zlib.decompress(base64.b64decode(sig.replace("*", "+").replace("-", "/").replace("_", "="))))


def test_callback_signature_is_sha256_of_token_and_time():
    # sha256 of "tok1764000000", computed with another tool.
    import hashlib

    assert im_crypto.callback_signature("tok", "1764000000") == hashlib.sha256(b"tok1764000000").hexdigest()
    assert not im_crypto.callback_signature_matches("", "tok", "1764000000")
