"""One case in the database: found, locked, its steps added, what they say kept beside them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.model import CaseRow, Opening, State, Step
from gridmap.domain.cases.number import ORDERS, compose, order
from gridmap.domain.gridkey import TOWN, Scope
from gridmap.storage.cases.incidents import closed, is_open, shown_on_maps, told_uid
from gridmap.storage.cases.steps import load_steps
from gridmap.storage.models import CaseDay, Grid, Incident, IncidentStep

_ROW = (
    "incident_id",
    "number",
    "uid",
    "domain",
    "kind",
    "summary",
    "place",
    "grid_key",
    "handler_key",
    "body_code",
    "awaiting_key",
    "awaiting_body",
    "stage",
    "risk",
    "occurred_at",
    "reported_at",
    "accepted_at",
    "sign_due_at",
    "act_due_at",
    "due_at",
    "paused_until",
    "closed_at",
    "deferred",
    "reopened",
    "outcome",
    "revision",
    "needs_confirmation",
    "accuracy_m",
    "sealed",
    "reporter_hidden",
)
_LIMITS = ("sign", "act", "close")
_AT_ONCE = 5000
STATE_COLUMNS = tuple(State.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A case as the database holds it."""

    row: CaseRow
    told: dict[str, Any]
    opening: Opening
    state: State
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class WalkedCase:
    """What a file's steps of a case are judged by."""

    domain: str
    kind: str | None
    scale: str | None
    opening: Opening
    steps: tuple[Step, ...]


def widen(session: Session) -> None:
    """Let the rest of the transaction see and write the whole workspace, sealed cases with it.

    A case that is passed on leaves the scope of whoever passes it on, so the desk first reads it within that scope,
    then writes by its own rules.
    """
    whole = Scope.whole().for_upkeep()
    session.execute(
        text(
            "select set_config('gridmap.scope_lo', :lo, true), set_config('gridmap.scope_hi', :hi, true),"
            " set_config('gridmap.opens', :opens, true)"
        ),
        {"lo": str(whole.lo), "hi": str(whole.hi), "opens": str(whole.opens)},
    )


def select_rows() -> Select[Any]:
    """Select what `case_row` reads."""
    columns = [getattr(Incident, name) for name in _ROW]
    return select(
        *columns,
        func.ST_X(Incident.geom).label("lon"),
        func.ST_Y(Incident.geom).label("lat"),
        *(_since(name).label(f"{name}_since") for name in _LIMITS),
    )


def _since(limit: str) -> ColumnElement[Any]:
    """When a case's limit began by its steps; a new risk, or what is put right, sets another end and begins nothing."""
    began = select(func.max(IncidentStep.at)).where(
        IncidentStep.incident_id == Incident.incident_id,
        IncidentStep.undone_at.is_(None),
        IncidentStep.action.not_in((Action.ASSESS.value, Action.NOTE.value)),
        IncidentStep.details["due"].has_key(limit),
    )
    return began.where(is_open(Incident)).correlate(Incident).scalar_subquery()


def case_row(found: Any) -> CaseRow:
    """Return a line of `select_rows` as a CaseRow."""
    values = {name: found[name] for name in (*_ROW, "lon", "lat", *(f"{n}_since" for n in _LIMITS))}
    values["number"] = values["number"] or ""
    values["uid"] = told_uid(values["uid"], values["number"])
    return CaseRow(**values)


def list_row(found: Any) -> CaseRow:
    """Return a line of `select_rows` as lists show it: a sealed case without its text and place."""
    return case_row(closed(dict(found)))


_UNTOLD = frozenset({"geom", "record_key"})
OPENING_COLUMNS = (
    "grid_key",
    "reported_at",
    "told_stage",
    "told_due_at",
    "told_closed_at",
    "opened_key",
    "opened_act_due_at",
    "opened_due_at",
)
"""What `opening_of` reads, in the order of `Opening`."""


def find_id(session: Session, number: str) -> int | None:
    """Return the incident of a number for life, or of its source's own number."""
    for condition in (Incident.number == number, Incident.uid == number, given_by_source(number)):
        found = session.scalar(select(Incident.incident_id).where(condition).limit(1))
        if found is not None:
            return found
    return None


