"""The published vectors: signatures that vendors, their SDKs and the standards print, kept in ``published.json``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.scheme import LIFETIME, TIMESTAMP, Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.unpacking import make_pair_lister
from sealstamp.schemes import get_scheme, scheme_names


@dataclass(frozen=True)
class Vector:
    """One published signature: the request, what it was signed with, and the value that came out."""

    name: str
    scheme: str
    facts: dict[str, Any]

    @property
    def request(self) -> Request:
        """The request as published, which may have some of what the scheme's signer puts there."""
        asked = self.facts["request"]
        scheme, _, rest = asked["url"].partition("://")
        authority = re.split("[/?]", rest, maxsplit=1)[0]
        target = rest.removeprefix(authority)
        if self.name in NO_SLASH:
            target = target.removeprefix("/")
        elif not target.startswith("/"):
            target = "/" + target
        headers = [(name.lower().encode(), value.encode()) for name, value in asked["headers"]]
        if not any(name == b"host" for name, _ in headers):
            headers.insert(0, (b"host", authority.encode()))
        return Request(
            asked["method"].encode(),
            target.encode(),
            headers,
            scheme=scheme.encode(),
            authority=authority.encode(),
            body=None if self.name in WITHOUT_BODY else asked["body"].encode(),
        )

    @property
    def credential(self) -> Credential:
        """The pair it was signed with."""
        extras = {name: text(self.facts["params"].get(name, "")) for name in get_scheme(self.scheme).extras}
        return Credential.of(self.facts["access_key_id"], self.facts["secret"], **extras)

    @property
    def time_ms(self) -> int | None:
        """The time it was signed at, in Unix milliseconds; None where it carries none."""
        time, text = self.configured.time, self.facts["timestamp"].encode()
        return time.format.read(text) if time and text else None

    @property
    def made_ms(self) -> int | None:
        """When it was made: what expires was made its lifetime before the time that is published."""
        scheme, time_ms = self.configured, self.time_ms
        if scheme.time is None or time_ms is None or TIMESTAMP in scheme.carried:
            return time_ms
        return time_ms - int(scheme.parameters[LIFETIME]) * scheme.time.unit_ms

    @property
    def configured(self) -> Scheme:
        """The scheme, with those of the vector's parameters that it declares."""
        declared = {parameter.name for parameter in get_scheme(self.scheme).declared}
        named = {_OUR_NAMES.get((self.scheme, name), name): value for name, value in self.facts["params"].items()}
        given = {name: text(value) for name, value in named.items() if name in declared}
        return get_scheme(self.scheme, given)

    def sign(self, scheme: Scheme | None = None) -> tuple[Request, str]:
        """Sign as published; return the signed request, and the value in the place that the vector names."""
        signer = Signer(scheme or self.configured, self.credential)
        instructions = signer.sign(self.request, time_ms=self.made_ms, nonce=self.facts["nonce"] or None)
        wanted, _, key = self.facts["expected"]["name"].lower().partition(".")
        values = {place.name.lower(): value.decode() for place, value in instructions.additions}
        value = self._pair(values[wanted].encode(), key) if key else values.get(wanted, "")
        return instructions.apply(self.request), value

    def _pair(self, packed: bytes, key: str) -> str:
        """Return the value of one pair of the scheme's packed text."""
        return dict(make_pair_lister(self.configured.listed_pairs, frozenset())(packed))[key.encode()].decode()


_OUR_NAMES = {("oauth1", "method"): "signature_method"}
"""Parameters that the vectors call otherwise than our scheme does."""


def text(value: object) -> str:
    """Write a parameter as the command line takes it: a list has ``;`` between its items, and what is not is empty."""
    return ";".join(value) if isinstance(value, list) else "" if value is False else str(value)


NO_SLASH = frozenset(
    {
        "azure-storage/get-container-2015-12-11",
        "azure-storage/get-container-2018-03-28",
        "qiniu/qbox-nobody",
        "qiniu/qbox-form",
        "qiniu/v2-0",
        "qiniu/v2-1",
        "qiniu/v2-2",
        "wechat-jssdk/doc",
    }
)
"""Vectors whose path is empty, or lacks its leading slash, which no request on the wire has."""

_DECLARES_SHA1 = "a request that declares HMAC-SHA1 and is signed by another hash function"
ALTERED = {
    "aliyun-rpc/openapi-util": (
        "neither a method, a key, a time nor a nonce",
        {
            r"(?s)\[fields\].*?\[sign\]": '[fields]\nsignature = "query Signature"\n[sign]',
            r"signature_(method|version) +=.*\n|\|add:'Signature(Method|Version)',signature_(method|version)": "",
        },
    ),
    "oauth1/rfc5849-HMAC-SHA256": (_DECLARES_SHA1, {"hmac:sha1,key": "hmac:sha256,key"}),
    "oauth1/rfc5849-HMAC-SHA512": (_DECLARES_SHA1, {"hmac:sha1,key": "hmac:sha512,key"}),
}
"""Vectors of requests that the scheme rightly refuses, why, and what to alter in its file to get their values."""

WITHOUT_BODY = {"aws-s3/chunked-seed", "oss-v1/header", "upyun/sdk"}
"""Vectors whose body is not published: what their head says of it is signed as it stands there."""
OTHER_FORM = {"aws-s3/chunked-seed": "aws-sigv4-chunk", "oss-v4/presign": "aliyun-oss-v4-url"}
"""Vectors of another form of the scheme that they name: with a body in chunks, in the URL and not in a header."""
IN_THE_BODY = "aws-s3/chunked-chunks"
"""The vector whose signatures stand in the body; tests/plugins/test_aws_chunked.py has it."""
TOLD_BY_REQUESTS = "rfc9421"
"""The scheme whose requests say themselves what they cover; tests/plugins/test_rfc9421_vectors.py has its vectors."""


def published() -> list[Vector]:
    """Return the vectors of every scheme that is in the catalogue.

    Some are set up for our notation: Binance's mixed request has the Content-Type of its form and says where its time
    travels, CoinEx's two say that their signature is in upper case, Hawk's and Kong's name a parameter. What they sign
    and what comes out is as published.
    """
    return [
        vector
        for vector in _read("published.json")
        if vector.name not in ALTERED and vector.name != IN_THE_BODY and vector.scheme != TOLD_BY_REQUESTS
    ]


def altered() -> list[Vector]:
    """Return the vectors of requests that their schemes refuse."""
    return [vector for vector in _read("published.json") if vector.name in ALTERED]


def _read(file: str) -> list[Vector]:
    known = set(scheme_names())
    entries = json.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    named = [(facts["id"], OTHER_FORM.get(facts["id"], facts["scheme"]), facts) for facts in entries]
    return [Vector(name, scheme, facts) for name, scheme, facts in named if scheme in known]
