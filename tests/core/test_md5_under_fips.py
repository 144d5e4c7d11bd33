"""MD5 schemes on a system that refuses MD5 for security, as FIPS mode does."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFIGURATION = """\
openssl_conf = start
config_diagnostics = 1

[start]
providers = providers
alg_section = algorithms

[providers]
default = active

[active]
activate = 1

[algorithms]
default_properties = fips=yes
"""
"""OpenSSL gives out no algorithm but by its FIPS module, which is not there; callers may still ask for ``-fips``."""

PATCH = """\
import hashlib
usual = hashlib.md5
def md5(text=b"", *, usedforsecurity=True):
    if usedforsecurity:
        raise ValueError("[digital envelope routines] unsupported")
    return usual(text, usedforsecurity=False)
hashlib.md5 = md5
"""

WITHOUT_ITS_OWN = 'import sys; sys.modules["_md5"] = None\n'
"""An interpreter that was built without its own MD5, so that hashlib's must serve."""

PRECONDITION = """\
import hashlib
try:
    hashlib.md5(b"")
except ValueError:
    print("refused")
else:
    print("allowed")
print(hashlib.md5(b"", usedforsecurity=False).hexdigest())
"""

SIGN_AND_VERIFY = """\
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme
for name in ("stardust", "taurusx"):
    pair = Credential.of("id", "secret")
    request = Request(b"GET", b"/")
    made = Signer(get_scheme(name), pair).sign(request, time_ms=1612149637000)
    verifier = Verifier(get_scheme(name))
    key = verifier.bind(pair, consumer="acme")
    print(verifier.verify(made.apply(request), 1612149637000, lambda _: key).consumer)
    print(made.additions[-1][1].decode())
"""


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


EXPECTED = [
    *["refused", md5("")],
    *["acme", md5("1612149637000&secret&id")],
    *["acme", md5(f"secret{md5('1612149637')}")],
]


def run(program: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_openssl_that_refuses_md5(tmp_path: Path) -> None:
    """Where OpenSSL is configured for FIPS, and plain ``hashlib.md5`` fails, MD5 schemes sign and verify."""
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(CONFIGURATION)
    if run(PRECONDITION, OPENSSL_CONF=str(configuration))[0] == "allowed":
        pytest.skip("this Python's hashlib does not obey OpenSSL's configuration; the next test stands in")
    assert run(PRECONDITION + SIGN_AND_VERIFY, OPENSSL_CONF=str(configuration)) == EXPECTED


@pytest.mark.parametrize("interpreter", ["", WITHOUT_ITS_OWN])
def test_hashlib_that_refuses_md5(interpreter: str) -> None:
    """Wherever plain ``hashlib.md5`` fails, for whatever cause, MD5 schemes sign and verify."""
    assert run(interpreter + PATCH + PRECONDITION + SIGN_AND_VERIFY) == EXPECTED


def test_hashlib_that_allows_md5() -> None:
    """Elsewhere the same program gives the same signatures, so that both sides may differ in this."""
    if (allowed := run(PRECONDITION + SIGN_AND_VERIFY))[0] == "refused":
        pytest.skip("MD5 is refused on this system")
    assert allowed[2:] == EXPECTED[2:]
