"""Test vectors of any scheme, made from its description alone: requests to accept, and to refuse with a stated reason.

Time, nonces and keys are fixed, so the same description gives the same bytes. Every case is judged by the verifier as
it is made; one that comes out otherwise than its maker says is an error, never left out. ``vectors/README.md`` at the
root of the repository tells how the files are read.
"""
