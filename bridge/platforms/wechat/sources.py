"""How customers came to follow an account, as WeChat names it (`subscribe_scene` of user/info) and as people read it.

Source: developers.weixin.qq.com/doc/offiaccount/User_Management/Get_users_basic_information_UnionID.html
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from bridge.values.foreign import text_of

_WORDS = {
    "ADD_SCENE_SEARCH": gettext_lazy("search for the account"),
    "ADD_SCENE_ACCOUNT_MIGRATION": gettext_lazy("moved over from another account"),
    "ADD_SCENE_PROFILE_CARD": gettext_lazy("a shared card of the account"),
    "ADD_SCENE_QR_CODE": gettext_lazy("a QR code"),
    "ADD_SCENE_PROFILE_LINK": gettext_lazy("the account's name in an article"),
    "ADD_SCENE_PROFILE_ITEM": gettext_lazy("an article's menu"),
    "ADD_SCENE_PAID": gettext_lazy("after a payment"),
    "ADD_SCENE_WECHAT_ADVERTISEMENT": gettext_lazy("an advertisement in WeChat"),
    "ADD_SCENE_REPRINT": gettext_lazy("an article that others reprinted"),
    "ADD_SCENE_LIVESTREAM": gettext_lazy("a live stream in Channels"),
    "ADD_SCENE_CHANNELS": gettext_lazy("WeChat Channels"),
    "ADD_SCENE_WXA": gettext_lazy("a mini program"),
    "ADD_SCENE_OTHERS": gettext_lazy("another way"),
}
OTHERS = "ADD_SCENE_OTHERS"
_OURS = "ADD_SCENE_"  # how WeChat's own names begin; a QR code's scene is the account's own word


def way_of(said: dict[str, Any]) -> str:
    """Return by which way somebody began to follow, as user/info says; "" where it does not."""
    way = text_of(said.get("subscribe_scene"))
    return way if way in _WORDS or not way else OTHERS


def source_words(scene: str) -> str:
    """Return where the customer came from: a QR code's scene as the account has named it, WeChat's own names in words."""
    if scene.startswith(_OURS):
        return str(_WORDS.get(scene, _WORDS[OTHERS]))
    return scene
