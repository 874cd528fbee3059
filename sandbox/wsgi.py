"""The WSGI entry point of the sandbox. It keeps its world in memory: one process, many threads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
application = get_wsgi_application()
