"""Lists as files and files as rows: no cell is a formula, Chinese survives, and what is wrong is said in words."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from analytics.delivery import files
from bridge.admin.exporting import CSV, XLSX
from bridge.models import AutoAnswer, Conversation, Customer
from bridge.values.cells import guarded
from chatbots.models import FaqEntry
from seats.models import CannedReply, SeatGroup

pytestmark = pytest.mark.once
LIVE = ("=1+1", "==1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "  =1+1")
EXPORTS = {
    "/admin/bridge/conversation/export/": lambda word: Conversation.objects.update(summary=word),
    "/admin/bridge/customer/export/": lambda word: Customer.objects.update(remark=word),
    "/admin/seats/cannedreply/export/": lambda word: CannedReply.objects.create(title=word, text="x"),
    "/admin/chatbots/faqentry/export/": lambda word: FaqEntry.objects.create(keywords=word, answer=AutoAnswer.of("x")),
}


def exported(client, address: str, number: int) -> bytes:
    page = client.get(address).content.decode()
    names = {line.split('"')[0] for line in page.split('name="')[1:]}
    chosen = {
        name: "on"
        for name in names
        if name.startswith(("conversationresource", "customerresource", "faqresource", "cannedreplyresource"))
    }
    answer = client.post(address, {"format": str(number), "resource": "0", **chosen})
    assert answer.status_code == 200, answer
    return answer.content


@pytest.mark.parametrize("address", EXPORTS)
@pytest.mark.parametrize("word", ["==1+1", "@SUM(A1)"])
def test_no_cell_of_a_list_is_a_formula(talking, admin_client, address, word):
    EXPORTS[address](word)
    book = openpyxl.load_workbook(io.BytesIO(exported(admin_client, address, 0)))
    cells = [cell for row in book.active.rows for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert f"'{word}" in [cell.value for cell in cells]
    raw = exported(admin_client, address, 1)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert f"'{word}" in [cell for row in rows for cell in row]
    assert word not in [cell for row in rows for cell in row]


@pytest.mark.parametrize("word", LIVE)
def test_every_beginning_of_a_formula_is_guarded(word):
    assert guarded(word) == f"'{word}"
    assert files.as_csv([[word]]).lstrip("\ufeff").strip("\r\n").strip('"').startswith("'")


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_what_was_taken_along_comes_back_as_it_was(kind):
    from tablib import Dataset

    given = Dataset(("=a", "退款"), headers=("keywords", "answer"))
    taken = kind().export_data(given)
    back = kind().create_dataset(taken if isinstance(taken, bytes) else taken.encode())
    assert back.dict == given.dict


def sent(client, raw: bytes, address: str = "/admin/chatbots/faqentry/import/") -> str:
    file = SimpleUploadedFile("faq.csv", raw, content_type="text/csv")
    return client.post(address, {"format": "1", "import_file": file, "resource": "0"}).content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_file_may_be_utf_8_or_gbk(db, admin_client, encoding):
    page = sent(admin_client, "id,account,keywords,answer,position,enabled\n,,退货,七天内可退,0,1\n".encode(encoding))
    assert "七天内可退" in page
    assert "process_import" in page


def test_what_is_neither_is_refused_in_words(db, admin_client):
    assert "既不是 UTF-8 也不是 GBK" in sent(admin_client, b"id,keywords\n,\xff\xff\xff\n")


def test_what_is_wrong_in_which_row_is_said_in_words(db, admin_client):
    SeatGroup.objects.create(slug="sales", name="sales")
    rows = "id,title,text,group,seat,position\n,问好,您好,sales,,0\n,再见,再见,nowhere,,0\n"
    page = sent(admin_client, rows.encode("gbk"), "/admin/seats/cannedreply/import/")
    assert "没有座席组“nowhere”" in page
    assert "does not exist" not in page
    assert "matching query" not in page


@pytest.mark.parametrize(
    "query", ["from=0001-01-01", "to=0001-01-01", "from=9999-12-31&to=9999-12-31", "to=9999-12-31"]
)
@pytest.mark.parametrize("page", ["overview", "explore", "behind/opened"])
def test_days_of_other_times_are_refused_in_words(db, admin_client, query, page):
    answer = admin_client.get(f"/admin/reports/{page}/?{query}")
    assert answer.status_code == 200
    assert "请选择 2000 年到 2100 年之间的日期" in answer.content.decode()


def test_last_week_and_last_month_are_among_the_usual_times(db, admin_client):
    page = admin_client.get("/admin/reports/overview/?range=last_month").content.decode()
    today = timezone.localdate()
    last = today.replace(day=1) - timezone.timedelta(days=1)
    assert f"{last:%Y-%m}-01 – {last:%Y-%m-%d}" in page
    assert "range=week" in page
