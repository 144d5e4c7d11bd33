"""HTTP Message Signatures (RFC 9421) for requests, with Content-Digest (RFC 9530).

::

    policy.py       what an API demands and a client signs, read off the scheme's parameters
    fields.py       a header field's value: lines joined, or written anew as a structured field
    components.py   from a component's identifier to the function that reads it off a request
    base.py         what is covered, and the text that is signed
    inputs.py       Signature-Input and Signature, and which of several labels counts
    digests.py      Content-Digest, written and checked
    algorithms.py   from a key to the functions that sign and verify
    presenting.py   what a request presents, checked against the policy
    signing.py      what a signer adds
    binding.py      the functions of a scheme
    describing.py   what lint and documentation want to know
"""

from sealstamp.plugins.rfc9421.binding import compile_rfc9421 as compile
from sealstamp.plugins.rfc9421.describing import describe

__all__ = ["compile", "describe"]
