"""The Django project as a WSGI server asks it."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from tests.guarding.apps import django_project

__all__ = ["app", "django_project"]

app = get_wsgi_application()
