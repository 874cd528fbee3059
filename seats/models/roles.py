"""Which of the roles that a site begins with were made."""

from __future__ import annotations

from django.db import models


class ReadyMadeRole(models.Model):
    """A role that was made at the site's first start: it is not made again, whatever has become of it since."""

    slug = models.SlugField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.slug
