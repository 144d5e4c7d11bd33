"""A Django project with the middleware, and views of the REST framework; one of them guards itself."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path

from tests.guarding.apps.telling import target_of, told
from tests.guarding.keys import KEYS, MAX_BODY, WSGI_SCHEMES

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["sealstamp.guarding.django.AccessKeyMiddleware"],
    SEALSTAMP={
        "schemes": WSGI_SCHEMES,
        "keys": f"{__name__}.KEYS",
        "max_body": MAX_BODY,
        "exempt": ["/healthz", "/alone"],
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["sealstamp.guarding.drf.AccessKeyAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["sealstamp.guarding.drf.HasScopes"],
        "DEFAULT_THROTTLE_RATES": {"access_key": "2/day"},
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from rest_framework.response import Response  # noqa: E402  # Django must be set up before
from rest_framework.views import APIView  # noqa: E402

from sealstamp.guarding.django import require  # noqa: E402
from sealstamp.guarding.drf import AccessKeyThrottle  # noqa: E402

__all__ = ["KEYS"]


def echo(request: HttpRequest) -> HttpResponse:
    scope = getattr(request, "scope", None)
    target = target_of(scope) if scope else request.environ["RAW_URI"].encode("latin-1")
    return JsonResponse(told(request.access_key, target, request.body))


@require("orders:write")
def scoped(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.access_key.access_key_id)


@require("orders:write")
async def scoped_later(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.access_key.access_key_id)


class Orders(APIView):  # type: ignore[misc]  # the framework has no types
    required_scopes = ("orders:read",)

    def get(self, request: Any) -> Response:
        return Response({"user": str(request.user), "by": request.auth.access_key_id})

    def post(self, request: Any) -> Response:
        return Response({"user": str(request.user), "data": request.data})


class Writing(Orders):
    required_scopes = ("orders:write",)


class Rare(Orders):
    throttle_classes = (AccessKeyThrottle,)


urlpatterns = [
    path("scoped", scoped),
    path("scoped/later", scoped_later),
    path("orders/drf", Orders.as_view()),
    path("alone", Orders.as_view()),
    path("writing", Writing.as_view()),
    path("rare", Rare.as_view()),
    re_path("", echo),
]
