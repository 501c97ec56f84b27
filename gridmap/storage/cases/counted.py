"""What counts are taken of: cases that are not sealed as they are, sealed ones as facts of their village.

The database's function ``sealed_facts`` tells of sealed cases what a sum by the village may hold, whether or not the
transaction may open them: no number, no text, no place below the village. The key that fixes the noise of perturbed
sums is drawn at random and tells nothing of a case.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Text, column, func, literal, null, select, union_all

from gridmap.domain.days import local_span
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.models import Incident

_FACTS: tuple[tuple[str, Any], ...] = (
    ("grid_key", BigInteger),
    *((name, Text) for name in ("domain", "kind", "stage", "risk")),
    *((name, DateTime(timezone=True)) for name in ("occurred_at", "reported_at", "accepted_at")),
    *((name, DateTime(timezone=True)) for name in ("due_at", "closed_at")),
    ("outcome", Text),
    ("solved_level", BigInteger),
    ("deferred", Boolean),
    ("paused_s", BigInteger),
    ("paused_until", DateTime(timezone=True)),
    ("reopened", BigInteger),
    ("found_by", Text),
    ("needs_confirmation", Boolean),
    ("record_key", BigInteger),
)
_TOLD_ONLY: tuple[tuple[str, Any], ...] = (("followed_up", Boolean), ("repeated", Boolean))
# What sealed facts do not have; a condition on it finds none of them.
_UNTOLD = ("incident_id", "summary", "uid", "geom", "withdrawn_at", "acted_at", "channel")


def counted(
    since: dt.datetime | None = None, before: dt.datetime | None = None, *, more: bool = False
) -> Any:
    """Return the columns of what is counted: those of `Incident` that counts use, with `hidden`.

    Parameters
    ----------
    since, before : datetime, optional
        Sealed cases of this span only; it spares reading the others.
    more : bool
        Whether sealed cases tell that they were followed up, and repeated.
    """
    facts = func.sealed_facts(since, before, more).table_valued(
        column("hidden", Boolean), *(column(name, kind) for name, kind in (*_FACTS, *_TOLD_ONLY))
    )
    as_they_are = select(
        literal(False).label("hidden"),
        Incident.sealed,
        Incident.reporter_hidden,
        *(getattr(Incident, name) for name, _ in _FACTS),
        *(null().cast(kind).label(name) for name, kind in _TOLD_ONLY),
        *(getattr(Incident, name) for name in _UNTOLD),
    ).where(Incident.sealed.is_(False))
    of_village = select(
        facts.c.hidden,
        literal(True).label("sealed"),
        # Where below its village a sealed case lies is told of none.
        literal(True).label("reporter_hidden"),
        *(facts.c[name] for name, _ in (*_FACTS, *_TOLD_ONLY)),
        *(null().cast(getattr(Incident, name).type).label(name) for name in _UNTOLD),
    )
    return union_all(as_they_are, of_village).subquery("counted").c


def counted_by(chosen: IncidentFilter, *, more: bool = False) -> Any:
    """Return the columns of what a query counts; its conditions are to be laid on them."""
    query = chosen.query
    return counted(*local_span(chosen.zone, query.since, query.until), more=more)
