"""The schema of the API: what drf-spectacular reads off the views, and the errors that each of them may answer with."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from seats.api import scopes
from seats.api.authentication import SealedTokenAuthentication
from seats.api.problems import MEDIA_TYPE

NO_ZERO, SOME_WORDS = r"^[^\u0000]*$", r"^[^\u0000]*\S[^\u0000]*$"
RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait.", "required": True}
CHANGES = ("post", "put", "patch")
WORDS = {
    "400": "The request is wrong: `errors` says which fields.",
    "401": "Nobody is signed in, or the token is not valid (any more).",
    "403": "You may not do this.",
    "404": "There is no such thing, or it is not yours to see.",
    "405": "The address does not take this method.",
    "406": "The answer cannot be had in the form that was asked for.",
    "409": "Not done, for the reason in `detail`.",
    "415": "The body is of a type that is not read here.",
    "429": "Too many requests; `Retry-After` says for how many seconds to wait.",
    "500": "An error of ours; it is written down.",
}


class FieldErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457): `code` is for programs, `detail` for people, in the language that was asked for."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    errors = FieldErrorSerializer(many=True, required=False)


class ProblemSchema(AutoSchema):
    """Adds to each operation the errors that it may answer with, where the view does not describe them itself."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        found = super()._get_response_bodies(direction)
        for code in self._codes():
            found.setdefault(code, self._problem(code))
        for code, described in found.items():
            described["description"] = described["description"] or WORDS.get(code, "")
        return found

    def get_description(self) -> str:
        """Say also which scope a token needs."""
        classes = self.view.get_authenticators()
        if not any(isinstance(one, SealedTokenAuthentication) for one in classes):
            return super().get_description()
        return (
            f"{super().get_description()}\n\nA token needs the scope `{scopes.needed(self.view, self.method)}`.".strip()
        )

    def _map_serializer_field(self, field: Any, direction: str, *more: Any, **words: Any) -> Any:
        """Say also what DRF refuses in texts: no words at all, and the character 0."""
        found = super()._map_serializer_field(field, direction, *more, **words)
        plain = type(field) is serializers.CharField and direction == "request" and "$ref" not in found
        if plain and "pattern" not in found:
            blank = field.allow_blank or not field.trim_whitespace
            found["pattern"] = NO_ZERO if blank else SOME_WORDS
        return found

    def _codes(self) -> list[str]:
        codes = ["400", "401", "403", "404", "405", "406", "429"]
        if getattr(self.view, "action", None) in getattr(self.view, "refuses", ()):
            codes.append("409")
        return [*codes, "415"] if self.method.lower() in CHANGES else codes

    def _problem(self, code: str) -> dict[str, Any]:
        reference = self.resolve_serializer(ProblemSerializer(), "response").ref
        headers = {"headers": {"Retry-After": RETRY_AFTER}} if code == "429" else {}
        return {"content": {MEDIA_TYPE: {"schema": reference}}, "description": WORDS[code], **headers}
