"""What the ``Auth`` of requests and that of niquests have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sealstamp.errors import SigningError
from sealstamp.signing.bodies import as_bytes
from sealstamp.signing.signer import SERVER_TIME, OriginSigner


class PreparedAuth:
    """Signs prepared requests to one origin; refuses to sign for another, with SigningError.

    Once a request was sent it is as it was before, so nothing that signs is in what a redirect is made of. Within the
    origin a redirected request goes unsigned first, and signed if that was refused.
    """

    _parse_url: Callable[[str], Any]

    def __init__(self, signer: OriginSigner) -> None:
        self.signer = signer

    def __call__(self, request: Any) -> Any:
        """Sign, and take note of the answer."""
        if not self._is_home(request):
            raise SigningError(f"this signs for {self.signer.origin} alone; take another auth for another origin")
        body = as_bytes(request.body, read=self.signer.reads_body)
        if body is not None and request.body is not None:
            self._set_body(request, body)
        unsigned = request.copy()
        self._sign(request)
        request.register_hook("response", partial(self._answered, request, unsigned))
        return request

    def _is_home(self, request: Any) -> bool:
        url = self._parse_url(request.url)
        return self.signer.origin.is_of(url.scheme or "", url.host or "", url.port)

    def _sign(self, request: Any) -> None:
        url = self._parse_url(request.url)
        lines = [(_raw(name), _raw(value)) for name, value in request.headers.items()]
        body = as_bytes(request.body, read=False)
        signed = self.signer.sign(request.method, url.request_uri.encode(), lines, body)
        request.headers.update(signed.headers)
        if signed.body is not None:
            self._set_body(request, signed.body)
        request.url = f"{url.scheme}://{url.netloc}{signed.target.decode()}"

    def _set_body(self, request: Any, body: bytes) -> None:
        request.body = body
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(body))

    def _answered(self, sent: Any, unsigned: Any, response: Any, *_: Any, **settings: Any) -> Any:
        """Leave nothing that signs in the request; send it once more, or a redirected one, where that helps."""
        request = response.request
        if request is sent:
            request.url, request.headers, request.body = unsigned.url, unsigned.headers.copy(), unsigned.body
            if as_bytes(request.body, read=False) is None:
                return response  # a stream is sent only once
            again = self.signer.heed(response.status_code, response.headers.get(SERVER_TIME))
        else:
            again = 400 <= response.status_code < 500 and self._is_home(request)
        return self._send_again(request, response, settings) if again else response

    def _send_again(self, request: Any, response: Any, settings: Any) -> Any:
        response.content  # noqa: B018  # read to its end, so that the connection can be used again
        response.close()
        signed = request.copy()
        self._sign(signed)
        answer = response.connection.send(signed, **settings)
        answer.history.append(response)
        return answer


def _raw(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value
