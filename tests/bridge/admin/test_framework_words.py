"""The framework's own sentences in Chinese: no blank between a verb and the name of a thing, no word that the glossary rules out."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import gettext, override

from bridge.models import AutoAnswer
from chatbots.models import Welcome

pytestmark = pytest.mark.once
NAMED = [
    "Delete %(name)s",
    "Successfully deleted %(count)d %(items)s.",
    "The {name} “{obj}” was added successfully.",
    "The {name} “{obj}” was changed successfully.",
    "Select all %(total_count)s %(module_name)s",
    "Are you sure you want to delete the selected %(objects_name)s? All of the following objects and their related items will be deleted:",
    "Deleting the %(object_name)s '%(escaped_object)s' would require deleting the following protected related objects:",
]


@pytest.mark.parametrize("msgid", NAMED)
def test_the_name_of_a_thing_follows_its_verb_at_once(msgid):
    with override("zh-hans"):
        said = gettext(msgid)
    assert said != msgid
    assert not re.search(r"[\u4e00-\u9fff] (%\((name|items|module_name|objects?_name)\)s|\{name\})", said)


def test_pages_say_it_so(db, admin_client):
    welcome = Welcome.objects.create(answer=AutoAnswer.of("您好"))
    base = f"/admin/chatbots/welcome/{welcome.pk}"
    zh = {"headers": {"accept-language": "zh-hans"}}
    page = " ".join(admin_client.get(f"{base}/change/", **zh).content.decode().split())
    assert f'href="{base}/delete/"' in page
    assert page.count("删除欢迎语") == 1
    assert "删除 欢迎语" not in page
    asked = admin_client.get(f"{base}/delete/", **zh).content.decode()
    assert "确定删除欢迎语" in asked
    assert "小结" not in asked
    listed = admin_client.get("/admin/chatbots/welcome/", **zh).content.decode()
    assert "过滤器" not in listed
    assert "筛选" in listed
    en = {"headers": {"accept-language": "en"}}
    assert "Delete welcome" in " ".join(admin_client.get(f"{base}/change/", **en).content.decode().split())
