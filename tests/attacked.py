"""A town's perturbed numbers, asked for as anybody may ask, laid out for the attacker beside the true ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from gridmap.analysis.cell_key import PerturbationTable
from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.domain import protection
from gridmap.domain.gridkey import SUBTREE_SIZE, Scope
from gridmap.domain.protection import Counts, is_told
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import MINIMUM
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.cases.overview import workspace_info
from gridmap.services.cases.protected import table
from gridmap.storage.database import Database
from tests.attack import Attacker, Axis, Published

LEVELS = {"town": 1, "area": 2, "village": 3}
MONTHS = {"year": 12, "quarter": 3, "month": 1}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the attacker asks about: a year, and the codes of one more axis."""

    year: int
    codes: tuple[tuple[str, str], ...]


def asked_of(database: Database, *, kinds: bool) -> Asked:
    """Choose the year of the newest record, and the domains, with the kinds of disputes where they are wanted."""
    info = workspace_info(database, Scope.whole())
    assert info.period is not None
    domains = sorted(code["code"] for code in info.as_dict()["domains"])
    found: list[tuple[str, str]] = []
    for domain in domains:
        known = sorted(code["code"] for code in info.kinds.get(domain, [])) if kinds else []
        found += [(domain, kind) for kind in known] or [(domain, "")]
    return Asked(int(info.period["to"][:4]), tuple(found))


def published(database: Database, asked: Asked, *, off: bool = False) -> Published:
    """Ask for every number, by place, time and matter; `off` takes the true ones for told."""
    domains = sorted({domain for domain, _ in asked.codes})
    matters: dict[str, list[IncidentQuery]] = {
        "all": [IncidentQuery()],
        "domain": [IncidentQuery(domains=(d,)) for d in domains],
        "kind": [IncidentQuery(domains=(d,), kinds=(k,) if k else ()) for d, k in asked.codes],
    }
    if all(not kind for _, kind in asked.codes):
        del matters["kind"]
    answers: dict[tuple[str, str, str], list[list[dict[str, int]]]] = {}
    truth: dict[tuple[str, str, str], list[list[dict[str, int]]]] = {}
    for place, level in LEVELS.items():
        for time, months in MONTHS.items():
            for matter, queries in matters.items():
                for counts, into in ((Counts.PERTURBED, answers), (Counts.TRUE, truth)):
                    if counts is Counts.TRUE and (place, time, matter) != (
                        "village",
                        "month",
                        list(matters)[-1],
                    ):
                        continue
                    if counts is Counts.PERTURBED and not is_told(f"{level}/{matter}//{time}"):
                        # Too fine to be told whatever it holds: one question of its kind shows that.
                        held_back = _numbers(database, queries[0], asked.year, 0, months, level, counts)
                        assert not held_back
                        into[place, time, matter] = [[{} for _ in queries] for _ in range(12 // months)]
                        continue
                    into[place, time, matter] = [
                        [
                            _numbers(database, query, asked.year, at, months, level, counts)
                            for query in queries
                        ]
                        for at in range(12 // months)
                    ]
    finest = truth["village", "month", list(matters)[-1]]
    villages = sorted({key for row in finest for cell in row for key in cell}, key=int)
    atoms = np.array([[[cell.get(v, 0) for cell in row] for row in finest] for v in villages], dtype=np.int64)
    keys = {
        place: sorted({int(v) - int(v) % SUBTREE_SIZE[level] for v in villages})
        for place, level in LEVELS.items()
    }
    number = {d: i for i, d in enumerate(domains)}
    axes = (
        Axis(
            {
                place: np.array([keys[place].index(int(v) - int(v) % SUBTREE_SIZE[level]) for v in villages])
                for place, level in LEVELS.items()
            }
        ),
        Axis({time: np.arange(12) // months for time, months in MONTHS.items()}),
        Axis(
            {
                "all": np.zeros(atoms.shape[2], dtype=np.int64),
                "domain": np.array([number[d] for d, _ in asked.codes]),
                **({"kind": np.arange(atoms.shape[2])} if "kind" in matters else {}),
            }
        ),
    )
    told = {
        kinds: np.array(
            [[[cell.get(str(key), NOT_SHOWN) for cell in row] for row in found] for key in keys[kinds[0]]]
        )
        for kinds, found in answers.items()
    }
    out = Published(atoms, axes, told)
    if off:
        return Published(atoms, axes, {kinds: out.true[kinds] for kinds in told})
    return Published(
        atoms, axes, {kinds: found for kinds, found in told.items() if (found != NOT_SHOWN).any()}
    )


def _numbers(
    database: Database, query: IncidentQuery, year: int, at: int, months: int, level: int, counts: Counts
) -> dict[str, int]:
    since = dt.date(year, at * months + 1, 1)
    after = dt.date(year + (at * months + months) // 12, (at * months + months) % 12 + 1, 1)
    asked = IncidentQuery(None, since, after - dt.timedelta(days=1), query.domains, query.kinds)
    answer = count_by_grid(database, Scope.whole(), asked, level=level, counts=counts)
    if (answer["from"], answer["to"]) != (since.isoformat(), (after - dt.timedelta(days=1)).isoformat()):
        # Too fine for this period: the quarter or year that holds it is a cell of its own, and is asked for as such.
        return {}
    found: dict[str, int] = answer["counts"]
    return found


def attacker_of(found: Published, *, off: bool = False) -> Attacker:
    """Make the attacker, who knows the table and what is held back; `off` where true numbers are told."""
    if off:
        return Attacker(found, PerturbationTable(0, 1e-6, 0, np.ones((1, 1))), least_held=0, least_told=0)
    return Attacker(found, table(), least_held=MINIMUM, least_told=protection.LEAST_TOLD)
