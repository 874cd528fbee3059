"""FAQ entries as rows of a file."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from import_export import fields, resources
from import_export.widgets import Widget

from bridge.admin.exporting import Named
from bridge.models import Account, AutoAnswer
from bridge.values.auto_answers import TEXT, kind_of, trouble_with
from bridge.values.content import Content, Text
from chatbots.models import FaqEntry


class Said(Widget):
    """A cell that holds an answer: the words of a text, of any other kind its JSON."""

    def render(self, value: AutoAnswer | None, obj: Any = None, **words: Any) -> str:
        if value is None:
            return ""
        content = value.said
        return content.text if isinstance(content, Text) else json.dumps(content.to_json(), ensure_ascii=False)

    def clean(self, value: Any, row: Any = None, **words: Any) -> AutoAnswer | None:
        """Raises: ValueError for what is no answer, which stands beside the row then."""
        said = str(value or "").strip()
        if not said:
            return None
        content = _read(said)
        if wrong := trouble_with(content)[1]:
            raise ValueError(wrong)
        return _with_file(content) if getattr(content, "media", 0) else AutoAnswer.keep(content)


def _with_file(content: Any) -> AutoAnswer:
    """Return the answer that carries this file already. Raises: ValueError.

    A file's number in a cell may be any file's, also one that a customer has sent.
    """
    known = next((one for one in AutoAnswer.objects.filter(media=content.media) if one.said == content), None)
    if known is None:
        raise ValueError(_("There is no answer with this file here. Choose the picture on the entry's own page."))
    return known


def _read(said: str) -> Content:
    if not said.startswith('{"type"'):
        return Text(said)
    try:
        content = Content.from_json(json.loads(said))
    except (ValueError, KeyError, TypeError):
        raise ValueError(_("The answer cannot be read. Write its words.")) from None
    if kind_of(content) == TEXT:
        raise ValueError(_("The answer cannot be read. Write its words."))
    return content


class FaqResource(resources.ModelResource):
    """FAQ entries; an account by its slug. A row with an id changes that entry, one without makes a new one."""

    account = fields.Field(attribute="account", column_name="account", widget=Named(Account, "slug"))
    answer = fields.Field(attribute="answer", column_name="answer", widget=Said())

    class Meta:
        model = FaqEntry
        fields = ("id", "account", "keywords", "match", "answer", "position", "enabled")
        export_order = fields
        skip_unchanged = True
        clean_model_instances = True
