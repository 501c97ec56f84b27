"""Code systems of kinds of disputes: which list a code belongs to, and what it is called in another.

The list that the product counts by is that of practice (``dispute_kind``). A national standard has numbers of the same
look and another meaning, so a bare number stands for nothing until its system is known.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from gridmap.domain.codes import code_list

PRACTICE = "practice"
GBT31000 = "gbt31000-2015"
_NUMBER_BEHIND = re.compile(r"(\D+?)[\s(（\[]+(\d{2}|\d{4})[)）\]]?")
_NUMBERED = re.compile(r"(\d{2}|\d{4})[\s\-—–_:.、,()（）]*(\D.*)")


@dataclass(frozen=True, slots=True)
class SystemCode:
    """One entry of a code system.

    Attributes
    ----------
    code : str
    parent : str or None
        The wider entry of the same system.
    zh, en : str
    """

    code: str
    parent: str | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """What an entry of one system is in another.

    Attributes
    ----------
    code : str
        Of the other system.
    relation : str
        ``same``; ``narrower``: the entry says more than the other system's code, which loses that; ``wider``: it says
        less; ``near``: neither holds the other; ``other``: the other system has nothing nearer than "other".
    """

    code: str
    relation: str


@dataclass(frozen=True)
class CodeSystem:
    """A list of codes with its edition.

    Attributes
    ----------
    name : str
        Stable identifier.
    zh, en, edition, source : str
    valid_from, valid_to : date or None
    entries : dict of str to SystemCode
    crosswalk : dict of str to Crossing
        Into the list of practice; an entry without one of its own has its parent's.
    """

    name: str
    zh: str
    en: str
    edition: str
    source: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    entries: dict[str, SystemCode]
    crosswalk: dict[str, Crossing]

    def crossing(self, code: str) -> Crossing:
        """Return what a code is in the list of practice.

        Raises
        ------
        KeyError
            When the system has no such code.
        """
        if self.name == PRACTICE:
            return Crossing(self.entries[code].code, "same")
        entry = self.entries[code]
        if code in self.crosswalk:
            return self.crosswalk[code]
        wider = self.crosswalk[entry.parent or code]
        return wider if wider.relation == "other" else Crossing(wider.code, "narrower")


@dataclass(frozen=True, slots=True)
class KindRead:
    """A kind of dispute as a text told it.

    Attributes
    ----------
    kind : str
        Code of the list of practice.
    system : str
        Name of the system that the text spoke in.
    code : str
        Code in that system.
    """

    kind: str
    system: str
    code: str


@cache
def systems() -> dict[str, CodeSystem]:
    """Return the code systems of kinds of disputes by name."""
    own = {c.code: SystemCode(c.code, None, c.zh, c.en) for c in code_list("dispute_kind")}
    practice = CodeSystem(
        PRACTICE,
        "常用纠纷类型",
        "kinds of disputes in practice",
        "",
        "practice of towns",
        None,
        None,
        own,
        {},
    )
    text = resources.files(__package__).joinpath("gbt31000.json").read_text("utf-8")
    told = json.loads(text)
    entries = {i["code"]: SystemCode(i["code"], i["parent"], i["zh"], i["zh"]) for i in told["items"]}
    crosswalk = {code: Crossing(to["code"], to["relation"]) for code, to in told["to_practice"].items()}
    national = CodeSystem(
        told["id"],
        told["zh"],
        told["en"],
        told["edition"],
        told["source"],
        dt.date.fromisoformat(told["valid_from"]),
        None,
        entries,
        crosswalk,
    )
    return {s.name: s for s in (practice, national)}


@cache
def from_practice() -> dict[str, Crossing]:
    """Return what each kind of practice is in GB/T 31000-2015."""
    text = resources.files(__package__).joinpath("gbt31000.json").read_text("utf-8")
    told = json.loads(text)["from_practice"]
    return {code: Crossing(to["code"], to["relation"]) for code, to in told.items()}


SYSTEM_SPELLINGS: dict[str, str] = {
    spelling: name
    for name, spellings in {
        PRACTICE: ("practice", "常用纠纷类型", "常用", "实务", "本系统"),
        GBT31000: (
            *("gbt31000-2015", "gbt31000", "gb/t 31000-2015", "gb/t 31000", "gb/t31000", "gb/t31000-2015"),
            *("gb31000", "国标", "gb/t 31000-2015 事件类型"),
        ),
    }.items()
    for spelling in spellings
}
"""What people call a system, in lower case, and its name."""


@cache
def _names(system: str) -> dict[str, str]:
    """Return names of a system's entries, also without 纠纷, and their codes; a name of two entries names neither."""
    found: dict[str, set[str]] = {}
    for entry in systems()[system].entries.values():
        for name in {entry.zh, entry.zh.removesuffix("纠纷"), entry.en}:
            found.setdefault(_plain(name), set()).add(entry.code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def readings(text: str) -> dict[str, KindRead]:
    """Return what a text may mean, by system: a code, a name, or both together (``02 邻里纠纷``).

    Examples
    --------
    >>> {name: read.kind for name, read in readings("09").items()}
    {'practice': '09', 'gbt31000-2015': '07'}
    >>> list(readings("土地及资源权属纠纷"))
    ['gbt31000-2015']
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    whole = re.fullmatch(r"(\d{1,4})(?:\.0+)?", plain)
    numbered = _NUMBERED.fullmatch(plain)
    if numbered is None and (behind := _NUMBER_BEHIND.fullmatch(plain)):
        numbered = _NUMBERED.fullmatch(f"{behind[2]} {behind[1]}")
    found = {}
    for name, system in systems().items():
        code: str | None
        if whole:
            # A spreadsheet drops the zero in front of "02" and of "0203".
            code = whole[1] if len(whole[1]) % 2 == 0 else f"0{whole[1]}"
            code = code if code in system.entries else None
        elif numbered:
            code = numbered[1] if _names(name).get(_plain(numbered[2])) == numbered[1] else None
        else:
            code = _names(name).get(_plain(plain))
        if code is not None:
            found[name] = KindRead(system.crossing(code).code, name, code)
    return found


def read_kind(text: str, system: str | None = None) -> KindRead | None:
    """Return the kind that a text tells, where there is no doubt which.

    Parameters
    ----------
    text : str
    system : str, optional
        Name of the system, where it is known.

    Returns
    -------
    KindRead or None
        None where no system has it, or two have it and mean different kinds.
    """
    found = readings(text)
    if system is not None:
        return found.get(system)
    kinds = {read.kind for read in found.values()}
    return next(iter(found.values())) if len(kinds) == 1 else None


def recognised(texts: Iterable[str]) -> str | None:
    """Return the one system that knows every text of a column; None where none or several do."""
    able = set(systems())
    empty = True
    for text in texts:
        able &= readings(text).keys()
        empty = False
        if not able:
            break
    return able.pop() if len(able) == 1 and not empty else None


def proposals(text: str, most: int = 3) -> tuple[str, ...]:
    """Return names of entries that a text may have meant, the nearest first."""
    plain = _plain(text).removesuffix("纠纷")
    names = [e.zh for s in systems().values() for e in s.entries.values() if e.zh != "其他"]
    inside = [n for n in names if plain and plain in n]
    near = difflib.get_close_matches(plain, names, n=most, cutoff=0.5)
    return tuple(dict.fromkeys([*sorted(inside, key=len), *near]))[:most]
