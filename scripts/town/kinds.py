"""What happens in the town: kinds of incidents with their rhythm, their place and their words."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

_HOUR_TEXT = {
    "office": "0 0 0 0 0 0 0.2 1.2 4 6 5.5 3.5 1.5 2 4.5 5 4 2.2 1 0.7 0.5 0.3 0.1 0",
    "home": "0.5 0.3 0.2 0.1 0.1 0.3 1 2 2.5 3 3 2.6 2 1.8 2 2.2 2.6 3.4 4.4 5.2 4.8 3.6 2 1",
    "evening": "0.8 0.4 0.2 0.1 0.1 0.1 0.3 0.6 1 1.5 1.6 1.4 1.5 1.4 1.6 1.8 2 2.6 4 6.5 7 6 3.8 2",
    "night": "4.6 4 3.2 2.2 1.4 0.8 0.6 0.6 0.7 0.8 0.8 0.8 0.9 0.9 0.9 1 1 1.2 1.8 2.8 4 5 5.6 5.2",
    "commute": "0.5 0.3 0.2 0.2 0.4 1 3 6 5 2.8 2.2 2.4 2 2 2.2 2.6 4 6 4.6 2.8 2 1.6 1.2 0.8",
    "day": "0.4 0.3 0.2 0.2 0.3 0.8 1.6 2.6 3.6 4.2 4.2 3.6 2.8 3 3.6 3.8 3.4 2.8 2 1.4 1 0.8 0.6 0.5",
}
"""Weight of each hour of the day, midnight first."""
HOURS = {name: tuple(float(w) for w in text.split()) for name, text in _HOUR_TEXT.items()}
WEEKDAYS = {
    "office": (1.35, 1.2, 1.15, 1.1, 1.15, 0.6, 0.45),
    "flat": (1, 0.97, 0.97, 1, 1.06, 1.02, 0.98),
    "weekend": (0.85, 0.85, 0.9, 0.95, 1.15, 1.3, 1.15),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of incident.

    Attributes
    ----------
    domain, code, zh, en : str
    share : float
        Weight among all incidents.
    months : tuple of float
        Weight of each month, January first.
    hours, week : str
        Names of the hourly and weekday rhythm.
    place : str
        ``people``, ``works``, ``road``, ``water``, ``field``, ``forest``, ``centre``.
    severity : float
        Mean severity, 1 to 5.
    due_days : int
        Days until it must be closed.
    said : tuple of str
        Summaries to choose from.
    """

    domain: str
    code: str
    zh: str
    en: str
    share: float
    months: tuple[float, ...]
    hours: str
    week: str
    place: str
    severity: float
    due_days: int
    said: tuple[str, ...]


def _read(path: Path) -> tuple[Kind, ...]:
    """Read the table of kinds; ``months`` names only those that differ from 1, e.g. ``6=3.4 7=2.6``."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for row in rows:
        heavy = dict(pair.split("=") for pair in row["months"].split())
        found.append(
            Kind(
                domain=row["domain"],
                code=row["code"],
                zh=row["zh"],
                en=row["en"],
                share=float(row["share"]),
                months=tuple(float(heavy.get(str(m), 1)) for m in range(1, 13)),
                hours=row["hours"],
                week=row["week"],
                place=row["place"],
                severity=float(row["severity"]),
                due_days=int(row["due_days"]),
                said=tuple(row["said"].split("|")),
            )
        )
    return tuple(found)


KINDS = _read(Path(__file__).with_name("kinds.csv"))


def by_code(domain: str, code: str) -> Kind:
    """Find a kind.

    Raises
    ------
    KeyError
        When there is none.
    """
    for kind in KINDS:
        if (kind.domain, kind.code) == (domain, code):
            return kind
    raise KeyError((domain, code))


def kinds_json() -> dict[str, object]:
    """Return the kinds of every domain with both labels, for ``kinds.json``."""
    listed: dict[str, list[dict[str, object]]] = {}
    for kind in KINDS:
        entry = {"code": kind.code, "zh": kind.zh, "en": kind.en, "due_days": kind.due_days}
        listed.setdefault(kind.domain, []).append(entry)
    return {
        "_about": "Kinds of incidents; the codes of 'dispute' are the list dispute_kind.",
        **listed,
    }
