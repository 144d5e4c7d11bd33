"""Refusals of requests that cannot be verified here, whoever signed them."""

from __future__ import annotations

from sealstamp.server.answers import Answer, Answered, new_request_id, problem


def refuse(status: int, code: str, title: str) -> Answered:
    """Return what to raise for a request that cannot be verified here."""
    answer: Answer = problem(status, code, title, new_request_id())
    return Answered(answer, code)


def too_large(limit: int) -> Answered:
    """Return what to raise for a body that is too large to be verified."""
    return refuse(413, "body_too_large", f"a body that is signed may have at most {limit} bytes")
