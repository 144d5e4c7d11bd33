"""Bodies that are compared with their signed digest on the way to the upstream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

from sealstamp.core.bodycheck import BodyCheck, DigestCheck
from sealstamp.core.toldbody import tell_unchecked
from sealstamp.errors import MalformedCredentialsError, VerificationError

Pieces = AsyncIterator[bytes]


class BodyUnderCheck:
    """The body of a request whose signature is right, while nobody has seen its bytes.

    ``accept`` is called when the body is the signed one, ``refuse`` when it is not. The latter raises Answered, so that
    what the check has held back never gets to the upstream. ``may_be_unseen`` is whether the API leaves the check to
    an application where the door sees no body.
    """

    def __init__(
        self,
        check: BodyCheck,
        accept: Callable[[], None],
        refuse: Callable[[VerificationError], None],
        *,
        may_be_unseen: bool,
    ) -> None:
        self._check = check
        self._accept = accept
        self._refuse = refuse
        self._may_be_unseen = may_be_unseen

    def leave_unseen(self) -> bytes:
        """Decide without the body, and return what the application is told of it.

        Raises Answered where the API does not let it be unseen.
        """
        if self._may_be_unseen:
            self._accept()
        else:
            self._refuse(
                MalformedCredentialsError("a digest of the body is signed, and this door does not see the body")
            )
        return tell_unchecked(self._check.expected())

    def compare(self, digests: Mapping[str, bytes]) -> bool:
        """Decide by digests that somebody else has made of the body; tell whether they sufficed.

        Raises Answered for a body that is not as it was signed.
        """
        if not isinstance(self._check, DigestCheck):
            return False
        try:
            sufficed = self._check.compare(digests)
        except VerificationError as refusal:
            self._refuse(refusal)
            return True
        if sufficed:
            self._accept()
        return sufficed

    async def through(self, pieces: Pieces) -> Pieces:
        """Yield the body as it may go on. Raises Answered for one that is not as it was signed."""
        try:
            async for piece in pieces:
                if ready := self._check.update(piece):
                    yield ready
            rest = self._check.finish()
        except VerificationError as refusal:
            self._refuse(refusal)
            raise
        self._accept()
        if rest:
            yield rest


class ObservedBody(BodyUnderCheck):
    """The same at an API that only observes: every byte passes, and what would have been refused is told."""

    async def through(self, pieces: Pieces) -> Pieces:
        """Yield the body as it comes."""
        wrong: VerificationError | None = None
        async for piece in pieces:
            wrong = wrong or self._outcome_of(partial(self._check.update, piece))
            yield piece
        wrong = wrong or self._outcome_of(self._check.finish)
        if wrong is None:
            self._accept()
        else:
            self._refuse(wrong)

    def _outcome_of(self, step: Callable[[], bytes]) -> VerificationError | None:
        try:
            step()
        except VerificationError as refusal:
            return refusal
        return None
