"""The client to be awaited; ``synchronous`` is the same without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sealstamp.client.answers import value_of
from sealstamp.client.calling import Calling, pause_after
from sealstamp.client.distributing_awaited import AsyncDistributing
from sealstamp.client.wanted import Wanted, ask, get, segment, write
from sealstamp.core.credential import Secret
from sealstamp.errors import OutsideTimeWindowError, StoreUnavailableError
from sealstamp.resources import (
    access_keys,
    apis,
    audit,
    consumers,
    mail,
    operators,
    pairs,
    schemes,
    usage,
)
from sealstamp.resources import apply as files
from sealstamp.resources import verify as decisions
from sealstamp.resources.common import Paging

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class AsyncClient(AsyncDistributing):
    """Calls the management API of ``server``, such as ``https://sealstamp.internal``, with an operator key.

    A distributor signs with an access key. Every method is one operation of the API, and has its name in the OpenAPI
    document. Lists are iterators that read page after page. What changes something carries an Idempotency-Key, so it is
    sent again where no answer came; a clock that differs from the service's is set right once. ``timeout`` is in
    seconds.

    Every method raises NotFoundError, KeyStateError, StaleVersionError (another has changed it meanwhile),
    ConfigurationError for what cannot be, PermissionDeniedError for a role that is too low, other VerificationErrors
    for a signature that is refused, and StoreUnavailableError where the service cannot be reached or cannot answer.
    Close it, or use it in a ``async with`` statement.
    """

    def __init__(
        self,
        server: str,
        access_key_id: str,
        secret: Secret | str,
        *,
        timeout: float = 30.0,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        import httpx2  # whoever keeps the methods, and sends otherwise, need not have it

        self._calling = Calling(server, access_key_id, secret)
        verify = self._calling.origin.startswith("https:")  # to read every authority takes longer than a call
        self._http = httpx2.AsyncClient(timeout=timeout, transport=transport, trust_env=False, verify=verify)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    # sending

    async def _send(self, wanted: Wanted[T]) -> T:
        try:
            return await self._attempt(wanted)
        except OutsideTimeWindowError as error:
            self._calling.set_clock(error.server_time_ms)
            return await self._attempt(wanted)

    async def _attempt(self, wanted: Wanted[T]) -> T:
        import httpx2

        attempt = 0
        while True:
            try:
                answer = await self._http.request(**self._calling.sendable(wanted))
            except httpx2.TransportError as error:
                was_sent = not isinstance(error, httpx2.ConnectError)
                pause = pause_after(wanted, attempt, None, was_sent=was_sent)
                if pause is None:
                    raise StoreUnavailableError(f"the service cannot be reached ({type(error).__name__})") from None
            else:
                pause = pause_after(wanted, attempt, answer.status_code)
                if pause is None:
                    return value_of(answer.status_code, answer.content, wanted.gives)
            await asyncio.sleep(pause)
            attempt += 1

    async def _pages(self, path: str, gives: Any, query: Paging | None) -> AsyncIterator[Any]:
        page = await self._send(get(path, gives, query))
        while True:
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            page = await self._send(get(path, gives, query, cursor=page.next_cursor))

    # operators

    async def who_am_i(self) -> operators.Operator:
        """Tell which operator signs."""
        return await self._send(get("/v1/whoami", operators.Operator))

    def list_operators(self, query: Paging | None = None) -> AsyncIterator[operators.Operator]:
        """Yield operators."""
        return self._pages("/v1/operators", operators.Operators, query)

    async def create_operator(self, body: operators.NewOperator) -> operators.OperatorPair:
        """Make an operator and its pair."""
        return await self._send(write("POST", "/v1/operators", operators.OperatorPair, body))

    async def get_operator(self, name: str) -> operators.Operator:
        """Show an operator."""
        return await self._send(get(f"/v1/operators/{segment(name)}", operators.Operator))

    async def update_operator(
        self, name: str, body: operators.OperatorChange, version: int | str = "*"
    ) -> operators.Operator:
        """Give an operator another role."""
        path = f"/v1/operators/{segment(name)}"
        return await self._send(write("PATCH", path, operators.Operator, body, version=version))

    async def revoke_operator(self, name: str, version: int | str | None = None) -> operators.Operator:
        """Refuse an operator for ever."""
        path = f"/v1/operators/{segment(name)}/revoke"
        return await self._send(write("POST", path, operators.Operator, version=version))

    # APIs

    def list_apis(self, query: Paging | None = None) -> AsyncIterator[apis.Api]:
        """Yield APIs."""
        return self._pages("/v1/apis", apis.Apis, query)

    async def create_api(self, body: apis.NewApi) -> apis.Api:
        """Guard a new API."""
        return await self._send(write("POST", "/v1/apis", apis.Api, body))

    async def get_api(self, name: str) -> apis.Api:
        """Show an API."""
        return await self._send(get(f"/v1/apis/{segment(name)}", apis.Api))

    async def update_api(self, name: str, body: apis.ApiChange, version: int | str = "*") -> apis.Api:
        """Change an API."""
        return await self._send(write("PATCH", f"/v1/apis/{segment(name)}", apis.Api, body, version=version))

    async def delete_api(self, name: str, version: int | str | None = None) -> None:
        """Guard an API no longer."""
        await self._send(write("DELETE", f"/v1/apis/{segment(name)}", type(None), version=version))

    # consumers

    def list_consumers(self, query: consumers.ConsumerQuery | None = None) -> AsyncIterator[consumers.Consumer]:
        """Yield consumers."""
        return self._pages("/v1/consumers", consumers.Consumers, query)

    async def create_consumer(self, body: consumers.NewConsumer) -> consumers.Consumer:
        """Make a consumer."""
        return await self._send(write("POST", "/v1/consumers", consumers.Consumer, body))

    async def get_consumer(self, name: str) -> consumers.Consumer:
        """Show a consumer."""
        return await self._send(get(f"/v1/consumers/{segment(name)}", consumers.Consumer))

    async def update_consumer(
        self, name: str, body: consumers.ConsumerChange, version: int | str = "*"
    ) -> consumers.Consumer:
        """Change a consumer."""
        path = f"/v1/consumers/{segment(name)}"
        return await self._send(write("PATCH", path, consumers.Consumer, body, version=version))

    async def suspend_consumer(self, name: str, version: int | str | None = None) -> consumers.Consumer:
        """Refuse its keys, and those of all below it."""
        path = f"/v1/consumers/{segment(name)}/suspend"
        return await self._send(write("POST", path, consumers.Consumer, version=version))

    async def enable_consumer(self, name: str, version: int | str | None = None) -> consumers.Consumer:
        """Accept a suspended consumer's keys again."""
        path = f"/v1/consumers/{segment(name)}/enable"
        return await self._send(write("POST", path, consumers.Consumer, version=version))

    async def revoke_consumer_keys(self, name: str) -> consumers.RevokedKeys:
        """Refuse all of a consumer's keys for ever."""
        return await self._send(write("POST", f"/v1/consumers/{segment(name)}/revoke-keys", consumers.RevokedKeys))

    async def delete_consumer(self, name: str, version: int | str | None = None) -> None:
        """Forget a consumer without keys."""
        await self._send(write("DELETE", f"/v1/consumers/{segment(name)}", type(None), version=version))

    # access keys

    def list_access_keys(self, query: access_keys.AccessKeyQuery | None = None) -> AsyncIterator[access_keys.AccessKey]:
        """Yield access keys."""
        return self._pages("/v1/access-keys", access_keys.AccessKeys, query)

    async def issue_access_key(self, body: access_keys.NewAccessKey) -> access_keys.AccessKeyPair:
        """Make a new pair, whose secret is shown this once."""
        return await self._send(write("POST", "/v1/access-keys", access_keys.AccessKeyPair, body))

    async def import_access_key(self, body: access_keys.ImportedAccessKey) -> access_keys.AccessKey:
        """Keep a pair that exists already."""
        return await self._send(write("POST", "/v1/access-keys/import", access_keys.AccessKey, body))

    async def get_access_key(self, access_key_id: str) -> access_keys.AccessKey:
        """Show a key."""
        return await self._send(get(f"/v1/access-keys/{segment(access_key_id)}", access_keys.AccessKey))

    async def update_access_key(
        self, access_key_id: str, body: access_keys.AccessKeyChange, version: int | str = "*"
    ) -> access_keys.AccessKey:
        """Change a key."""
        path = f"/v1/access-keys/{segment(access_key_id)}"
        return await self._send(write("PATCH", path, access_keys.AccessKey, body, version=version))

    async def rotate_access_key(
        self, access_key_id: str, body: access_keys.Rotation | None = None, version: int | str | None = None
    ) -> access_keys.AccessKeyPair:
        """Make a new pair, and end the old one."""
        path = f"/v1/access-keys/{segment(access_key_id)}/rotate"
        return await self._send(
            write("POST", path, access_keys.AccessKeyPair, body or access_keys.Rotation(), version=version)
        )

    async def rotate_access_key_to(
        self, access_key_id: str, body: access_keys.OwnRotation, version: int | str | None = None
    ) -> access_keys.RotatedAccessKey:
        """Keep a pair that its holder has made, and end the old one."""
        path = f"/v1/access-keys/{segment(access_key_id)}/rotate/import"
        return await self._send(write("POST", path, access_keys.RotatedAccessKey, body, version=version))

    async def expire_access_key(
        self, access_key_id: str, body: access_keys.Expiry, version: int | str | None = None
    ) -> access_keys.AccessKey:
        """Set when a key ends."""
        path = f"/v1/access-keys/{segment(access_key_id)}/expire"
        return await self._send(write("POST", path, access_keys.AccessKey, body, version=version))

    async def disable_access_key(self, access_key_id: str, version: int | str | None = None) -> access_keys.AccessKey:
        """Refuse a key until it is enabled."""
        path = f"/v1/access-keys/{segment(access_key_id)}/disable"
        return await self._send(write("POST", path, access_keys.AccessKey, version=version))

    async def enable_access_key(self, access_key_id: str, version: int | str | None = None) -> access_keys.AccessKey:
        """Accept a disabled key again."""
        path = f"/v1/access-keys/{segment(access_key_id)}/enable"
        return await self._send(write("POST", path, access_keys.AccessKey, version=version))

    async def revoke_access_key(self, access_key_id: str, version: int | str | None = None) -> access_keys.AccessKey:
        """Refuse a key for ever."""
        path = f"/v1/access-keys/{segment(access_key_id)}/revoke"
        return await self._send(write("POST", path, access_keys.AccessKey, version=version))

    async def delete_access_key(self, access_key_id: str, version: int | str | None = None) -> None:
        """Forget a revoked key."""
        await self._send(write("DELETE", f"/v1/access-keys/{segment(access_key_id)}", type(None), version=version))

    # plans, invitations, access requests

    def list_plans(self, query: pairs.PlanQuery | None = None) -> AsyncIterator[pairs.Plan]:
        """Yield plans."""
        return self._pages("/v1/plans", pairs.Plans, query)

    async def create_plan(self, body: pairs.NewPlan) -> pairs.Plan:
        """Make a plan."""
        return await self._send(write("POST", "/v1/plans", pairs.Plan, body))

    async def get_plan(self, name: str) -> pairs.Plan:
        """Show a plan."""
        return await self._send(get(f"/v1/plans/{segment(name)}", pairs.Plan))

    async def update_plan(self, name: str, body: pairs.PlanChange, version: int | str = "*") -> pairs.Plan:
        """Change a plan, for all that are on it."""
        return await self._send(write("PATCH", f"/v1/plans/{segment(name)}", pairs.Plan, body, version=version))

    async def delete_plan(self, name: str, version: int | str | None = None) -> None:
        """Forget a plan that nobody is on."""
        await self._send(write("DELETE", f"/v1/plans/{segment(name)}", type(None), version=version))

    def list_invitations(self, query: pairs.InvitationQuery | None = None) -> AsyncIterator[pairs.Invitation]:
        """Yield invitations."""
        return self._pages("/v1/invitations", pairs.Invitations, query)

    async def create_invitation(self, body: pairs.NewInvitation) -> pairs.Invitation:
        """Invite to claim an access key; the token is in the answer, or in a mail."""
        return await self._send(write("POST", "/v1/invitations", pairs.Invitation, body))

    async def get_invitation(self, invitation_id: str) -> pairs.Invitation:
        """Show an invitation."""
        return await self._send(get(f"/v1/invitations/{segment(invitation_id)}", pairs.Invitation))

    async def renew_invitation(
        self, invitation_id: str, body: pairs.Renewal | None = None, version: int | str | None = None
    ) -> pairs.Invitation:
        """Give an invitation a new token and new time."""
        path = f"/v1/invitations/{segment(invitation_id)}/renew"
        return await self._send(write("POST", path, pairs.Invitation, body or pairs.Renewal(), version=version))

    async def withdraw_invitation(self, invitation_id: str, version: int | str | None = None) -> pairs.Invitation:
        """Take an invitation back."""
        path = f"/v1/invitations/{segment(invitation_id)}/withdraw"
        return await self._send(write("POST", path, pairs.Invitation, version=version))

    def list_access_requests(self, query: pairs.AccessRequestQuery | None = None) -> AsyncIterator[pairs.AccessRequest]:
        """Yield access requests."""
        return self._pages("/v1/access-requests", pairs.AccessRequests, query)

    async def get_access_request(self, request_id: str) -> pairs.AccessRequest:
        """Show an access request."""
        return await self._send(get(f"/v1/access-requests/{segment(request_id)}", pairs.AccessRequest))

    async def approve_access_request(
        self, request_id: str, body: pairs.Approval | None = None, version: int | str | None = None
    ) -> pairs.AccessRequest:
        """Invite whoever asked."""
        path = f"/v1/access-requests/{segment(request_id)}/approve"
        return await self._send(write("POST", path, pairs.AccessRequest, body or pairs.Approval(), version=version))

    async def decline_access_request(
        self, request_id: str, body: pairs.Refusal, version: int | str | None = None
    ) -> pairs.AccessRequest:
        """Decline, with a reason."""
        path = f"/v1/access-requests/{segment(request_id)}/decline"
        return await self._send(write("POST", path, pairs.AccessRequest, body, version=version))

    # mail

    def list_mail(self, query: mail.MailQuery | None = None) -> AsyncIterator[mail.Mail]:
        """Yield mail that is to be sent, was sent or was given up."""
        return self._pages("/v1/mail", mail.Mails, query)

    async def get_mail(self, mail_id: str) -> mail.Mail:
        """Show a message, its text apart."""
        return await self._send(get(f"/v1/mail/{segment(mail_id)}", mail.Mail))

    async def retry_mail(self, mail_id: str) -> mail.Mail:
        """Queue a message again that was given up."""
        return await self._send(write("POST", f"/v1/mail/{segment(mail_id)}/retry", mail.Mail))

    # schemes

    def list_schemes(self, query: Paging | None = None) -> AsyncIterator[schemes.SchemeHead]:
        """Yield schemes."""
        return self._pages("/v1/schemes", schemes.Schemes, query)

    async def get_scheme(self, name: str) -> schemes.Scheme:
        """Show a scheme."""
        return await self._send(get(f"/v1/schemes/{segment(name)}", schemes.Scheme))

    async def lint_scheme(self, name: str) -> schemes.Lint:
        """Say how safe a scheme is."""
        return await self._send(get(f"/v1/schemes/{segment(name)}/lint", schemes.Lint))

    async def check_scheme(self, body: schemes.SchemeText) -> schemes.Lint:
        """Check and lint a scheme file."""
        return await self._send(ask("/v1/schemes/check", schemes.Lint, body))

    async def upload_scheme(
        self, name: str, body: schemes.SchemeText, version: int | str | None = None
    ) -> schemes.Scheme:
        """Keep a scheme file as the newest version."""
        return await self._send(write("PUT", f"/v1/schemes/{segment(name)}", schemes.Scheme, body, version=version))

    def list_scheme_versions(self, name: str, query: Paging | None = None) -> AsyncIterator[schemes.SchemeVersion]:
        """Yield an uploaded scheme's versions, the newest first."""
        return self._pages(f"/v1/schemes/{segment(name)}/versions", schemes.SchemeVersions, query)

    async def delete_scheme(self, name: str, version: int | str | None = None) -> None:
        """Forget an uploaded scheme."""
        await self._send(write("DELETE", f"/v1/schemes/{segment(name)}", type(None), version=version))

    # apply files

    async def apply(self, body: files.ApplyFile) -> files.Applied:
        """Make APIs, consumers and keys match a file."""
        return await self._send(write("POST", "/v1/apply", files.Applied, body))

    # decisions, usage, audit

    async def verify(self, body: decisions.Asked) -> decisions.Decision:
        """Decide about a request."""
        return await self._send(ask("/v1/verify", decisions.Decision, body))

    async def verify_batch(self, body: decisions.AskedBatch) -> decisions.Decisions:
        """Decide about up to 1,000 requests."""
        return await self._send(ask("/v1/verify/batch", decisions.Decisions, body))

    def sum_usage(self, query: usage.UsageQuery | None = None) -> AsyncIterator[usage.UsageSum]:
        """Add up how many requests there were."""
        return self._pages("/v1/usage", usage.UsageSums, query)

    def list_audit_entries(self, query: audit.AuditQuery | None = None) -> AsyncIterator[audit.AuditEntry]:
        """Yield what was done, and by whom."""
        return self._pages("/v1/audit", audit.AuditEntries, query)

    async def verify_audit(self, query: audit.AuditProof | None = None) -> audit.AuditVerdict:
        """Prove the audit whole."""
        return await self._send(get("/v1/audit/verify", audit.AuditVerdict, query))
