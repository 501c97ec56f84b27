"""Secrets that the program makes: 256 random bits, of which the database keeps a digest only."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32
TOKEN_MARK = "gm_"  # noqa: S105 - what a program's token begins with, so that one is known when it is found somewhere


def new_secret() -> str:
    """Make a secret, fit for a cookie or an address."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> bytes:
    """Return what is kept of a secret. No salt and no slowness: 256 random bits are not guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
