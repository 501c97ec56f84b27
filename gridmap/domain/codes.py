"""Bilingual code lists: domains, kinds, stages, levels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from gridmap.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list.

    Attributes
    ----------
    code : str
        Stable identifier (the English term where the list has no code of its own).
    zh, en : str
        Label in each language.
    """

    code: str
    zh: str
    en: str


@cache
def code_list(name: str) -> tuple[Code, ...]:
    """Read a code list, e.g. ``domain``, ``dispute_kind``, ``stage``, ``channel``, ``team_kind``.

    Raises
    ------
    KeyError
        When there is no such list.
    """
    text = resources.files("gridmap.domain").joinpath("codes.json").read_text("utf-8")
    items = json.loads(text)[name]["items"]
    return tuple(Code(i.get("code") or i["en"], i["zh"], i.get("en", i["zh"])) for i in items)


@cache
def codes(name: str) -> frozenset[str]:
    """Return the identifiers of a code list."""
    return frozenset(c.code for c in code_list(name))


@cache
def lookup(name: str) -> dict[str, str]:
    """Map every spelling of an entry (code, Chinese, English in lower case) to its code."""
    return {s: c.code for c in code_list(name) for s in (c.code, c.code.lower(), c.zh, c.en.lower())}


def require_domain(code: str | None) -> None:
    """Refuse a domain that the list does not have; None, for all of them, is fine.

    Raises
    ------
    InvalidInput
    """
    if code is not None and code not in codes("domain"):
        raise InvalidInput(
            "domain-unknown",
            f"没有领域 {code}，可用：{'、'.join(sorted(codes('domain')))}。",
            f"No domain is called {code}: {', '.join(sorted(codes('domain')))}.",
        )
