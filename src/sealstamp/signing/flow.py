"""What the authentication flows of httpx and httpx2 have in common: when to sign, and when to sign again."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

from anyio import to_thread  # both libraries have it

from sealstamp.errors import SigningError
from sealstamp.signing.signer import REFUSED, SERVER_TIME, OriginSigner


class Sends(Protocol):
    """Signs a request of one library."""

    signer: OriginSigner

    def signed(self, request: Any) -> Any:
        """Return a signed copy."""


def is_home(signer: OriginSigner, request: Any) -> bool:
    """Tell whether a request goes to the origin that is signed for."""
    url = request.url
    return signer.origin.is_of(url.scheme, url.host, url.port)


def has_learnt(signer: OriginSigner, response: Any) -> bool:
    """Tell whether the same request, signed anew, may do better."""
    return response.status_code >= 400 and signer.heed(response.status_code, response.headers.get(SERVER_TIME))


async def prepare(signer: OriginSigner) -> None:
    """Ask for the credential, in a thread if that may take its time."""
    if not signer.is_prepared:
        await to_thread.run_sync(signer.prepare)


async def has_learnt_meanwhile(signer: OriginSigner, response: Any) -> bool:
    """Do as ``has_learnt``, in a thread if another credential may be asked for."""
    if response.status_code in REFUSED:
        return await to_thread.run_sync(has_learnt, signer, response)
    return has_learnt(signer, response)


def may_repeat(request: Any) -> bool:
    """Tell whether the body is still there: a stream can be sent only once."""
    return hasattr(request, "_content")


def flow(auth: Sends, request: Any) -> Generator[Any, Any, None]:
    """Sign the request, and every one that a redirect within the origin led to.

    A client builds redirects from what it sent; what signs is left out of that. So a redirected request first goes
    without, and only if it is refused once more with a signature of its own. Raises SigningError for another origin.
    """
    if not is_home(auth.signer, request):
        raise SigningError(f"this signs for {auth.signer.origin} alone; take another auth for another origin")
    sent = auth.signed(request)
    response = yield sent
    if response.request is sent and has_learnt(auth.signer, response) and may_repeat(request):
        sent = auth.signed(request)
        response = yield sent
    while _is_refused_hop(auth.signer, response, sent):
        if auth.signer.reads_body:
            response.request.read()  # it is in memory: that of the first request was
        sent = auth.signed(response.request)
        response = yield sent


def step(steps: Generator[Any, Any, None], response: Any) -> Any:
    """Return what is to be sent after a response, or first after None; None where that was all."""
    try:
        return steps.send(response)
    except StopIteration:
        return None


async def step_meanwhile(signer: OriginSigner, steps: Generator[Any, Any, None], response: Any) -> Any:
    """Do as ``step``, in a thread if another credential may be asked for."""
    await prepare(signer)
    if response is not None and response.status_code in REFUSED:
        return await to_thread.run_sync(step, steps, response)
    return step(steps, response)


def _is_refused_hop(signer: OriginSigner, response: Any, sent: Any) -> bool:
    hop = response.request
    return hop is not sent and 400 <= response.status_code < 500 and is_home(signer, hop)
