"""Where a caller's access key pair comes from, and with it whom it calls, and how its requests are signed.

``find_caller`` looks, for the pair, the server, the scheme and its parameters alike, in this order, which is stable:

1. what the program gives itself;
2. the profile it names;
3. the variables ``SEALSTAMP_ACCESS_KEY_ID``, ``SEALSTAMP_SECRET`` and ``SEALSTAMP_EXTRA_…``, ``SEALSTAMP_SERVER``,
   ``SEALSTAMP_SCHEME``;
4. the profile that ``SEALSTAMP_PROFILE`` names;
5. the profile ``default``, if there is one.

A pair is never put together from two of them. What is found last is a ``CredentialProvider``: it is asked for the
credential of each request, and asks its source again when that is due. Profiles are in ``profiles``.
"""

from sealstamp.credentials.command import from_command
from sealstamp.credentials.finding import Caller, find_caller, from_environment, from_profile
from sealstamp.credentials.provider import CredentialProvider, Lease, Source, provider_of

__all__ = [
    "Caller",
    "CredentialProvider",
    "Lease",
    "Source",
    "find_caller",
    "from_command",
    "from_environment",
    "from_profile",
    "provider_of",
]