_MARK = 25
"""Characters of the case's own number, in brackets after a space."""


def given_by_source(number: str) -> ColumnElement[bool]:
    """Return whether a source gave a number that another case has, too, which whoever recorded it did not see."""
    marked = func.right(Incident.uid, _MARK) == literal_column("' ('").concat(Incident.number).concat(
        literal_column("')'")
    )
    return and_(func.left(Incident.uid, -_MARK) == number, marked)


def uid_for(session: Session, given: str | None, number: str) -> str:
    """Return what a case is to be known by: its source's number, marked where it is another's that is not seen.

    Parameters
    ----------
    session : Session
        Sees the whole workspace.
    given : str or None
        By the source.
    number : str
        For life.
    """
    taken = given and session.scalar(select(Incident.incident_id).where(Incident.uid == given))
    return number if given is None else f"{given} ({number})" if taken else given


def record_key(session: Session, incident_id: int) -> int:
    """Return the secret key of a case."""
    return session.scalars(select(Incident.record_key).where(Incident.incident_id == incident_id)).one()


def lock(session: Session, incident_id: int) -> None:
    """Keep others from writing the case until the transaction ends."""
    session.execute(select(Incident.incident_id).where(Incident.incident_id == incident_id).with_for_update())


def load(session: Session, incident_id: int) -> KeptCase:
    """Read a case with its steps."""
    incident = session.get_one(Incident, incident_id, populate_existing=True)
    row = session.execute(select_rows().where(Incident.incident_id == incident_id)).mappings().one()
    told = {c.name: getattr(incident, c.name) for c in Incident.__table__.columns if c.name not in _UNTOLD}
    told["uid"] = told_uid(told["uid"], told["number"])
    return KeptCase(
        case_row(row),
        told,
        opening_of(incident),
        state_of(incident),
        load_steps(session, [incident_id])[incident_id],
    )


def opening_of(incident: Any) -> Opening:
    """Return what is known of a case before its steps, from its row."""
    return Opening(*(getattr(incident, name) for name in OPENING_COLUMNS))


def state_of(incident: Any) -> State:
    """Return the state that is stored beside the steps."""
    values = {name: getattr(incident, name) for name in STATE_COLUMNS}
    plain: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
    return State(**plain)


def cases_of_uids(session: Session, uids: Sequence[str]) -> dict[str, WalkedCase]:
    """Read the cases of sources' numbers with their steps."""
    out: dict[str, WalkedCase] = {}
    named = ("incident_id", "uid", "domain", "kind", "scale", *OPENING_COLUMNS)
    columns = [getattr(Incident, name) for name in named]
    for start in range(0, len(uids), _AT_ONCE):
        rows = session.execute(select(*columns).where(Incident.uid.in_(uids[start : start + _AT_ONCE]))).all()
        steps = load_steps(session, [row.incident_id for row in rows])
        for row in rows:
            out[row.uid] = WalkedCase(
                row.domain, row.kind, row.scale, opening_of(row), steps[row.incident_id]
            )
    return out


def save_state(session: Session, incident_id: int, state: State) -> int:
    """Keep what the steps say; gives the new revision."""
    values = {n: list(v) if isinstance(v, tuple) else v for n, v in asdict(state).items()}
    return session.scalars(
        update(Incident)
        .where(Incident.incident_id == incident_id)
        .values(**values, revision=Incident.revision + 1)
        .returning(Incident.revision)
    ).one()


def town_of(session: Session, grid_key: int) -> int:
    """Return the nine digits of a grid's town; of the workspace's only town where the grid is none."""
    if grid_key:
        return grid_key // 10**8
    first = session.scalar(select(func.min(Grid.grid_key)).where(Grid.level == 1))
    return 0 if first is None else int(first) // 10**8


def only_town(session: Session) -> int | None:
    """Return the grid of the workspace's town; None where it has none, or several."""
    towns = session.scalars(
        select(Grid.grid_key).where(Grid.level == TOWN, Grid.valid_to.is_(None)).limit(2)
    ).all()
    return towns[0] if len(towns) == 1 else None


