"""Authentication, permissions and throttling for Django REST framework.

::

    REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["sealstamp.guarding.drf.AccessKeyAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["sealstamp.guarding.drf.HasScopes"],
        "DEFAULT_THROTTLE_CLASSES": ["sealstamp.guarding.drf.AccessKeyThrottle"],
        "DEFAULT_THROTTLE_RATES": {"access_key": "100/min"},
    }

The guard is that of the setting ``SEALSTAMP``, as with the middleware of ``sealstamp.guarding.django``, which is not
needed beside; what it has admitted is not verified again.
"""

from __future__ import annotations

import json
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from sealstamp.core.verifier import Principal
from sealstamp.guarding.django import admit, guard_of_settings
from sealstamp.server.answers import Answered

_UNAUTHORIZED = 401


class AccessKeyUser:
    """Who signed, as ``request.user``: a Principal in the form that Django expects of users."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = is_superuser = False

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.pk = self.id = principal.access_key_id
        self.username = principal.consumer

    def get_username(self) -> str:
        """Return the consumer's name."""
        return self.username

    def __str__(self) -> str:
        return self.username


class AccessKeyAuthentication(BaseAuthentication):  # type: ignore[misc]  # the framework has no types
    """``request.user`` is an AccessKeyUser and ``request.auth`` the Principal. Nobody unsigned gets past it."""

    def authenticate(self, request: Request) -> tuple[AccessKeyUser, Principal] | None:
        """Return who signed, None where nobody has to. Raises APIException, with the refusal."""
        whole = request._request  # noqa: SLF001  # where the framework keeps Django's own
        principal = getattr(whole, "access_key", None)
        try:
            principal = principal or admit(guard_of_settings(), whole)
        except Answered as done:
            raise refusal_of(done) from None
        return None if principal is None else (AccessKeyUser(principal), principal)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "AccessKey"


class HasScopes(BasePermission):  # type: ignore[misc]  # as above
    """Lets in who signed with a key that has every one of the view's ``required_scopes``."""

    message = "the access key lacks a scope"
    code = "permission_denied"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the key may be used for the view."""
        principal = request.auth
        return isinstance(principal, Principal) and set(getattr(view, "required_scopes", ())) <= set(principal.scopes)


class AccessKeyThrottle(SimpleRateThrottle):  # type: ignore[misc]  # as above
    """Counts requests by access key, in Django's cache, as often as the rate ``access_key`` says."""

    scope = "access_key"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return what is counted together; None for who did not sign."""
        principal = request.auth
        if not isinstance(principal, Principal):
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": principal.access_key_id})


def refusal_of(done: Answered) -> APIException:
    """Return a refusal as the framework raises it; ``Retry-After`` is kept."""
    answer = done.answer
    detail = json.loads(answer.body)
    refusal = AuthenticationFailed(detail) if answer.status == _UNAUTHORIZED else APIException(detail)
    refusal.status_code = answer.status
    wait = dict(answer.headers).get(b"retry-after")
    if wait is not None:
        refusal.wait = int(wait)
    return refusal
