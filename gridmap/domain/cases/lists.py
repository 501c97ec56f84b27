"""Closed lists of the case desk: grounds, outcomes, methods, bands, kinds of bodies and tasks."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from gridmap.domain.codes import Code
from gridmap.errors import InvalidInput

UNTOLD = "untold"
"""What a source did not say. A person at the desk may not say it."""

NO_REASON = "none"
"""How a list of visits is asked for those where nobody said why."""


@cache
def _lists() -> dict[str, tuple[Code, ...]]:
    text = resources.files("gridmap.domain.cases").joinpath("lists.json").read_text("utf-8")
    return {
        name: tuple(Code(i["code"], i["zh"], i["en"]) for i in told["items"])
        for name, told in json.loads(text).items()
        if not name.startswith("_")
    }


def names() -> tuple[str, ...]:
    """Return the names of all lists."""
    return tuple(_lists())


def choices(name: str, *, untold: bool = False) -> tuple[Code, ...]:
    """Return a list's entries in their order.

    Parameters
    ----------
    name : str
        Such as ``outcome`` or ``pause_ground``.
    untold : bool
        With the entry for what a source did not say.

    Raises
    ------
    KeyError
        When there is no such list.
    """
    return tuple(c for c in _lists()[name] if untold or c.code != UNTOLD)


def codes_of(name: str, *, untold: bool = False) -> frozenset[str]:
    """Return the identifiers of a list."""
    return frozenset(c.code for c in choices(name, untold=untold))


@cache
def spellings_of(name: str) -> dict[str, str]:
    """Map every spelling of an entry (code, Chinese, English; lower case) to its code, ``untold`` included."""
    return {s.lower(): c.code for c in _lists()[name] for s in (c.code, c.zh, c.en)}


def find(name: str, code: str) -> Code:
    """Return an entry of a list.

    Raises
    ------
    KeyError
        When the list has no such code.
    """
    return next(c for c in _lists()[name] if c.code == code)


def require(name: str, code: str | None, *, untold: bool = False) -> None:
    """Refuse a code that a list does not have.

    Raises
    ------
    InvalidInput
        Naming the codes that there are.
    """
    if code is None or code in codes_of(name, untold=untold):
        return
    known = choices(name, untold=untold)
    raise InvalidInput(
        "case-code-unknown",
        f"“{code}”不在列表中，可选：{'、'.join(f'{c.code} {c.zh}' for c in known)}。",
        f"{code!r} is not in the list; choose of {', '.join(c.code for c in known)}.",
    )
