"""What forecasts said of weeks, in the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.domain.forecasts import KeptForecast, ToldCells
from gridmap.domain.gridkey import Scope
from gridmap.storage.models import Forecast

_COLUMNS = (
    "domain",
    "level",
    "first_day",
    "model",
    "comparator",
    "data_sha256",
    "version",
    "owner",
)


def add_forecast(session: Session, told: KeptForecast) -> bool:
    """Keep what is said of a week; tell whether it is kept now: nothing that was said before is changed."""
    row = insert(Forecast).values(
        scope_lo=told.scope.lo,
        scope_hi=told.scope.hi,
        cells=asdict(told.cells),
        parameters={"shares": told.shares, "known": told.known, "hours": told.hours, "timed": told.timed},
        **{name: getattr(told, name) for name in _COLUMNS},
    )
    done = session.execute(row.on_conflict_do_nothing(constraint="uq_forecasts_first_day"))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def forecasts_of(session: Session, about: Scope, level: int, domain: str | None) -> list[KeptForecast]:
    """Return what was said of all weeks of the same ground, level and domain, oldest first."""
    query = (
        select(*Forecast.__table__.columns)
        .where(
            Forecast.scope_lo == about.lo,
            Forecast.scope_hi == about.hi,
            Forecast.level == level,
            Forecast.domain.is_not_distinct_from(domain),
        )
        .order_by(Forecast.first_day)
    )
    return [_kept(row) for row in session.execute(query).mappings()]


def find_forecast(
    session: Session, about: Scope, level: int, domain: str | None, first_day: dt.date
) -> KeptForecast | None:
    """Return what was said of one week, or None."""
    return next(
        (one for one in forecasts_of(session, about, level, domain) if one.first_day == first_day), None
    )


def _kept(row: RowMapping) -> KeptForecast:
    more = row["parameters"]
    return KeptForecast(
        scope=Scope(row["scope_lo"], row["scope_hi"]),
        cells=ToldCells(**{name: tuple(values) for name, values in row["cells"].items()}),
        shares=more["shares"],
        known=more["known"],
        hours=tuple(tuple(day) for day in more["hours"]),
        timed=more["timed"],
        forecast_id=row["forecast_id"],
        created_at=row["created_at"],
        **{name: row[name] for name in _COLUMNS},
    )
