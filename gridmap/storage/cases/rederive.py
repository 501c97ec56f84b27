"""What the steps say, computed again for many cases at once, and kept where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.model import State
from gridmap.storage.cases.desk import OPENING_COLUMNS, STATE_COLUMNS, opening_of, state_of
from gridmap.storage.cases.steps import load_steps
from gridmap.storage.models import Incident

_AT_ONCE = 5000


def differing(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, State]]:
    """Give each case whose stored state is not what its steps say, with what they say.

    Parameters
    ----------
    session : Session
    ids : sequence of int
    """
    columns = {"incident_id", *OPENING_COLUMNS, *STATE_COLUMNS}
    wanted = [getattr(Incident, name) for name in sorted(columns)]
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        steps = load_steps(session, part)
        for row in session.execute(select(*wanted).where(Incident.incident_id.in_(part))):
            said = derive(opening_of(row), steps[row.incident_id])
            if said != state_of(row):
                yield row.incident_id, said


def rederive(session: Session, ids: Sequence[int]) -> int:
    """Keep what the steps of cases say; gives how many differed."""
    columns = ", ".join(STATE_COLUMNS)
    made = "create temporary table if not exists derived on commit drop as select incident_id"
    session.execute(text(f"{made}, {columns} from incidents limit 0; truncate derived"))
    changed = [
        (key, *(list(v) if isinstance(v, tuple) else v for v in (getattr(said, n) for n in STATE_COLUMNS)))
        for key, said in differing(session, ids)
    ]
    cursor = session.connection().connection.cursor()
    with cursor.copy(f"copy derived (incident_id, {', '.join(STATE_COLUMNS)}) from stdin") as copy:
        for row in changed:
            copy.write_row(row)
    columns = ", ".join(f"{name} = d.{name}" for name in STATE_COLUMNS)
    statement = f"update incidents i set {columns}, revision = i.revision + 1 from derived d where "  # noqa: S608
    session.execute(text(f"{statement} d.incident_id = i.incident_id"))
    return len(changed)


def changed_by_import(session: Session, run_id: int) -> list[int]:
    """Cases of an import whose stored state may not be what their steps and source say."""
    return list(
        session.scalars(
            text(
                "select incident_id from incidents i where import_run_id = :run and (stage is distinct from"
                " coalesce(told_stage, 'accepted') or due_at is distinct from coalesce(told_due_at, opened_due_at) or"
                " (told_due_at is not null and act_due_at is not null) or closed_at is distinct from told_closed_at or"
                " handler_key <> coalesce(nullif(grid_key, 0), opened_key, 0) or"
                " accepted_at is distinct from reported_at or"
                " exists (select from incident_steps s where s.incident_id = i.incident_id))"
            ),
            {"run": run_id},
        )
    )


def withdrawn_but_staged(session: Session) -> list[int]:
    """Return withdrawn cases that the staged rows bring again."""
    return list(
        session.scalars(
            text(
                "select i.incident_id from incidents i join staging_incidents s on s.uid = i.uid"
                " where i.withdrawn_at is not null"
            )
        )
    )


def renumber_staged_steps(session: Session) -> list[int]:
    """Put the steps of the cases that a file of steps is about in order; gives those cases."""
    session.execute(
        text(
            "create temporary table told on commit drop as select distinct i.incident_id"
            " from staging_incident_steps s join incidents i on i.uid = s.uid"
        )
    )
    session.execute(
        text(
            "update incident_steps s set seq = n.seq from (select step_id, row_number() over"
            " (partition by incident_id order by at, seq, step_id) as seq from incident_steps"
            " where incident_id in (select incident_id from told)) n"
            " where n.step_id = s.step_id and s.seq is distinct from n.seq"
        )
    )
    ids = list(session.scalars(text("select incident_id from told")))
    session.execute(text("drop table told"))
    return ids
