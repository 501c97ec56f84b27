"""Cases that words may mean: by number, summary, place, or the name of where they lie."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from gridmap.domain.cases.model import CaseRow
from gridmap.domain.gridkey import TOWN, VILLAGE, Scope, level_of
from gridmap.storage.cases.desk import given_by_source, list_row, select_rows
from gridmap.storage.cases.incidents import shown_on_maps
from gridmap.storage.models import Grid, Incident

_MOST_NAMED = 200


def search(session: Session, words: str, limit: int) -> list[CaseRow]:
    """Cases by a number, its beginning, or words of summary or place, then those of grids so named; newest first."""
    exact = or_(Incident.number == words, Incident.uid == words, given_by_source(words))
    if session.scalar(select(func.count()).select_from(Incident).where(exact)):
        condition = found = exact
    else:
        found = or_(
            Incident.number.startswith(words, autoescape=True),
            Incident.uid.istartswith(words, autoescape=True),
            # What a sealed case is about is told when it is opened, and not to whoever tries words.
            and_(
                Incident.sealed.is_(False),
                or_(
                    Incident.summary.icontains(words, autoescape=True),
                    and_(shown_on_maps(), Incident.place.icontains(words, autoescape=True)),
                ),
            ),
        )
        condition = or_(found, *_lying_in(session, words))
    query = (
        select_rows()
        .where(condition, Incident.withdrawn_at.is_(None))
        .order_by(case((found, 0), else_=1), Incident.occurred_at.desc(), Incident.incident_id.desc())
        .limit(limit)
    )
    return [list_row(row) for row in session.execute(query).mappings()]


def _lying_in(session: Session, words: str) -> list[ColumnElement[bool]]:
    """Return which cases lie in areas, villages and micro-grids whose names hold words, or are of one that does.

    Where the reporter is protected the village is told, and nothing below it; of sealed cases nothing.
    """
    names = or_(
        Grid.name_zh.icontains(words, autoescape=True), Grid.name_en.icontains(words, autoescape=True)
    )
    named = select(Grid.grid_key).where(names, Grid.valid_to.is_(None), Grid.level > TOWN)
    out: list[ColumnElement[bool]] = []
    known: list[Scope] = []
    for key in session.scalars(named.order_by(Grid.level, Grid.grid_key).limit(_MOST_NAMED)):
        grid = Scope.of_grid(key)
        if any(key in larger for larger in known):
            continue
        known.append(grid)
        lies = Incident.grid_key.between(grid.lo, grid.hi)
        told = shown_on_maps() if level_of(key) > VILLAGE else Incident.sealed.is_(False)
        out.append(and_(lies, told))
    return out
