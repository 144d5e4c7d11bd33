"""AWS Signature Version 4 with bodies in chunks: ``Content-Encoding: aws-chunked``, as S3's clients upload streams.

::

    heads.py        what a request's head says of the body to come
    signatures.py   the signature of a chunk, made from the one before
    checksums.py    the checksums that come behind a body
    framing.py      a framed body, read and checked while it streams by
    writing.py      a framed body, written
    binding.py      the functions of a scheme
"""

from sealstamp.plugins.aws_chunked.binding import compile_chunked as compile
from sealstamp.plugins.aws_chunked.binding import describe
from sealstamp.plugins.aws_chunked.writing import framed_length, sign_chunks

__all__ = ["compile", "describe", "framed_length", "sign_chunks"]
