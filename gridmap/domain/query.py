"""The one question that every number, row, tile, export and address answers: which incidents are meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

FLAGS = ("overdue", "open", "confirm")
"""What may be asked of a case: open and past due; not closed; its grid to be confirmed by a person."""


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Which incidents are meant. What is empty does not narrow.

    Attributes
    ----------
    grid : int or None
        Key of the grid whose subtree is meant; 0 means the incidents in no grid.
    since, until : date or None
        First and last local day of ``occurred_at``, both included.
    domains, kinds, stages : tuple of str
        Codes; one of each is enough.
    flags : frozenset of str
        Of `FLAGS`; all must hold.
    text : str or None
        Words of the summary, or the beginning of a number.

    Notes
    -----
    The page asks with the same names (``web/static/app``); vectors that the tests of both sides read hold the two
    together.
    """

    grid: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    domains: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    text: str | None = None

    def parameters(self) -> dict[str, str]:
        """Return the query as an address holds it, in one order, without what does not narrow."""
        given = {
            "grid": "" if self.grid is None else str(self.grid),
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "domain": ",".join(sorted(self.domains)),
            "kind": ",".join(sorted(self.kinds)),
            "stage": ",".join(sorted(self.stages)),
            **{flag: "1" if flag in self.flags else "" for flag in FLAGS},
            "q": self.text or "",
        }
        return {name: value for name, value in given.items() if value}

    def address(self) -> str:
        """Return the query as the part of an address after the question mark."""
        return urlencode(self.parameters(), safe=",")

    @classmethod
    def from_parameters(cls, given: Mapping[str, str]) -> IncidentQuery:
        """Read what `parameters` wrote.

        Raises
        ------
        ValueError
            When a key or a day is not one.
        """

        def several(name: str) -> tuple[str, ...]:
            return tuple(sorted({part for part in given.get(name, "").split(",") if part}))

        return cls(
            grid=int(given["grid"]) if given.get("grid") else None,
            since=dt.date.fromisoformat(given["from"]) if given.get("from") else None,
            until=dt.date.fromisoformat(given["to"]) if given.get("to") else None,
            domains=several("domain"),
            kinds=several("kind"),
            stages=several("stage"),
            flags=frozenset(flag for flag in FLAGS if given.get(flag) in {"1", "true"}),
            text=given.get("q") or None,
        )
