"""When a source is asked, and what is done when it cannot answer."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from sealstamp import ConfigurationError, Credential
from sealstamp.credentials import CredentialProvider, Lease, provider_of
from sealstamp.credentials.provider import EARLY_MS, PAUSE_MS

HOUR_MS = 3_600_000


class Vault:
    """A source whose clock stands still until it is moved."""

    def __init__(self, life_ms: int | None = None) -> None:
        self.now_ms = 1_000_000
        self.life_ms = life_ms
        self.asked = 0
        self.is_open = True

    def __call__(self) -> Credential | Lease:
        if not self.is_open:
            raise OSError("the vault is closed")
        self.asked += 1
        credential = Credential.of(f"key-{self.asked}", "topsecret")
        return credential if self.life_ms is None else Lease(credential, self.now_ms + self.life_ms)

    def provider(self) -> CredentialProvider:
        return CredentialProvider(self, now_ms=lambda: self.now_ms)


def test_source_without_an_end_is_asked_once() -> None:
    """What is good until further notice is kept."""
    vault = Vault()
    provider = vault.provider()
    assert provider.known() is None
    first = provider.current()
    vault.now_ms += 1_000 * HOUR_MS
    assert provider.current() is provider.known() is first


@pytest.mark.parametrize(("life_ms", "early_ms"), [(HOUR_MS, EARLY_MS), (10_000, 5_000)])
def test_source_is_asked_again_before_a_lease_ends(life_ms: int, early_ms: int) -> None:
    """A minute before, but not before half of a short life."""
    vault = Vault(life_ms)
    provider = vault.provider()
    assert provider.current().access_key_id == "key-1"
    vault.now_ms += life_ms - early_ms - 1
    assert provider.current().access_key_id == "key-1"
    vault.now_ms += 1
    assert provider.known() is None
    assert provider.current().access_key_id == "key-2"


def test_source_that_fails_is_borne_while_the_lease_is_good() -> None:
    """It is asked again after a pause; once the lease is over, its error comes through."""
    vault = Vault(HOUR_MS)
    provider = vault.provider()
    provider.current()
    vault.is_open = False
    vault.now_ms += HOUR_MS - EARLY_MS
    assert provider.current().access_key_id == "key-1"
    assert provider.known() is not None
    vault.now_ms += PAUSE_MS
    assert provider.known() is None
    assert provider.current().access_key_id == "key-1"
    vault.now_ms += EARLY_MS
    with pytest.raises(OSError, match="closed"):
        provider.current()
    vault.is_open = True
    assert provider.current().access_key_id == "key-2"


def test_refusal_asks_for_another_credential() -> None:
    """Whoever was refused with an older one gets the newer; the source is left alone between."""
    vault = Vault()
    provider = vault.provider()
    refused = provider.current()
    second = provider.renewed(refused)
    assert second is not None
    assert second.access_key_id == "key-2"
    assert provider.renewed(refused) is provider.current() is second
    assert provider.renewed(second) is None
    assert vault.asked == 2
    vault.now_ms += PAUSE_MS
    assert provider.renewed(second) is not None


def test_credential_that_a_program_gives_stays_what_it_is() -> None:
    """There is no other after a refusal; a provider is taken as it is."""
    credential = Credential.of("id", "topsecret")
    provider = provider_of(credential)
    assert provider.current() is credential
    assert provider.renewed(credential) is None
    assert provider_of(provider) is provider


def test_many_threads_ask_once() -> None:
    """One asks the source, the others wait for it."""
    vault = Vault()
    provider = vault.provider()
    with ThreadPoolExecutor(8) as pool:
        assert {one.access_key_id for one in pool.map(lambda _: provider.current(), range(64))} == {"key-1"}


def test_source_that_gives_something_else_is_told() -> None:
    """A dictionary is no credential; what was in it is told nowhere."""
    given: object = {"secret": "topsecret"}
    with pytest.raises(ConfigurationError, match="gave dict") as caught:
        provider_of(lambda: given).current()  # type: ignore[arg-type, return-value]
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))


def test_secrets_are_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Neither provider nor lease shows one."""
    lease = Lease(Credential.of("id", "topsecret", passphrase="topsecret"), 5)
    provider = provider_of(lambda: lease)
    logging.getLogger().warning("%r %s %r", provider, lease, vars(provider))
    assert "topsecret" not in caplog.text
