"""What distributors call, of the client that waits; ``distributing_awaited`` is the same with ``await``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from sealstamp.client.wanted import Wanted, get, segment, write
from sealstamp.resources import access_keys, distribution, usage
from sealstamp.resources.common import Paging

T = TypeVar("T")


class Distributing:
    """The part of a client that is for distributors, who sign with an access key."""

    if TYPE_CHECKING:

        def _send(self, wanted: Wanted[T]) -> T: ...

        def _pages(self, path: str, gives: Any, query: Paging | None) -> Iterator[Any]: ...

    def get_distributor(self) -> distribution.Distributor:
        """Tell what the distributor who signs may give to its customers."""
        return self._send(get("/v1/distributor", distribution.Distributor))

    def sum_sub_key_usage(self, query: usage.UsageQuery | None = None) -> Iterator[usage.UsageSum]:
        """Add up how many requests came with the distributor's sub keys."""
        return self._pages("/v1/distributor/usage", usage.UsageSums, query)

    def list_sub_consumers(
        self, query: distribution.SubConsumerQuery | None = None
    ) -> Iterator[distribution.SubConsumer]:
        """Yield the distributor's customers."""
        return self._pages("/v1/distributor/sub-consumers", distribution.SubConsumers, query)

    def create_sub_consumer(self, body: distribution.NewSubConsumer) -> distribution.SubConsumer:
        """Make a customer."""
        return self._send(write("POST", "/v1/distributor/sub-consumers", distribution.SubConsumer, body))

    def get_sub_consumer(self, name: str) -> distribution.SubConsumer:
        """Show a customer."""
        return self._send(get(f"/v1/distributor/sub-consumers/{segment(name)}", distribution.SubConsumer))

    def update_sub_consumer(
        self, name: str, body: distribution.SubConsumerChange, version: int | str = "*"
    ) -> distribution.SubConsumer:
        """Change a customer."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}"
        return self._send(write("PATCH", path, distribution.SubConsumer, body, version=version))

    def suspend_sub_consumer(self, name: str, version: int | str | None = None) -> distribution.SubConsumer:
        """Refuse a customer's keys until it is resumed."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}/suspend"
        return self._send(write("POST", path, distribution.SubConsumer, version=version))

    def resume_sub_consumer(self, name: str, version: int | str | None = None) -> distribution.SubConsumer:
        """Accept a suspended customer's keys again."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}/resume"
        return self._send(write("POST", path, distribution.SubConsumer, version=version))

    def delete_sub_consumer(self, name: str, version: int | str | None = None) -> None:
        """Forget a customer without keys."""
        path = f"/v1/distributor/sub-consumers/{segment(name)}"
        self._send(write("DELETE", path, type(None), version=version))

    def list_sub_keys(self, query: distribution.SubKeyQuery | None = None) -> Iterator[distribution.SubKey]:
        """Yield the distributor's sub keys."""
        return self._pages("/v1/distributor/sub-keys", distribution.SubKeys, query)

    def issue_sub_key(self, body: distribution.NewSubKey) -> distribution.SubKeyPair:
        """Make a new pair for a customer, whose secret is shown this once."""
        return self._send(write("POST", "/v1/distributor/sub-keys", distribution.SubKeyPair, body))

    def get_sub_key(self, access_key_id: str) -> distribution.SubKey:
        """Show a sub key."""
        return self._send(get(f"/v1/distributor/sub-keys/{segment(access_key_id)}", distribution.SubKey))

    def update_sub_key(
        self, access_key_id: str, body: access_keys.AccessKeyChange, version: int | str = "*"
    ) -> distribution.SubKey:
        """Change a sub key."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}"
        return self._send(write("PATCH", path, distribution.SubKey, body, version=version))

    def rotate_sub_key(
        self,
        access_key_id: str,
        body: distribution.SubKeyRotation | None = None,
        version: int | str | None = None,
    ) -> distribution.SubKeyPair:
        """Make a new pair for a sub key, and end the old one."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/rotate"
        wanted = body or distribution.SubKeyRotation()
        return self._send(write("POST", path, distribution.SubKeyPair, wanted, version=version))

    def suspend_sub_key(self, access_key_id: str, version: int | str | None = None) -> distribution.SubKey:
        """Refuse a sub key until it is resumed."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/suspend"
        return self._send(write("POST", path, distribution.SubKey, version=version))

    def resume_sub_key(self, access_key_id: str, version: int | str | None = None) -> distribution.SubKey:
        """Accept a suspended sub key again."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/resume"
        return self._send(write("POST", path, distribution.SubKey, version=version))

    def revoke_sub_key(self, access_key_id: str, version: int | str | None = None) -> distribution.SubKey:
        """Refuse a sub key for ever."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}/revoke"
        return self._send(write("POST", path, distribution.SubKey, version=version))

    def delete_sub_key(self, access_key_id: str, version: int | str | None = None) -> None:
        """Forget a revoked sub key."""
        path = f"/v1/distributor/sub-keys/{segment(access_key_id)}"
        self._send(write("DELETE", path, type(None), version=version))
