"""`manage.py token USER`: makes an API token and prints it, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from seats.actors import may_use
from seats.api import authentication, scopes


class Command(BaseCommand):
    help = "Make an API token for a user and print it. Only a digest of it is kept, so it is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the user's name")
        parser.add_argument("--days", type=int, default=90, help=f"1 to {authentication.LONGEST}; 90 by default")
        parser.add_argument(
            "--scope", action="append", choices=list(scopes.SCOPES), help="may be repeated; read and answer by default"
        )
        parser.add_argument("--name", default="", help="what the token is for, in your own words")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token alone to standard output, so that a script can take it, and what it is to standard error."""
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(_("There is no user %s who may sign in.") % options["user"])
        if not may_use(user):
            raise CommandError(_("%s has neither a seat nor a role: a token could do nothing.") % user)
        if not 1 <= options["days"] <= authentication.LONGEST:
            raise CommandError(_("--days is 1 to %d.") % authentication.LONGEST)
        chosen = options["scope"] or [scopes.READ, scopes.ANSWER]
        row, token = authentication.make_token(user, options["days"], chosen, options["name"][:60])
        said = _("%(user)s, %(scopes)s, until %(until)s; shown this once:")
        until = f"{row.expiry:%Y-%m-%d}"
        self.stderr.write(said % {"user": user, "scopes": scopes.words(chosen), "until": until})
        self.stdout.write(token)
