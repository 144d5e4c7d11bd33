"""Which API a request is for."""

import pytest

from sealstamp.keys.domain import Api, SchemeChoice
from sealstamp.keys.routing import AmbiguousPathError, Routes, normalise


def entry(name: str, host: str, prefix: str) -> Api:
    return Api(name, host, prefix, (SchemeChoice("bbx"),))


ROUTES = Routes(
    [
        entry("open", "*", "/"),
        entry("admin", "*", "/admin"),
        entry("deep", "*", "/admin/keys"),
        entry("named", "api.example.com", "/v1"),
    ]
)


@pytest.mark.parametrize(
    ("host", "path", "found"),
    [
        (b"x", b"/", "open"),
        (b"x", b"/administration", "open"),
        (b"x", b"/admin", "admin"),
        (b"x", b"/admin/", "admin"),
        (b"x", b"/admin/keys/1", "deep"),
        (b"api.example.com", b"/v1/x", "named"),
        (b"API.Example.com:8443", b"/v1", "named"),
        (b"api.example.com", b"/v2", "open"),
        (b"[::1]:80", b"/admin", "admin"),
        (b"", b"/admin", "admin"),
    ],
)
def test_the_longest_prefix_of_whole_segments_decides(host: bytes, path: bytes, found: str) -> None:
    """The host that is named goes before any host; case and port do not count."""
    api = ROUTES.find(host, path)
    assert api is not None
    assert api.name == found


@pytest.mark.parametrize(
    "path",
    [b"//admin", b"/./admin", b"/x/../admin", b"/x/%2e%2e/admin", b"/%61dmin", b"/x\\..\\admin", b"/x/..;a=1/admin"],
)
def test_a_path_that_leads_elsewhere_once_normalised_is_refused(path: bytes) -> None:
    """An open API's path must not arrive at a guarded one behind the door."""
    with pytest.raises(AmbiguousPathError):
        ROUTES.find(b"x", path)


@pytest.mark.parametrize("path", [b"/a//b", b"/a/%2Fb", b"/a/./b", b"/admin/keys//1", b"/a;x=1"])
def test_a_strange_path_that_stays_where_it_is_passes(path: bytes) -> None:
    """Only what would change the API is refused."""
    assert ROUTES.find(b"x", path) is not None


def test_no_entry_is_none() -> None:
    """A request for nobody finds nobody."""
    assert Routes([entry("a", "a.example", "/a")]).find(b"b.example", b"/a") is None


@pytest.mark.parametrize(
    ("path", "normal"), [(b"", b"/"), (b"/..", b"/"), (b"/a/b/../../..", b"/"), (b"/a/%2e/b/", b"/a/b")]
)
def test_normalising_never_leaves_the_root(path: bytes, normal: bytes) -> None:
    """However many dots there are."""
    assert normalise(path) == normal
