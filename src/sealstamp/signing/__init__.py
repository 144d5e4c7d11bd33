"""Signing what other people's HTTP clients send.

::

    origin.py       scheme, host and port: whom a signer signs for
    clock.py        this machine's clock, or the server's where it was told
    signer.py       ``OriginSigner``: signs for one origin; what all clients share
    proxy/          a local port that signs what is sent through it

and one file a library: ``httpx``, ``httpx2``, ``requests``, ``niquests``, ``urllib3``, ``aiohttp``, ``httpie``. Each
signs the bytes that its library sends, signs anew whatever is sent again, and gives nothing of it to another origin.
"""

from sealstamp.signing.origin import Origin
from sealstamp.signing.signer import OriginSigner, Signed

__all__ = ["Origin", "OriginSigner", "Signed"]
