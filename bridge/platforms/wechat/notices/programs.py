"""Notice templates by the API: fetched, with their blanks and what stands in each, and who may send them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from bridge.backoffice.programs import CHANGE, DELETE, moment, resource
from bridge.base import clock
from bridge.models import Template
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.notices import blanks, fetching
from bridge.platforms.wechat.notices.blanks import UNTYPED
from bridge.platforms.wechat.notices.forms import FIELDS
from bridge.values.outcomes import DeliveryError


class BlankSerializer(serializers.Serializer[Any]):
    """A blank of a template: what stands before it, how many characters it takes, and the words in it, "" for none yet."""

    name = serializers.CharField()
    label = serializers.CharField()
    most = serializers.IntegerField()
    words = serializers.CharField(allow_blank=True)


class NoticeTemplateSerializer(serializers.Serializer[Any]):
    """A template as WeChat has approved it, what stands in its blanks, and when it is sent.

    `words` are sent by the names of blanks, those alone that change. `ready`: something stands in each; `gone`: WeChat has it
    no more.
    """

    id = serializers.IntegerField(read_only=True)
    account = serializers.CharField(read_only=True)
    remote_id = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=Template.Kind.choices, read_only=True)
    title = serializers.CharField(read_only=True)
    body = serializers.CharField(read_only=True, allow_blank=True)
    blanks = BlankSerializer(many=True, read_only=True)
    words = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=UNTYPED), write_only=True, required=False
    )
    url = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    app_id = serializers.CharField(required=False, allow_blank=True, max_length=64)
    path = serializers.CharField(required=False, allow_blank=True, max_length=500)
    for_seats = serializers.BooleanField(required=False)
    when_held = serializers.BooleanField(required=False)
    ready = serializers.BooleanField(read_only=True)
    gone = serializers.BooleanField(read_only=True)
    fetched_at = serializers.DateTimeField(read_only=True)


class FetchSerializer(serializers.Serializer[Any]):
    """Of which account, by its slug; without one, of all."""

    account = serializers.CharField(required=False, max_length=50)


class FetchedSerializer(serializers.Serializer[Any]):
    """What came of it, account by account. `code` is "" where it went well, else WeChat's code, with its words in `detail`."""

    class FetchedOfAccountSerializer(serializers.Serializer[Any]):
        account = serializers.CharField()
        templates = serializers.IntegerField(allow_null=True)
        code = serializers.CharField(allow_blank=True)
        detail = serializers.CharField(allow_blank=True)

    results = FetchedOfAccountSerializer(many=True)


@resource("templates", "bridge.template", (CHANGE, DELETE))
class TemplateView:
    """A template of an account. They are made in WeChat's console; one that WeChat has no more can be deleted."""

    acts = {"fetch": "fetch"}

    def get_serializer_class(self) -> type[Any]:
        """Return how a template looks: its form has numbered fields, one for each blank."""
        return NoticeTemplateSerializer

    def shown(self, one: Template) -> dict[str, Any]:
        """Return the template as the API shows it."""
        same = ("remote_id", "kind", "title", "body", "url", "app_id", "path", "for_seats", "when_held")
        return {
            "id": one.pk, "account": one.account.slug, **{name: getattr(one, name) for name in same},
            "blanks": [_blank(one, name) for name in one.blanks], "ready": one.is_ready, "gone": one.gone,
            "fetched_at": moment(one.fetched_at),
        }  # fmt: skip

    def in_form(self, instance: Template, given: dict[str, Any]) -> dict[str, Any]:
        """Return the words by the form's fields. Raises: ValidationError where the template has no such blank."""
        fields = {name: field for field, name in self.names_of(instance).items()}
        words = given.pop("words", {})
        if unknown := sorted(set(words) - set(fields)):
            known = _("Unknown; known are: %s.") % (", ".join(fields) or "-")
            raise ValidationError({f"words.{name}": known for name in unknown})
        return {**given, **{fields[name]: said for name, said in words.items()}}

    def names_in_form(self, instance: Template) -> dict[str, str]:
        """Return where in `words` each of the form's fields stands."""
        return {field: f"words.{name}" for field, name in self.names_of(instance).items()}

    @staticmethod
    def names_of(template: Template) -> dict[str, str]:
        """Return the blanks by the form's fields."""
        return dict(zip(FIELDS, template.blanks, strict=False))

    @extend_schema(request=FetchSerializer, responses=FetchedSerializer)
    @action(detail=False, methods=["post"])
    def fetch(self, request: Request) -> Response:
        """Fetch the templates from WeChat; what is no longer there is marked so, and what stands in the blanks stays."""
        sent = FetchSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        rows = WeChatAccount.objects.order_by("name")
        if slug := sent.validated_data.get("account"):
            rows = rows.filter(slug=slug)
            if not rows:
                raise ValidationError({"account": _("There is no %s here.") % slug})
        return Response({"results": [_fetched(account) for account in rows]})


def _blank(template: Template, name: str) -> dict[str, Any]:
    label, words = blanks.label(template.body, name), template.words.get(name, "")
    return {"name": name, "label": label, "most": blanks.most(name), "words": words}


def _fetched(account: WeChatAccount) -> dict[str, Any]:
    try:
        count = fetching.fetch(account, clock.now())
    except DeliveryError as error:
        return {"account": account.slug, "templates": None, "code": error.code, "detail": error.reason}
    return {"account": account.slug, "templates": count, "code": "", "detail": ""}
