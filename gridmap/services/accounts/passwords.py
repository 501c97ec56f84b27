"""Passwords: argon2id, long ones welcome, those that everybody tries first refused."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gridmap.domain.terms import LEAST_PASSWORD, LONGEST
from gridmap.errors import InvalidInput

LEAST, MOST = LEAST_PASSWORD, LONGEST["password"]
"""Characters of a password."""

_HASHER = PasswordHasher()
# Each computation takes 64 MiB; two at once are what a small machine bears.
_AT_ONCE = 2
_ROOM = threading.BoundedSemaphore(_AT_ONCE)
_LONGEST_LISTED = 40


def share_room(count: int) -> None:
    """Compute no more at once than this process's share of what the machine bears, at least one; asked once.

    Parameters
    ----------
    count : int
        Processes that check passwords.
    """
    for _ in range(_AT_ONCE - max(1, _AT_ONCE // count)):
        _ROOM.acquire()


def hashed(password: str) -> str:
    """Hash a password for keeping."""
    with _ROOM:
        return _HASHER.hash(_normal(password))


def is_right(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was kept; without one it takes as long to say no."""
    if len(password) > MOST:
        password = ""
    with _ROOM:
        try:
            _HASHER.verify(kept or _nobodys(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def check(password: str, name: str) -> None:
    """Refuse a password that is short, or that somebody would try first.

    Parameters
    ----------
    password : str
    name : str
        The post's name, of which no password is made.

    Raises
    ------
    InvalidInput
    """
    if not LEAST <= len(password) <= MOST:
        raise InvalidInput(
            "password-length",
            f"密码应为 {LEAST} 至 {MOST} 个字符。几个不相干的词连起来就很好。",
            f"A password has {LEAST} to {MOST} characters. Some unrelated words in a row do well.",
        )
    if _is_guessed(_normal(password), _normal(name)):
        raise InvalidInput(
            "password-guessed",
            "这个密码很容易被猜到。请换一个，例如几个不相干的词。",
            "This password is easily guessed. Choose another, such as some unrelated words.",
        )


def _is_guessed(password: str, name: str) -> bool:
    plain = password.casefold()
    stripped = plain.strip("0123456789!@#$%^&*._- ")
    if plain in _listed() or stripped in _listed() or len(set(plain)) < 4:
        return True
    if len(plain) > _LONGEST_LISTED:
        return False
    from zxcvbn import zxcvbn

    return bool(zxcvbn(password, user_inputs=[name, "gridmap", "fengqiao"])["score"] < 2)


@cache
def _listed() -> frozenset[str]:
    # The 30,000 most frequent ones of published leaks, as the library brings them (MIT).
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) > 3)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


def _normal(text: str) -> str:
    # The same password from another keyboard: full width and half width are one.
    return unicodedata.normalize("NFKC", text)
