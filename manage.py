#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        _say_where_the_database_is_away(error)
        raise


def _say_where_the_database_is_away(error: Exception) -> None:
    """End with one sentence where no connection was made; an error within one is told as it is."""
    from django.conf import settings
    from django.db import connection

    from config.run import reach

    if connection.connection is None and "--traceback" not in sys.argv:
        sys.exit(reach.of("DATABASE_URL", settings, error))


if __name__ == "__main__":
    main()
