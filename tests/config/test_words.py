"""The product's Chinese: words that its glossary rules out do not come back, in the catalogue or in templates."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import django
import pytest

BASE = Path(__file__).resolve().parents[2]
CATALOGUE = BASE / "locale/zh_Hans/LC_MESSAGES/django.po"
# What the glossary rules out, and what stands for it instead; where a text is right with it all the same, its words.
RULED_OUT: dict[str, tuple[str, tuple[str, ...]]] = {
    "帐号": ("账号", ()),
    "坐席": ("座席", ()),
    "席位": ("座席", ()),
    "督导": ("主管", ()),
    "运维": ("管理员", ()),
    "技能组": ("座席组", ()),
    "本组": ("座席组", ()),
    "订阅号": ("公众号（原订阅号）", ("公众号（原订阅号）",)),
    "IP白名单": ("IP 白名单", ()),
    "点选菜单": ("菜单消息", ()),
    "时间窗": ("窗口期", ()),
    "允许条数": ("剩余条数", ()),
    "来信": ("客户（再）发消息", ()),
    "队列长度": ("排队人数", ()),
    "领取": ("接入", ()),
    "接起": ("接入", ()),
    "移交": ("转接", ()),
    "让出": ("转接", ()),
    "指派": ("改派", ()),
    "完结": ("结束", ()),
    "激活": ("重新打开", ("设备激活率",)),
    "个投递": ("条投递", ()),
    "称呼": ("备注名", ()),
    "总结": ("小结", ()),
    "摘要": ("小结", ()),
    "监听": ("旁听", ()),
    "强插": ("插话", ()),
    "密语": ("耳语", ()),
    "现场": ("实时监控", ()),
    "智能客服": ("机器人", ()),
    "助手": ("机器人", ()),
    "通信日志": ("接口日志", ()),
    "打分": ("评分", ()),
    "访客": ("客户", ()),
    "这么多秒": ("此秒数", ()),
    "不认识": ("what is wrong", ()),
    "这样做": ("使用此命令", ()),
    "我们的错误": ("what happened", ()),
    "腾讯 IM": ("腾讯云 IM", ()),
    "发言": ("发消息", ()),
    "说话": ("发消息", ()),
    "接新会话": ("可接待", ("不接新会话", "不再接新会话")),
    "！": ("no exclamation marks", ()),
    "微信公众平台": ("微信开发者平台", ()),
    "应答": ("响应 of machines, 回复 of seats", ("应答包",)),
    "答复": ("回复", ()),
    "休息": ("非工作时间", ()),
    "上班": ("工作时间", ("调休上班",)),
    "等待中": ("排队中 or 待发送", ()),
    "还能发": ("还可发", ()),
    "条，到 ": ("截至", ()),
    "，单位": ("（秒）, or a length of time", ()),
    "通信": ("接口日志", ("即时通信",)),
    "通道": ("处理通道", ("处理通道",)),
    "令牌": ("API 令牌, Token", ("API 令牌",)),
    "队列": ("排队", ("消息队列", "Celery 队列", "仲裁队列")),
    "放弃": ("取消 of deliveries", ("放弃排队", "放弃前排队")),
    "空闲": ("空位", ("无空闲座席时", "空闲工作台", "空闲连接", "空闲最久", "空闲自", "已空闲")),
    "接待数": ("接待中, 接待上限", ()),
    "#list": ("#列表", ("`#list`",)),
    "#online": ("#上线", ("`#online`",)),
    "#leave": ("#退出旁听", ("`#leave`",)),
    "#help": ("#帮助", ("`#help`",)),
}


def translations() -> list[str]:
    """Return the Chinese of every entry of the catalogue."""
    found = re.findall(r'^msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', CATALOGUE.read_text("utf-8"), re.MULTILINE)
    return ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', one)) for one in found]


def in_templates() -> list[str]:
    """Return the lines with Chinese of templates and pages' scripts."""
    paths = [path for folder in ("templates", "seats/static", "analytics/static", "sandbox/templates", "sandbox/static")
             for path in (BASE / folder).rglob("*") if path.suffix in (".html", ".js") and "im-desk" not in path.parts]  # fmt: skip
    return [
        line.strip() for path in paths for line in path.read_text("utf-8").splitlines() if re.search("[一-鿿]", line)
    ]


def in_docs() -> list[str]:
    """Return the lines of the Chinese documents."""
    paths = [*(BASE / "docs").rglob("*.zh-CN.md"), BASE / "README.zh-CN.md"]
    return [line.strip() for path in paths for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("word", RULED_OUT)
def test_it_does_not_come_back(word):
    instead, right = RULED_OUT[word]
    found = []
    for text in (*translations(), *in_templates(), *in_docs()):
        without = text
        for allowed in right:
            without = without.replace(allowed, "")
        if word in without:
            found.append(text[:80])
    assert found == [], f"write {instead}"


def test_the_catalogue_is_read():
    assert len(translations()) > 1400
    assert "客户" in "".join(translations())


@pytest.mark.parametrize("page", ["security.md", "security.zh-CN.md"])
def test_every_test_that_the_page_on_security_names_is_there(page):
    named = re.findall(r"`(tests/[^`]+\.py)`", (BASE / "docs" / page).read_text("utf-8"))
    assert len(named) > 20
    assert [one for one in named if not (BASE / one).exists()] == []


def _msgids(catalogue: Path) -> set[str]:
    found = re.findall(r'^msgid ((?:".*"\n)+)', catalogue.read_text("utf-8"), re.MULTILINE)
    return {"".join(ast.literal_eval(line) for line in one.splitlines()) for one in found} - {""}


def test_what_we_say_otherwise_than_django_is_collected():
    """A text of Django's that no source of ours names would go from the catalogue with the next `make messages`."""
    home = Path(django.__file__).parent
    theirs = set[str]().union(*map(_msgids, home.glob("co*/**/locale/en/LC_MESSAGES/django.po")))
    folders = ("analytics", "bridge", "chatbots", "config", "seats", "templates")
    files = [one for name in folders for kind in ("py", "html") for one in (BASE / name).rglob(f"*.{kind}")]
    sources = "\n".join(one.read_text("utf-8") for one in files)
    ours = {one for one in _msgids(CATALOGUE) & theirs if one.split("\n")[0][:60] not in sources}
    assert not ours, "name them in config/backoffice_texts.py"
