"""Guards as on two machines, with one PostgreSQL and one Valkey between them."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pytest

from sealstamp import ConfigurationError, Credential, Request, StoreUnavailableError
from sealstamp.guarding.store import open_guard
from sealstamp.guarding.wsgi import AccessKeyMiddleware
from sealstamp.keys.acts.access_keys import revoke
from tests.guarding.calling import call_wsgi
from tests.guarding.keys import signed
from tests.guarding.serving import outcome
from tests.guarding.storing import add_key, guarding, stored, usage_of
from tests.guarding.test_stored import answer_wsgi
from tests.postgres import Postgres
from tests.server.service import Service, until
from tests.valkey import Valkey


@pytest.fixture
def service(tmp_path: Path, postgres: Postgres, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where files are of a guard whose store is elsewhere
    return stored(tmp_path / "service", store=postgres.url(postgres.make_database()), replay_store=valkey.url)


def accepted(app: AccessKeyMiddleware, request: Request) -> Request | None:
    return request if call_wsgi(app, request).status == 200 else None


def refused(app: AccessKeyMiddleware, key: Credential) -> bool:
    return outcome(call_wsgi(app, signed(by=key))) == (401, "inactive_access_key")


def test_what_one_accepts_the_other_refuses(service: Service) -> None:
    """They share claims and rates; a key that is revoked is refused by both, and both write what was used."""
    key, rare = add_key(service), add_key(service, rate_limit="1/hour")
    with guarding(service) as here, guarding(service) as there:
        first, second = (AccessKeyMiddleware(answer_wsgi, guard) for guard in (here, there))
        # Valkey's life begins with the first of them, and nothing is accepted that was stamped before.
        request = until(lambda: accepted(first, signed(by=key)), "a request to be accepted")
        assert outcome(call_wsgi(second, request)) == (401, "nonce_replayed")
        assert outcome(call_wsgi(second, signed(by=rare))) == (200, "")
        assert outcome(call_wsgi(first, signed(by=rare))) == (429, "rate_limited")
        with service.opened_store() as store:
            revoke(service.act(store), key.access_key_id)
        for app in (first, second):
            until(partial(refused, app, key), "refusals")
    assert usage_of(service, rare) == {"accepted": 1, "rate_limited": 1}


def test_postgresql_alone_is_refused(service: Service) -> None:
    """Nobody would know what guards on other machines have accepted."""
    with pytest.raises(ConfigurationError, match="must know what each of them accepted"):
        open_guard("shop", service.config, replay_store="")


def test_a_valkey_that_is_not_there_is_told_when_the_guard_is_opened(service: Service) -> None:
    """As by a service that starts."""
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        open_guard("shop", service.config, replay_store="valkey://127.0.0.1:1")
