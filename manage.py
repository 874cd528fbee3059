#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command, execute_from_command_line
    from django.db.utils import OperationalError, ProgrammingError

    if sys.argv[1:] in (["version"], ["--version"]):
        # Django takes these words for itself, and would say its own version.
        django.setup()
        call_command("version")
        return
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        _say_what_the_database_lacks(error)
        raise


def _say_what_the_database_lacks(error: Exception) -> None:
    """End with one sentence where no connection was made or tables are missing; another error is told as it is."""
    from django.conf import settings
    from django.db import connection

    from config.run import reach

    if "--traceback" in sys.argv:
        return
    if reach.lacks_tables(error):
        sys.exit(reach.without_tables(settings, error))
    if connection.connection is None:
        sys.exit(reach.of("DATABASE_URL", settings, error))


if __name__ == "__main__":
    main()
