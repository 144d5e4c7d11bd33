"""What is kept of a decision: a count for Prometheus, usage, and, of a refusal, a line in the log."""

from __future__ import annotations

from sealstamp.core.verifier import BoundKey
from sealstamp.errors import Reason, Refusal, VerificationError
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.snapshot import AcceptedScheme
from sealstamp.server.logs import Log
from sealstamp.server.metrics import Metrics
from sealstamp.server.usage import UsageBook


class Records:
    """Keeps decisions. ``took_ns`` is how long one took, in nanoseconds."""

    def __init__(self, metrics: Metrics, usage: UsageBook, log: Log) -> None:
        self._metrics = metrics
        self._usage = usage
        self._log = log

    def accepted(
        self, accepted: AcceptedScheme, key: BoundKey, address: ClientAddress | None, now_ms: int, took_ns: int
    ) -> bool:
        """Keep an acceptance; tell whether the key was not used from this address just before."""
        api = accepted.api.name
        self._metrics.decided(api, accepted.verifier.scheme.name, "accepted", took_ns)
        return self._usage.accepted(key, api, address, now_ms)

    def refused(
        self,
        accepted: AcceptedScheme,
        refusal: Refusal,
        address: ClientAddress | None,
        request_id: str,
        took_ns: int,
    ) -> None:
        """Keep a refusal. Its line has the answer's ``request_id``, so that a complaint leads to the reason."""
        api, scheme = accepted.api.name, accepted.verifier.scheme.name
        self._metrics.decided(api, scheme, refusal.reason, took_ns)
        signed_by = refusal.signed_by if isinstance(refusal, VerificationError) else None
        self._usage.refused(api, refusal.reason.value, signed_by)
        tell = self._log.error if refusal.reason is Reason.STORE_UNAVAILABLE else self._log.info
        tell(
            "refused",
            api=api,
            scheme=scheme,
            reason=refusal.reason,
            detail=str(refusal),
            address=address and address.text,
            request_id=request_id,
        )
