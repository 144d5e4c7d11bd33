"""``sealstamp.Client`` and ``AsyncClient`` against the running service."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import sealstamp
from sealstamp import errors
from sealstamp.resources import (
    AccessKeyChange,
    AccessKeyQuery,
    Asked,
    AskedBatch,
    NewAccessKey,
    NewConsumer,
    NewOperator,
    Rotation,
    pairs,
)
from sealstamp.server.management.app import OPERATIONS
from tests.client.awaited import FILES, FOLDER, awaited
from tests.server.managing import Manager
from tests.server.signing import Pair

UNSIGNED = {"bootstrap", "claim_invitation", "describe", "submit_access_request"}
"""What is called without an operator key."""


def client_of(manager: Manager, **more: object) -> sealstamp.Client:
    pair = manager.pair
    return sealstamp.Client(manager.service.origin, pair.access_key_id, pair.secret, **more)  # type: ignore[arg-type]


@pytest.fixture
def client(operator: Manager) -> Iterator[sealstamp.Client]:
    with client_of(operator) as made:
        yield made


def test_every_operation_has_a_method() -> None:
    """Both clients have a method for each operation of the API, by its name."""
    names = {operation.name for operation in OPERATIONS} - UNSIGNED
    for kind in (sealstamp.Client, sealstamp.AsyncClient):
        assert names <= {name for name, value in inspect.getmembers(kind) if inspect.isfunction(value)}


def test_clients_are_alike() -> None:
    """The client to be awaited is the other with ``await``."""
    for name, made in FILES.items():
        written = (FOLDER / f"{made}.py").read_text(encoding="utf-8")
        assert ast.dump(ast.parse(written)) == ast.dump(ast.parse(awaited(name))), "run tests/client/awaited.py"


def test_life_of_a_key(client: sealstamp.Client) -> None:
    """Typed values in and out; secrets that do not show themselves."""
    assert client.who_am_i().role == "operator"
    name = f"c-{secrets.token_hex(4)}"
    client.create_consumer(NewConsumer(name=name, labels={"a": "b"}))
    pair = client.issue_access_key(NewAccessKey(consumer=name, apis=["shop"]))
    assert isinstance(pair.secret, sealstamp.Secret)
    assert pair.secret.reveal().decode() not in repr(pair)
    key = client.update_access_key(pair.access_key_id, AccessKeyChange(rate_limit="5/second"), pair.access_key.version)
    with pytest.raises(errors.StaleVersionError):
        client.update_access_key(pair.access_key_id, AccessKeyChange(name="x"), pair.access_key.version)
    new = client.rotate_access_key(key.access_key_id, Rotation(grace="1h"))
    assert new.replaced is not None
    assert new.replaced.replaced_by == new.access_key_id
    assert client.revoke_access_key(new.access_key_id).status == "revoked"
    client.delete_access_key(new.access_key_id)
    with pytest.raises(errors.NotFoundError):
        client.get_access_key(new.access_key_id)


def test_lists_are_iterators(client: sealstamp.Client) -> None:
    """Page after page is read as the iterator goes on."""
    name = f"c-{secrets.token_hex(4)}"
    client.create_consumer(NewConsumer(name=name))
    made = {client.issue_access_key(NewAccessKey(consumer=name, apis=["shop"])).access_key_id for _ in range(5)}
    listed = [key.access_key_id for key in client.list_access_keys(AccessKeyQuery(consumer=name, limit=2))]
    assert listed == sorted(made)


def test_errors(client: sealstamp.Client, operator: Manager) -> None:
    """What was refused is one of the package's own exceptions."""
    with pytest.raises(errors.KeyStateError, match="acme"):
        client.create_consumer(NewConsumer(name="acme"))
    with pytest.raises(errors.ConfigurationError) as caught:
        client.issue_access_key(NewAccessKey(consumer="acme", apis=["shop"], rate_limit="many"))
    assert caught.value.place == "rate_limit"
    with pytest.raises(errors.PermissionDeniedError):
        client.create_operator(NewOperator(name="x", role="admin"))
    stranger = Manager(operator.service, Pair("A" * 20, "x"))
    with pytest.raises(errors.InvalidCredentialsError), client_of(stranger) as other:
        other.who_am_i()
    with pytest.raises(errors.ConfigurationError, match="URL"):
        sealstamp.Client("ftp://x", "a", "b")


