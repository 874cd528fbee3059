"""Model fields of our own."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models
from encrypted_fields.fields import EncryptedCharField

logger = logging.getLogger(__name__)


class KeyField(models.CharField):
    """A short key compared byte by byte, also on MySQL.

    MySQL's usual collations ignore case, but openids differ by case: two customers would share one lane.
    """

    def db_type(self, connection: Any) -> str | None:
        if connection.vendor == "mysql":
            return f"varchar({self.max_length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        return super().db_type(connection)


class SecretField(EncryptedCharField):
    """A text that is encrypted in the database, with keys derived from SECRET_KEY and its fallbacks.

    The library's own field tells plain from encrypted by a mark that it sets on the field while a form is checked. The
    field is shared by all threads, and after a value that is refused the mark stays: from then on the process reads
    ciphertext. Here only what comes from the database is decrypted, and nothing is marked.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        try:
            return self.f.decrypt(value.encode()).decode()
        except InvalidToken:
            logger.error("%s cannot be decrypted: was SECRET_KEY changed without SECRET_KEY_FALLBACKS?", self)
            return ""

    def to_python(self, value: Any) -> Any:
        return models.CharField.to_python(self, value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return models.CharField.clean(self, value, model_instance)


@cache
def cipher() -> Fernet | MultiFernet:
    """Return what encrypts secrets that lie elsewhere than in a column, with the same keys."""
    return SecretField().f
