"""Cases as files: ``SCHEME/scheme.json``, and in ``SCHEME/CASE/`` the circumstances, the request and the stages."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sealstamp.core.asymmetric import is_key_text, load_key, public_pem
from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.verifier import NEVER_MS, ReplayBy
from sealstamp.vectors.case import Case, Key, Signing
from sealstamp.vectors.wire import write_request

Files = Mapping[str, bytes]
"""Contents by path; a path has ``/`` between its parts."""


def scheme_files(scheme: Scheme, cases: Iterable[Case]) -> Files:
    """Return the files of a scheme's cases, by their path below the scheme's folder."""
    cases = tuple(cases)
    files = {"scheme.json": _json(_scheme_document(scheme, cases))}
    for case in cases:
        files |= {f"{case.name}/{name}": content for name, content in case_files(case).items()}
    return files


def case_files(case: Case) -> Files:
    """Return the files of one case, by name. Raises VectorError for a request that cannot be written."""
    files = {"case.json": _json(case_document(case)), "request.http": write_request(case.request)}
    files |= {name: write_request(request) for name, request in zip(_before(case), case.before, strict=True)}
    if case.accepted:
        files["stages.json"] = _json([{"name": stage.name, "text": stage.text} for stage in case.stages()])
    return files


def case_document(case: Case) -> dict[str, Any]:
    """Return what ``case.json`` says; ``vectors/README.md`` tells what each name means."""
    return {
        "scheme": case.scheme.name,
        "case": case.name,
        "title": case.title,
        "kind": "accept" if case.accepted else "reject",
        "reason": case.reason.value,
        **({"like": case.like} if case.like else {}),
        **({"source": case.source} if case.source else {}),
        "parameters": dict(case.parameters),
        "access_key": _key(case.key),
        "now": datetime.fromtimestamp(case.now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        + f".{case.now_ms % 1000:03}Z",
        "now_ms": case.now_ms,
        "url_scheme": case.request.scheme.decode(),
        "once": _guard(case),
        "before": _before(case),
        **({"signing": _signing(case.signing)} if case.signing else {}),
    }


def _guard(case: Case) -> str:
    by = case.guard or (ReplayBy.NONCE if case.scheme.nonce else ReplayBy.OFF)
    return "nothing" if by is ReplayBy.OFF else by.value


def _before(case: Case) -> list[str]:
    return [f"before-{number}.http" for number, _ in enumerate(case.before, 1)]


def _key(key: Key) -> dict[str, Any]:
    return {
        **credential_document(key.credential),
        "usable_until_ms": None if key.usable_until_ms == NEVER_MS else key.usable_until_ms,
        "for_this_api": key.permitted,
    }


def credential_document(credential: Credential) -> dict[str, Any]:
    """Return an access key pair as data; a vector's secret is no secret."""
    secret = credential.secret.reveal()
    public = {"public_key": public_pem(credential.secret.parsed(load_key)).decode()} if is_key_text(secret) else {}
    extras = {name: extra.reveal().decode() for name, extra in credential.extras.items()}
    return {
        "id": credential.access_key_id,
        "secret": secret.decode(),
        **public,
        **({"extras": extras} if extras else {}),
    }


def _signing(signing: Signing) -> dict[str, Any]:
    return {
        "time_ms": signing.time_ms,
        "nonce": signing.nonce,
        "values": dict(signing.values),
        "unsigned": _unsigned(signing.unsigned),
    }


def _unsigned(request: Request) -> dict[str, Any]:
    return {
        "method": request.method.decode(),
        "target": request.target.decode(),
        "headers": [[name.decode(), value.decode()] for name, value in request.headers],
        "body_base64": base64.b64encode(request.body or b"").decode(),
    }


def _scheme_document(scheme: Scheme, cases: tuple[Case, ...]) -> dict[str, Any]:
    covered = coverage_of(scheme)
    return {
        "scheme": scheme.name,
        "title": scheme.title,
        "vendor": scheme.vendor,
        "url": scheme.url,
        "summary": scheme.summary,
        "covered": [part.value for part in Covered if part in covered],
        "not_covered": [part.value for part in Covered if part not in covered],
        "accept": sum(case.accepted for case in cases),
        "reject": sum(not case.accepted for case in cases),
        "cases": {case.name: case.reason.value for case in cases},
        "description": tomllib.loads(scheme.source),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"
