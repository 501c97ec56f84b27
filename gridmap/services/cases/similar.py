"""Closed cases that resemble an open one: what was done, with what result, in how many days. No persons."""

from __future__ import annotations

import math

from sqlalchemy.orm import Session

from gridmap.domain.cases.lists import choices
from gridmap.domain.cases.model import SimilarCase
from gridmap.domain.gridkey import AREA, UNASSIGNED, VILLAGE, ancestor
from gridmap.storage.cases import tasks as kept
from gridmap.storage.cases.desk import KeptCase
from gridmap.storage.cases.tasks import ClosedCase

SHOWN = 5
_LOOKED_AT = 400


def closed_like(session: Session, case: KeptCase) -> list[SimilarCase]:
    """Return the five most similar closed cases of the same kind, in an open session.

    Likeness weighs the place (village 2, area 1), the band of the sum (2, next to it 1), and the number of people
    (up to 1); among equals the newest comes first.
    """
    found = kept.closed_like(session, case.row.domain, case.row.kind, case.row.incident_id, _LOOKED_AT)
    scored = sorted(
        ((_likeness(case, row), n, row) for n, row in enumerate(found)), key=lambda s: (-s[0], s[1])
    )
    return [_told(row, likeness) for likeness, _, row in scored[:SHOWN]]


def _told(row: ClosedCase, likeness: float) -> SimilarCase:
    took_s = 0.0
    if row["accepted_at"] is not None:
        took_s = (row["closed_at"] - row["accepted_at"]).total_seconds() - row["paused_s"]
    return SimilarCase(
        number=row["number"] or "",
        kind=row["kind"],
        grid_key=row["grid_key"],
        outcome=row["outcome"],
        method=row["method"],
        agreement=row["agreement"],
        solved_level=row["solved_level"],
        days=round(max(0.0, took_s) / 86_400, 1),
        likeness=round(likeness, 2),
    )


def _likeness(case: KeptCase, row: ClosedCase) -> float:
    here, there = case.row.grid_key, row["grid_key"]
    score = 0.0
    if UNASSIGNED not in {here, there}:
        score += 2.0 * (ancestor(here, VILLAGE) == ancestor(there, VILLAGE))
        score += ancestor(here, AREA) == ancestor(there, AREA)
    bands = [c.code for c in choices("sum_band")]
    mine, theirs = case.told["sum_band"], row["sum_band"]
    if mine in bands and theirs in bands:
        score += max(0, 2 - abs(bands.index(mine) - bands.index(theirs)))
    people, others = case.told["people_count"], row["people_count"]
    if people and others:
        score += max(0.0, 1 - abs(math.log2(people / others)))
    return score
