"""The books of a store that is open in this process: every operation as the service has it, without the wire."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sealstamp.cli import output
from sealstamp.cli.apply import apply_file
from sealstamp.cli.books.port import Books
from sealstamp.client.answers import error_of
from sealstamp.client.wanted import Wanted
from sealstamp.core.request import Request
from sealstamp.keys.acts.act import Act
from sealstamp.resources import AuditProof, AuditVerdict
from sealstamp.resources.apply import Applied
from sealstamp.server.management import (
    access_keys,
    access_requests,
    apis,
    apply,
    audit,
    consumers,
    invitations,
    mail,
    operators,
    plans,
    schemes,
    usage,
)
from sealstamp.server.management.operations import Call, Operation
from sealstamp.server.management.problems import STATUS, ProblemError
from sealstamp.server.management.reading import read_body, read_if_match, read_path, read_query

if TYPE_CHECKING:
    from sealstamp.server.management.services import Services

T = TypeVar("T")
_STEP: Final = 100_000


class LocalBooks(Books):
    """Carries out what a service would be asked, for the actor of ``act``, who has every role."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def close(self) -> None:
        """Do nothing: whoever opened the store closes it."""

    def together(self) -> AbstractContextManager[None]:
        """Keep all that is done in the block, or nothing."""
        return self._act.store.transaction()

    def apply_file(self, file: Path, *, prune: bool, dry_run: bool) -> Applied:
        """Make the store match a file, which may name schemes by their files too."""
        changes = apply_file(file, self._act, prune=prune, dry_run=dry_run)
        return Applied(dry_run=dry_run, changes=apply.told(changes))

    def verify_audit(self, query: AuditProof | None = None) -> AuditVerdict:
        """Prove the audit whole, and tell how far that has come."""
        return audit.verdict_on(self._act.store, query or AuditProof(), _say_progress)

    def _send(self, wanted: Wanted[T]) -> T:
        operation, path = _find(wanted)
        headers = [(name.encode(), value.encode()) for name, value in wanted.headers.items()]
        request = Request(wanted.method.encode(), wanted.target.encode(), headers, body=wanted.body)
        try:
            return cast(T, self._perform(operation, path, request, wanted.body))
        except ProblemError as problem:
            raise error_of(STATUS[problem.code], problem.answer("").body) from None

    def _perform(self, operation: Operation, path: dict[str, str], request: Request, body: bytes) -> Any:
        call = _LocalCall(
            services=cast("Services", self._act),  # of which operations that run here take store and sealer alone
            operator=None,
            request_id="",
            now_ms=self._act.now_ms,
            path=read_path(path),
            query=read_query(operation, request),
            body=read_body(operation, request, body),
            expected_version=read_if_match(operation, request),
        )
        assert operation.run is not None  # noqa: S101  # those that run at the door are not among them
        with self.together() if operation.writes else nullcontext():
            return operation.run(call).value


def _say_progress(number: int) -> None:
    if number % _STEP == 0:
        output.note(f"{number} entries are whole")


class _LocalCall(Call[Any, Any]):
    """A call of somebody who needs no operator key, for the store is theirs."""

    __slots__ = ()

    def act(self) -> Act:
        return replace(cast(Act, self.services), expected_version=self.expected_version)


@cache
def _operations() -> tuple[Operation, ...]:
    modules = (
        *(access_keys, access_requests, apis, audit, consumers, invitations),
        *(mail, operators, plans, schemes, usage),
    )
    return tuple(operation for module in modules for operation in module.OPERATIONS)


def _find(wanted: Wanted[Any]) -> tuple[Operation, dict[str, str]]:
    """Return the operation at a path, and what the path says; of several the one that says more itself."""
    segments = wanted.target.partition("?")[0].split("/")
    found = [
        (operation, path)
        for operation in _operations()
        if operation.method == wanted.method and (path := _match(operation.path.split("/"), segments)) is not None
    ]
    return min(found, key=lambda one: len(one[1]))


def _match(template: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    said: dict[str, str] = {}
    for part, segment in zip(template, segments, strict=True):
        if part.startswith("{"):
            said[part.strip("{}")] = segment
        elif part != segment:
            return None
    return said
