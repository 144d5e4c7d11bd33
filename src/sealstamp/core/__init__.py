"""Schemes, signing and verifying, without I/O: time, nonces, keys and randomness are arguments."""
