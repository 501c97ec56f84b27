"""Errors that a person can act on, in Chinese and English.

Every error has a stable ``code``, a sentence in both languages, and an HTTP status. The sentence says what to do
next; it never carries the database's own text.
"""

from __future__ import annotations

from typing import ClassVar


class GridmapError(Exception):
    """Base of all errors that gridmap raises on purpose.

    Parameters
    ----------
    code : str
        Stable identifier in kebab case, e.g. ``"grid-not-found"``.
    zh, en : str
        One sentence for a person in each language: what is wrong and what to do next.
    """

    status: ClassVar[int] = 500

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.code = code
        self.zh = zh
        self.en = en

    def as_dict(self) -> dict[str, str]:
        """Return the error as the body that the API sends."""
        return {"code": self.code, "message_zh": self.zh, "message_en": self.en}


class InvalidInput(GridmapError):
    """What was given cannot be used as it is (HTTP 422)."""

    status = 422


class NotFound(GridmapError):
    """It does not exist, or lies outside the caller's scope (HTTP 404)."""

    status = 404


class Forbidden(GridmapError):
    """The caller may not do this (HTTP 403)."""

    status = 403


class NotByThisWay(GridmapError):
    """The address is known, but is not asked in this way (HTTP 405)."""

    status = 405


class Conflict(GridmapError):
    """The state of the data does not allow this now (HTTP 409)."""

    status = 409


class Busy(Conflict):
    """There is too much to do already; it can be asked again (HTTP 409).

    Parameters
    ----------
    retry_after_s : int
        Seconds after which a new try makes sense; sent as ``Retry-After``.
    """

    def __init__(self, code: str, zh: str, en: str, *, retry_after_s: int = 5) -> None:
        super().__init__(code, zh, en)
        self.retry_after_s = retry_after_s


class Unavailable(GridmapError):
    """Something that gridmap needs is not there now (HTTP 503).

    Parameters
    ----------
    retry_after_s : int
        Seconds after which a new try makes sense; sent as ``Retry-After``.
    """

    status = 503

    def __init__(self, code: str, zh: str, en: str, *, retry_after_s: int = 5) -> None:
        super().__init__(code, zh, en)
        self.retry_after_s = retry_after_s


class Broken(GridmapError):
    """What the product made breaks what it promises; it is neither kept nor shown (HTTP 500)."""


class NotSignedIn(GridmapError):
    """Nobody is signed in (HTTP 401)."""

    status = 401


class Malformed(GridmapError):
    """The request itself is no proper request (HTTP 400)."""

    status = 400


class TooLarge(GridmapError):
    """The request is larger than anything that could be meant (HTTP 413)."""

    status = 413


class TooMany(Busy):
    """Too many tries in a short time (HTTP 429)."""

    status = 429
