"""Media files."""

from __future__ import annotations

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bridge.admin.paging import LatelyFilter, LongTable, SinceFilter
from bridge.backoffice.pages import LogAdmin
from bridge.media import links
from bridge.models import Media


@admin.register(Media)
class MediaAdmin(LongTable, LogAdmin):
    """Files that came in or went out."""

    list_display = ("id", "kind", "mime", "shown_size", "seconds", "opened", "created_at", "used_at")
    list_filter = ("kind", LatelyFilter.of("mime", gettext_lazy("type")), SinceFilter.of("created_at"))
    search_fields = ("sha256", "=id")
    ordering = ("-pk",)
    fields = ("kind", "mime", "size", "width", "height", "seconds", "opened", "sha256", "created_at", "used_at")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def shown_size(self, media: Media) -> str:
        return filesizeformat(media.size)

    @admin.display(description=gettext_lazy("file"))
    def opened(self, media: Media) -> str:
        if not media.ready:
            return "-"
        link = '<a class="underline" href="{}" target="_blank" rel="noopener">{}</a>'
        return format_html(link, links.url(media), _("open"))
