"""The part of a form that is about an automatic answer: its kind, and the fields of that kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from bridge.media import store
from bridge.media.errors import MediaError
from bridge.media.reception import receive
from bridge.models import AutoAnswer, Media
from bridge.values.auto_answers import CARD, KINDS, MENU, PICTURE, TEXT, kind_of, menu_of, trouble_with
from bridge.values.content import Content, Image, Link, Menu, Text
from bridge.values.text import file_size

MOST_BYTES = 10 * 1024**2  # of a picture
KEPT = "kept"  # an answer of a kind that the form does not write, such as a voice that was taken over
_ANSWER = _("what is answered")
# Which kinds have which field.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "text": (TEXT, MENU),
    "choices": (MENU,),
    "picture": (PICTURE,),
    "title": (CARD,),
    "description": (CARD,),
    "url": (CARD,),
    "picture_url": (CARD,),
}


@dataclass(frozen=True)
class AnswerFields:
    """The fields of one automatic answer; their names begin with `name`. Without `required` there may be no answer."""

    name: str = "answer"
    label: Any = _ANSWER
    required: bool = True

    def names(self) -> list[str]:
        """Return the names of the fields, in order."""
        return [f"{self.name}_{part}" for part in ("kind", *_PARTS)]

    def shown_when(self) -> dict[str, str]:
        """Return for each field the condition under which the theme shows it, as `conditional_fields` of an admin."""
        kind = f"{self.name}_kind"
        return {
            f"{self.name}_{part}": " || ".join(f"{kind} == '{one}'" for one in kinds) for part, kinds in _PARTS.items()
        }

    def make(self) -> dict[str, forms.Field]:
        """Return the fields by their names."""
        lines = UnfoldAdminTextareaWidget(attrs={"rows": 4})
        made: dict[str, forms.Field] = {
            "kind": forms.ChoiceField(
                label=self.label, required=self.required, choices=self._kinds(), widget=UnfoldAdminSelectWidget,
                initial=TEXT if self.required else "",
            ),
            "text": forms.CharField(label=_("words"), required=False, widget=lines),
            "choices": forms.CharField(
                label=_("answers to tap"), required=False, widget=lines,
                help_text=_("One a line. A tap counts as writing these words."),
            ),
            "picture": forms.FileField(
                label=_("picture"), required=False, widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/*"}),
            ),
            "title": _line(_("title"), 100),
            "description": _line(_("description"), 200),
            "url": _line(_("address"), 1000, _("Where a tap on the card leads.")),
            "picture_url": _line(_("address of the picture"), 1000, _("Empty: a card without a picture.")),
        }  # fmt: skip
        for field in made.values():
            field.label = capfirst(field.label)
        return {f"{self.name}_{part}": field for part, field in made.items()}

    def _kinds(self) -> list[tuple[str, Any]]:
        return [*([] if self.required else [("", _("none"))]), *KINDS]

    def show(self, form: forms.BaseForm, answer: AutoAnswer | None) -> None:
        """Fill the form's fields with what the answer says."""
        if answer is None:
            return
        content = answer.said
        kind: Any = form.fields[f"{self.name}_kind"]
        kind.initial = kind_of(content) or KEPT
        if kind.initial == KEPT:
            kind.choices = [*self._kinds(), (KEPT, gettext("as it is: %s") % answer)]
        for part, value in _parts_of(content).items():
            form.fields[f"{self.name}_{part}"].initial = value
        if isinstance(content, Image):
            words = gettext("Now: %s. Choose another one to change it.") % (content.name or gettext("a picture"))
            form.fields[f"{self.name}_picture"].help_text = words

    def read(self, form: forms.BaseForm, before: AutoAnswer | None) -> Content | None:
        """Return what a form that was sent says, None for nothing or for what is wrong: the form has the error then."""
        kind = form.cleaned_data.get(f"{self.name}_kind", "")
        if not kind:
            return None
        if kind == KEPT:
            return before.said if before else None
        try:
            content = self._content(kind, form.cleaned_data, before)
        except forms.ValidationError as error:
            form.add_error(f"{self.name}_picture", error)
            return None
        part, wrong = trouble_with(content)
        if wrong:
            form.add_error(f"{self.name}_{part}", wrong)
        return None if wrong else content

    def _content(self, kind: str, data: Mapping[str, Any], before: AutoAnswer | None) -> Content:
        given: dict[str, Any] = {part: data.get(f"{self.name}_{part}") or "" for part in _PARTS}
        match kind:
            case "picture":
                known = before.said if before else None
                if isinstance(given["picture"], UploadedFile):
                    return picture_of(given["picture"])
                return known if isinstance(known, Image) else Image()
            case "card":
                return Link(given["title"], given["url"].strip(), given["description"], given["picture_url"].strip())
            case "menu":
                return menu_of(given["text"], given["choices"].splitlines())
        return Text(given["text"])


def _line(label: Any, most: int, words: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=most, help_text=words, widget=UnfoldAdminTextInputWidget
    )


def _parts_of(content: Content) -> dict[str, str]:
    match content:
        case Text(text=text):
            return {"text": text}
        case Link() as card:
            parts = ("title", "description", "url", "picture_url")
            return {part: getattr(card, part) for part in parts}
        case Menu() as menu:
            return {"text": menu.head, "choices": "\n".join(one.text for one in menu.choices)}
    return {}


def picture_of(uploaded: UploadedFile) -> Image:
    """Store a picture that was uploaded, and return what carries it. ValidationError where it is none, or too large."""
    if (uploaded.size or 0) > MOST_BYTES:
        raise forms.ValidationError(gettext("At most %s.") % file_size(MOST_BYTES))
    with store.draft() as drafted:
        with drafted.path.open("wb") as file:
            for chunk in uploaded.chunks():
                file.write(chunk)
        try:
            media = receive(drafted, Image)
        except MediaError as error:
            raise forms.ValidationError(error.reason) from None
    if media.kind != Media.Kind.IMAGE:
        raise forms.ValidationError(gettext("This is no picture."))
    return Image(media=media.pk, name=uploaded.name or "", width=media.width, height=media.height, size=media.size)


class AnsweringForm(forms.ModelForm):
    """A form of rows with automatic answers, each in a foreign key of the name that its `answers` say.

    A subclass names no such key in its `Meta.fields`, and is passed through `with_answers`.
    """

    answers: ClassVar[tuple[AnswerFields, ...]] = (AnswerFields(),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.answers:
            one.show(self, self._now(one))

    def _now(self, one: AnswerFields) -> AutoAnswer | None:
        return getattr(self.instance, one.name) if getattr(self.instance, f"{one.name}_id") else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._said = {one.name: one.read(self, self._now(one)) for one in self.answers}
        return cleaned

    def save(self, commit: bool = True) -> Any:
        for one in self.answers:
            said = self._said[one.name]
            setattr(self.instance, one.name, AutoAnswer.keep(said, self._now(one)) if said else None)
        return super().save(commit)


F = TypeVar("F", bound=type[AnsweringForm])


def with_answers(form: F) -> F:
    """Return the form with the fields of its answers."""
    fields: dict[str, forms.Field] = {}
    for one in form.answers:
        fields |= one.make()
    metaclass: Any = type(form)
    return metaclass(form.__name__, (form,), {"__doc__": form.__doc__, "__module__": form.__module__, **fields})
