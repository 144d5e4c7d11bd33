"""APIs: described, described anew, and no longer guarded."""

from __future__ import annotations

from dataclasses import replace

from sealstamp.errors import ConfigurationError, KeyStateError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.attributes import check_scopes
from sealstamp.keys.documents import access_key_document, api_document
from sealstamp.keys.domain import Api
from sealstamp.keys.routing import refuse_shared_routes
from sealstamp.keys.rules import check_host, check_name, check_path_prefix, check_upstream
from sealstamp.keys.schemes import Shelf
from sealstamp.keys.snapshot import check_api


def create(act: Act, api: Api) -> Api:
    """Guard a new API.

    Raises KeyStateError when the name is taken, and ConfigurationError for what cannot be guarded as it is described,
    or shares host and path prefix with another.
    """
    with act.store.transaction():
        if act.store.find_api(api.name) is not None:
            raise KeyStateError(f"there is an API {api.name!r} already")
        made = _checked(act, replace(api, version=1))
        act.store.put_api(made)
        act.record("api.create", made.name, None, api_document(made))
    return made


def update(act: Act, api: Api) -> Api:
    """Put ``api`` in place of the one with its name, whatever its version says; the keys for it stay.

    Raises NotFoundError, StaleVersionError, and ConfigurationError as ``create`` does.
    """
    with act.store.transaction():
        before = act.store.get_api(api.name)
        act.check_version(f"API {api.name!r}", before.version)
        after = _checked(act, replace(api, version=before.version))
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        act.store.put_api(after)
        act.record("api.update", after.name, api_document(before), api_document(after))
    return after


def delete(act: Act, name: str) -> None:
    """Forget an API; the keys for it stay, and are no longer for it. Raises NotFoundError, StaleVersionError."""
    with act.store.transaction():
        before = act.store.get_api(name)
        act.check_version(f"API {name!r}", before.version)
        take_from_keys(act, name)
        act.store.delete_api(name)
        act.record("api.delete", name, api_document(before), None)


def take_from_keys(act: Act, name: str) -> None:
    """Let no key be for an API any longer, in the transaction that the act is in; each of them is recorded."""
    for key in act.store.list_access_keys(api=name):
        after = replace(key, apis=tuple(one for one in key.apis if one != name), version=key.version + 1)
        act.store.update_access_key(after)
        act.record("access_key.update", key.id, access_key_document(key), access_key_document(after))


def _checked(act: Act, api: Api) -> Api:
    """Check everything about an API, and return it as it is kept."""
    check_name("name", api.name)
    check_host("host", api.host)
    check_path_prefix("path_prefix", api.path_prefix)
    if api.upstream is not None:
        check_upstream("upstream", api.upstream)
    if not api.schemes or any(api.schemes.count(choice) > 1 for choice in api.schemes):
        raise ConfigurationError("schemes", "there is none, or one comes twice", "name at least one scheme, each once")
    checked = replace(api, scopes=check_scopes("scopes", api.scopes))
    check_api(checked, Shelf(act.store.list_schemes()))
    refuse_shared_routes(
        "path_prefix", [checked, *(other for other in act.store.list_apis() if other.name != api.name)]
    )
    return checked
