"""The Django project as an ASGI server asks it, with the schemes that only such servers can tell."""

from __future__ import annotations

from django.conf import settings
from django.core.asgi import get_asgi_application

from tests.guarding.apps import django_project
from tests.guarding.keys import SCHEMES

__all__ = ["app", "django_project"]

settings.SEALSTAMP["schemes"] = SCHEMES
app = get_asgi_application()
