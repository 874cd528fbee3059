"""The form of an automatic answer: each kind has its fields, is kept, and shown again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from bridge.base import clock
from bridge.media.sweep import sweep
from bridge.models import AutoAnswer, Media
from bridge.platforms.answer_fields import AnswerFields
from bridge.values.content import Link, Menu, Text, Voice
from tests.support.samples import picture

pytestmark = [pytest.mark.either, pytest.mark.usefixtures("english")]
FIELDS = AnswerFields("answer")
SAYS = {
    "text": ({"answer_text": "Hello"}, Text("Hello")),
    "card": (
        {"answer_title": "News", "answer_description": "of today", "answer_url": "https://x/1"},
        Link("News", "https://x/1", "of today"),
    ),
    "menu": (
        {"answer_text": "Which?", "answer_choices": "Repairs\nSales"},
        Menu("Which?", ({"id": "auto-1", "text": "Repairs"}, {"id": "auto-2", "text": "Sales"})),
    ),
}


def sent(values: dict[str, str], before: AutoAnswer | None = None, **files: SimpleUploadedFile):
    """Return a form that was sent with these values, and what it says."""
    form = type("AnswerForm", (forms.Form,), FIELDS.make())(values, files)
    FIELDS.show(form, before)
    form.is_valid()
    return form, FIELDS.read(form, before)


@pytest.mark.parametrize("kind", SAYS)
def test_what_is_written_is_said_and_shown_again(db, kind):
    values, content = SAYS[kind]
    form, said = sent({"answer_kind": kind, **values})
    assert (said, form.errors) == (content, {})
    shown = type("AnswerForm", (forms.Form,), FIELDS.make())()
    FIELDS.show(shown, AutoAnswer.keep(said))
    assert shown["answer_kind"].value() == kind
    assert {name: shown[name].value() for name in values} == values


def test_what_is_wrong_stands_at_its_field(db):
    form, said = sent({"answer_kind": "card", "answer_title": "News", "answer_url": "x"})
    assert said is None
    assert list(form.errors) == ["answer_url"]


def test_a_picture_is_stored_and_stays_as_long_as_the_answer_names_it(db):
    form, said = sent({"answer_kind": "picture"}, answer_picture=SimpleUploadedFile("map.png", picture()))
    assert (form.errors, said.name) == ({}, "map.png")
    answer = AutoAnswer.keep(said)
    assert answer.media == Media.objects.get()
    Media.objects.update(used_at=clock.now() - timedelta(days=400))
    assert sweep() == 0
    _form, again = sent({"answer_kind": "picture"}, answer)
    assert again == said
    answer.delete()
    assert sweep() == 1


def test_what_is_no_picture_is_refused(db):
    form, said = sent({"answer_kind": "picture"}, answer_picture=SimpleUploadedFile("a.png", b"no picture"))
    assert said is None
    assert list(form.errors) == ["answer_picture"]


def test_a_kind_that_the_form_does_not_write_stays_as_it_is(db):
    media = Media.objects.create(sha256="1", kind="voice", size=9, created_at=clock.now(), used_at=clock.now())
    answer = AutoAnswer.keep(Voice(media=media.pk))
    form, said = sent({"answer_kind": "kept"}, answer)
    assert (said, form.errors) == (answer.said, {})


def test_an_answer_is_never_changed_but_made_anew(db):
    first = AutoAnswer.keep(Text("Hello"))
    assert AutoAnswer.keep(Text("Hello"), first) == first
    assert AutoAnswer.keep(Text("Good day"), first).pk != first.pk
    first.refresh_from_db()
    assert first.said == Text("Hello")


def test_without_need_there_may_be_none():
    form = type("AnswerForm", (forms.Form,), AnswerFields("other", required=False).make())({"other_kind": ""})
    assert form.is_valid()
    assert AnswerFields("other", required=False).read(form, None) is None


def test_a_field_is_shown_for_its_kinds():
    assert FIELDS.shown_when()["answer_text"] == "answer_kind == 'text' || answer_kind == 'menu'"