def test_clock_is_set_right(client: sealstamp.Client) -> None:
    """A clock that is an hour off is corrected by what the service tells."""
    client._calling._ahead_ms = -3_600_000
    assert client.who_am_i().name == "the-operator"
    assert abs(client._calling._ahead_ms) < 60_000


class LosesTheFirst(httpx2.HTTPTransport):
    """Loses the answer to the first request that is sent."""

    lost = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().handle_request(request)
        if not self.lost:
            self.lost += 1
            raise httpx2.ReadError("the connection ended")
        return answer


def test_lost_answer(operator: Manager, client: sealstamp.Client) -> None:
    """What may have acted is sent again under its Idempotency-Key: it acts once, and the secret is not lost."""
    name = f"c-{secrets.token_hex(4)}"
    client.create_consumer(NewConsumer(name=name))
    transport = LosesTheFirst()
    with client_of(operator, transport=transport) as unlucky:
        pair = unlucky.issue_access_key(NewAccessKey(consumer=name, apis=["shop"]))
    assert transport.lost == 1
    assert [key.access_key_id for key in client.list_access_keys(AccessKeyQuery(consumer=name))] == [pair.access_key_id]


def test_question_is_not_sent_again(operator: Manager) -> None:
    """A request that is decided about twice is a replay: whoever lost the answer is told so."""
    asked = Asked(method="GET", target="/shop", headers=[("Host", "x")])
    with client_of(operator, transport=LosesTheFirst()) as unlucky, pytest.raises(errors.StoreUnavailableError):
        unlucky.verify(asked)


def test_decisions(client: sealstamp.Client) -> None:
    """A backend asks about what it received."""
    asked = Asked(method="GET", target="/shop", headers=[("Host", "x")], body=b"")
    told = client.verify_batch(AskedBatch(requests=[asked, asked])).decisions
    assert [one.reason for one in told] == ["missing_credentials"] * 2


def test_awaited(operator: Manager) -> None:
    """The same with ``await``, and several calls at once."""

    async def run() -> list[str]:
        pair = operator.pair
        async with sealstamp.AsyncClient(operator.service.origin, pair.access_key_id, pair.secret) as client:
            told = await asyncio.gather(*(client.who_am_i() for _ in range(5)))
            assert [one async for one in client.list_consumers()]
            with pytest.raises(errors.NotFoundError):
                await client.get_consumer("nobody")
            return [one.name for one in told]

    assert asyncio.run(run()) == ["the-operator"] * 5


def test_documented_example(client: sealstamp.Client) -> None:
    """What the page shows runs against the service."""
    page = (Path(__file__).parents[3] / "docs" / "management-api.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", page, re.S)
    namespace: dict[str, Any] = {}
    exec(compile(snippet, "management-api.md", "exec"), namespace)
    first, second = namespace["onboard"](client, f"c-{secrets.token_hex(4)}", "shop")
    assert first != second


def test_nobody_there() -> None:
    """A service that cannot be reached is told as what it is."""
    asked = Asked(method="GET", target="/", headers=[])
    nobody = sealstamp.Client("http://127.0.0.1:1", "a", "b", timeout=1.0)
    with nobody as client, pytest.raises(errors.StoreUnavailableError, match="cannot be reached"):
        client.verify(asked)


def test_invitation_through_the_client(client: sealstamp.Client) -> None:
    """A plan, and an invitation to a key on it, whose token does not show itself."""
    plan = client.create_plan(pairs.NewPlan(name="clients", quota_day=5))
    terms = pairs.KeyTerms(apis=["shop"], plan=plan.name)
    sent = client.create_invitation(pairs.NewInvitation(consumer="acme", terms=terms))
    assert sent.token is not None
    assert len(sent.token.reveal()) == 43
    assert client.renew_invitation(sent.id).version == 2
    assert client.withdraw_invitation(sent.id, 2).status == "withdrawn"
    client.delete_plan("clients")
