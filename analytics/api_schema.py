"""How the schema of the API describes reports."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


def _number() -> serializers.FloatField:
    return serializers.FloatField(allow_null=True)


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class KeyField(serializers.Field[Any, Any, Any, Any]):
    """What a row is about: an id, a slug or another word."""


class ReportNameSerializer(serializers.Serializer[Any]):
    """A report by its name."""

    name = serializers.CharField()
    title = serializers.CharField()


class MetricSerializer(serializers.Serializer[Any]):
    """A metric and its unit: lengths of time are in seconds, shares from 0 to 1."""

    name = serializers.CharField()
    label = serializers.CharField()
    unit = serializers.CharField()


class DefinedMetricSerializer(MetricSerializer):
    """A metric, and what it counts."""

    definition = serializers.CharField()


class ReportsSerializer(serializers.Serializer[Any]):
    """The reports and metrics that there are."""

    reports = ReportNameSerializer(many=True)
    metrics = DefinedMetricSerializer(many=True)


class TileSerializer(MetricSerializer):
    """One number, and the same of the period before; null where nothing is known."""

    value = _number()
    before = _number()


class SeriesSerializer(serializers.Serializer[Any]):
    """One line or one colour of bars of a chart."""

    name = serializers.CharField()
    label = serializers.CharField()
    values = serializers.ListField(child=_number())


class ChartSerializer(serializers.Serializer[Any]):
    """A chart: its labels stand along the axis, one for each value of a series."""

    name = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    series = SeriesSerializer(many=True)


class RowSerializer(serializers.Serializer[Any]):
    """One row of a table, its values by the metrics' names."""

    key = KeyField()
    label = serializers.CharField(allow_blank=True)
    values = serializers.DictField(child=_number())


class TableSerializer(serializers.Serializer[Any]):
    """A table; `total` is of everything together."""

    name = serializers.CharField()
    title = serializers.CharField()
    by = serializers.CharField()
    rows = RowSerializer(many=True)
    total = serializers.DictField(child=_number())


class ReportSerializer(serializers.Serializer[Any]):
    """A report's numbers; those of days that are not over are made until `made_until`."""

    report = serializers.CharField()
    made_until = serializers.DateTimeField(allow_null=True)
    before_until = serializers.DateTimeField(allow_null=True)
    tiles = TileSerializer(many=True)
    charts = ChartSerializer(many=True)
    tables = TableSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with those whose names are no names in Python."""
        return {**super().get_fields(), "from": serializers.DateField(), "to": serializers.DateField()}
