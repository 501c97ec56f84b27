"""The case desk: numbers, states derived from steps, tasks, screening, the directory of bodies."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from importlib import resources
from itertools import groupby
from typing import Any

from alembic import op
from sqlalchemy import Connection, text

from gridmap.domain.cases.actions import read_action
from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.model import Opening, State, Step
from gridmap.domain.cases.number import compose, order

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ROWS_AT_ONCE = 20_000
# The zone of the days in numbers given here; a number's day is never read back.
_DAY = "(coalesce(reported_at, occurred_at) at time zone 'Asia/Shanghai')::date"
# Later versions of the schema add what is named here.
_LATER = {"withdrawn_at", "sealed_by_risk", "reporter_hidden"}
_STATE = tuple(name for name in State.__dataclass_fields__ if name not in _LATER)


def upgrade() -> None:
    """Add columns and tables; give every case that there is its number, and what its steps say."""
    statements = resources.files("gridmap.storage").joinpath("sql/0008_cases.sql").read_text("utf-8")
    connection = op.get_bind()
    # The driver itself: the statements hold percent signs and colons that SQLAlchemy would read as parameters.
    connection.connection.cursor().execute(statements)
    for statement in (
        "set local statement_timeout = '30min'",
        # The owner is bound by the policies, too.
        "select set_config('gridmap.scope_lo', '0', true)",
        "select set_config('gridmap.scope_hi', '99999999999999999', true)",
        (
            "update incidents set told_stage = stage, told_due_at = due_at, told_closed_at = closed_at,"
            " recorded_by = null"
        ),
        (
            "update incident_steps s set uid = gen_random_uuid(), seq = n.seq, recorded_at = s.at from"
            " (select step_id, row_number() over (partition by incident_id order by at, step_id) as seq"
            " from incident_steps) n where n.step_id = s.step_id"
        ),
    ):
        connection.execute(text(statement))
    _spell_actions(connection)
    _give_numbers(connection)
    _derive_states(connection)
    for statement in (
        "select set_config('gridmap.scope_lo', '', true)",
        "select set_config('gridmap.scope_hi', '', true)",
    ):
        connection.execute(text(statement))


def _spell_actions(connection: Connection) -> None:
    """Spell each action as its code; what is done in a matter that is no dispute is handling, not mediation."""
    for said in connection.scalars(text("select distinct action from incident_steps")).all():
        action = read_action(said)
        if action is not None and action.value != said:
            connection.execute(
                text("update incident_steps set action = :code where action = :said"),
                {"code": action.value, "said": said},
            )
    connection.execute(
        text(
            "update incident_steps s set action = 'handle' from incidents i where i.incident_id = s.incident_id"
            " and i.domain <> 'dispute' and s.action = 'mediate'"
        )
    )


def _give_numbers(connection: Connection) -> None:
    only_town = connection.scalar(text("select min(grid_key) / 100000000 from grids where level = 1")) or 0
    rows = connection.execute(
        text(f"select incident_id, grid_key / 100000000, {_DAY} from incidents order by 2, 3, 1")
    ).all()
    connection.execute(text("create temporary table given (incident_id bigint, number text) on commit drop"))
    days: list[dict[str, Any]] = []
    cursor = connection.connection.cursor()
    with cursor.copy("copy given from stdin") as copy:
        by_day: dict[tuple[int, dt.date], list[int]] = defaultdict(list)
        for incident_id, town, day in rows:
            by_day[town or only_town, day].append(incident_id)
        for (town, day), ids in by_day.items():
            seed = secrets.randbits(62)
            # The order of the numbers is not the order of the cases.
            for incident_id, digits in zip(ids, order(seed).tolist(), strict=False):
                copy.write_row((incident_id, compose(town, day, digits)))
            days.append({"town": town, "day": day, "drawn": min(len(ids), 100_000), "seed": seed})
    connection.execute(
        text("update incidents i set number = g.number from given g where g.incident_id = i.incident_id")
    )
    if days:
        connection.execute(text("insert into case_days values (:town, :day, :drawn, :seed)"), days)


def _derive_states(connection: Connection) -> None:
    connection.execute(
        text(
            f"create temporary table derived on commit drop as select incident_id, {', '.join(_STATE)}"
            " from incidents limit 0"
        )
    )
    last = 0
    while True:
        cases = connection.execute(
            text(
                "select incident_id, grid_key, reported_at, told_stage, told_due_at, told_closed_at, handler_key"
                " from incidents where incident_id > :last order by incident_id limit :n"
            ),
            {"last": last, "n": _ROWS_AT_ONCE},
        ).all()
        if not cases:
            break
        _derive_some(connection, cases)
        last = cases[-1].incident_id
    columns = ", ".join(f"{name} = d.{name}" for name in _STATE)
    connection.execute(
        text(
            f"update incidents i set {columns}, revision = 1 from derived d where d.incident_id = i.incident_id"
        )
    )


def _derive_some(connection: Connection, cases: Any) -> None:
    told = connection.execute(
        text(
            "select incident_id, at, action, to_grid_key, step_id, seq from incident_steps"
            " where incident_id between :lo and :hi order by incident_id, at, seq"
        ),
        {"lo": cases[0].incident_id, "hi": cases[-1].incident_id},
    ).all()
    steps = {
        incident_id: [
            Step(s.action, s.at, s.step_id, s.seq, to_grid_key=s.to_grid_key, told_by="source")
            for s in of_case
        ]
        for incident_id, of_case in groupby(told, key=lambda s: s.incident_id)
    }
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy derived (incident_id, {', '.join(_STATE)}) from stdin") as copy:
        for case in cases:
            opening = Opening(
                case.grid_key, case.reported_at, case.told_stage, case.told_due_at, case.told_closed_at
            )
            state = derive(opening, steps.get(case.incident_id, ()))
            values = [list(v) if isinstance(v, tuple) else v for v in (getattr(state, n) for n in _STATE)]
            copy.write_row((case.incident_id, *values))