def _draw_at_once(session: Session, town: int, day: dt.date, n: int) -> list[str] | None:
    """Draw numbers of a day in one statement; None where it has not so many, or cases brought some of it along."""
    if n > ORDERS:
        return None
    fresh = upsert(CaseDay).values(town=town, day=day, drawn=n, seed=secrets.randbits(62))
    row = session.execute(
        fresh.on_conflict_do_update(
            index_elements=[CaseDay.town, CaseDay.day],
            set_={"drawn": CaseDay.drawn + n},
            where=(CaseDay.drawn + n <= ORDERS) & (func.cardinality(CaseDay.kept) == 0),
        ).returning(CaseDay.drawn, CaseDay.seed)
    ).one_or_none()
    if row is None:
        return None
    return [compose(town, day, d) for d in order(row.seed)[row.drawn - n : row.drawn].tolist()]


def draw_numbers(session: Session, town: int, day: dt.date, n: int) -> list[str]:
    """Draw numbers for life of a town's local day; none is drawn twice.

    A day has 100,000: what a bulk import needs beyond them is drawn from the days that follow.
    """
    whole = _draw_at_once(session, town, day, n)
    if whole is not None:
        return whole
    out: list[str] = []
    while len(out) < n:
        of_day = _day(session, town, day)
        digits = order(of_day.seed)
        free = np.flatnonzero(~np.isin(digits[of_day.drawn :], of_day.kept))[: n - len(out)] + of_day.drawn
        if len(free):
            of_day.drawn = int(free[-1]) + 1
            session.flush()
            out += [compose(town, day, d) for d in digits[free].tolist()]
        day += dt.timedelta(days=1)
    return out


def _day(session: Session, town: int, day: dt.date) -> CaseDay:
    """Return a town's day, locked until the transaction ends; begun where it is new."""
    session.execute(
        upsert(CaseDay)
        .values(town=town, day=day, drawn=0, seed=secrets.randbits(62))
        .on_conflict_do_nothing()
    )
    of_day = select(CaseDay).where(CaseDay.town == town, CaseDay.day == day).with_for_update()
    return session.scalars(of_day, execution_options={"populate_existing": True}).one()


def keep_numbers(session: Session, town: int, day: dt.date, wanted: Sequence[int]) -> set[int]:
    """Keep five digits of a town's day that cases have from another workspace; return those that were free.

    Parameters
    ----------
    session : Session
    town : int
        Nine digits.
    day : date
    wanted : sequence of int
        What is drawn or kept already is another case's.
    """
    of_day = _day(session, town, day)
    taken = {*order(of_day.seed)[: of_day.drawn].tolist(), *of_day.kept}
    free = {digits for digits in wanted if digits not in taken}
    of_day.kept = [*of_day.kept, *sorted(free)]
    session.flush()
    return free


def add_case(session: Session, values: dict[str, Any]) -> int:
    """Insert a case; gives its identifier in the database."""
    return session.scalars(insert(Incident).values(**values).returning(Incident.incident_id)).one()


def set_case_fields(session: Session, incident_id: int, **values: Any) -> None:
    """Write fields of a case that no step derives."""
    session.execute(update(Incident).where(Incident.incident_id == incident_id).values(**values))


def open_cases(session: Session, domain: str, since: dt.datetime, until: dt.datetime) -> list[CaseRow]:
    """Open cases of a domain that happened within a span and have a coordinate."""
    query = select_rows().where(
        Incident.domain == domain,
        Incident.occurred_at.between(since, until),
        is_open(Incident),
        Incident.withdrawn_at.is_(None),
        Incident.geom.is_not(None),
        # Nearness would tell where it lies.
        shown_on_maps(),
    )
    return [list_row(row) for row in session.execute(query).mappings()]


def by_due(session: Session, *, overdue_at: dt.datetime | None, limit: int) -> list[CaseRow]:
    """Open cases, those due first before others; only those past due at an instant, where one is given."""
    query = (
        select_rows()
        .where(is_open(Incident), Incident.withdrawn_at.is_(None))
        .order_by(Incident.due_at.asc().nulls_last(), Incident.incident_id)
        .limit(limit)
    )
    if overdue_at is not None:
        query = query.where(Incident.due_at < overdue_at)
    return [list_row(row) for row in session.execute(query).mappings()]
