"""What distributors call, of the client to be awaited; ``distributing`` is the same without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, TypeVar

from sealstamp.client.wanted import Wanted, get, segment, write
from sealstamp.resources import access_keys, distribution, usage
from sealstamp.resources.common import Paging

T = TypeVar("T")


class AsyncDistributing:
    """The part of a client that is for distributors, who sign with an access key."""

    if TYPE_CHECKING:

        async def _send(self, wanted: Wanted[T]) -> T: ...

        def _pages(self, path: str, gives: Any, query: Paging | None) -> AsyncIterator[Any]: ...

    async def get_distributor(self) -> distribution.Distributor:
        """Tell what the distributor who signs may give to its customers."""
        return await self._send(get("/v1/distributor", distribution.Distributor))

    def sum_sub_key_usage(self, query: usage.UsageQuery | None = None) -> AsyncIterator[usage.UsageSum]:
        """Add up how many requests came with the distributor's sub keys."""
        return self._pages("/v1/distributor/usage", usage.UsageSums, query)

    def list_sub_consumers(
        self, query: distribution.SubConsumerQuery | None = None
    ) -> AsyncIterator[distribution.SubConsumer]:
        """Yield the distributor's customers."""
        return self._pages("/v1/distributor/sub-consumers", distribution.SubConsumers, query)

    async def create_sub_consumer(self, body: distribution.NewSubConsumer) -> distribution.SubConsumer:
        """Make a customer."""
        return await self._send(write("POST", "/v1/distributor/sub-consumers", distribution.SubConsumer, body))

    async def get_sub_consumer(self, name: str) -> distribution.SubConsumer:
        """Show a customer."""
        return await self._send(get(f"/v1/distributor/sub-consumers/{segment(name)}", distribution.SubConsumer))

    async def update_sub_consumer(
        self, name: str, body: distribution.SubConsumerChange, version: int | str = "*"
    ) -> distribution.SubConsumer:
        """Change a customer."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}"
        return await self._send(write("PATCH", path, distribution.SubConsumer, body, version=version))

    async def suspend_sub_consumer(self, name: str, version: int | str | None = None) -> distribution.SubConsumer:
        """Refuse a customer's keys until it is resumed."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}/suspend"
        return await self._send(write("POST", path, distribution.SubConsumer, version=version))

    async def resume_sub_consumer(self, name: str, version: int | str | None = None) -> distribution.SubConsumer:
        """Accept a suspended customer's keys again."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}/resume"
        return await self._send(write("POST", path, distribution.SubConsumer, version=version))

    async def delete_sub_consumer(self, name: str, version: int | str | None = None) -> None:
        """Forget a customer without keys."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}"
        await self._send(write("DELETE", path, type(None), version=version))

    def list_sub_keys(self, query: distribution.SubKeyQuery | None = None) -> AsyncIterator[distribution.SubKey]:
        """Yield the distributor's sub keys."""
        return self._pages("/v1/distributor/sub-keys", distribution.SubKeys, query)

    async def issue_sub_key(self, body: distribution.NewSubKey) -> distribution.SubKeyPair:
        """Make a new pair for a customer, whose secret is shown this once."""
        return await self._send(write("POST", "/v1/distributor/sub-keys", distribution.SubKeyPair, body))

    async def get_sub_key(self, access_key_id: str) -> distribution.SubKey:
        """Show a sub key."""
        return await self._send(get(f"/v1/distributor/sub-keys/{segment(access_key_id)}", distribution.SubKey))

    async def update_sub_key(
        self, access_key_id: str, body: access_keys.AccessKeyChange, version: int | str = "*"
    ) -> distribution.SubKey:
        """Change a sub key."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}"
        return await self._send(write("PATCH", path, distribution.SubKey, body, version=version))

    async def rotate_sub_key(
        self,
        access_key_id: str,
        body: distribution.SubKeyRotation | None = None,
        version: int | str | None = None,
    ) -> distribution.SubKeyPair:
        """Make a new pair for a sub key, and end the old one."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/rotate"
        wanted = body or distribution.SubKeyRotation()
        return await self._send(write("POST", path, distribution.SubKeyPair, wanted, version=version))

    async def suspend_sub_key(self, access_key_id: str, version: int | str | None = None) -> distribution.SubKey:
        """Refuse a sub key until it is resumed."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/suspend"
        return await self._send(write("POST", path, distribution.SubKey, version=version))

    async def resume_sub_key(self, access_key_id: str, version: int | str | None = None) -> distribution.SubKey:
        """Accept a suspended sub key again."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/resume"
        return await self._send(write("POST", path, distribution.SubKey, version=version))

    async def revoke_sub_key(self, access_key_id: str, version: int | str | None = None) -> distribution.SubKey:
        """Refuse a sub key for ever."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/revoke"
        return await self._send(write("POST", path, distribution.SubKey, version=version))

    async def delete_sub_key(self, access_key_id: str, version: int | str | None = None) -> None:
        """Forget a revoked sub key."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}"
        await self._send(write("DELETE", path, type(None), version=version))
