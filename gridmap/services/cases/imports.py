"""Kinds of records about cases that files bring in. Files keep to the same rules as the desk."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import Action, read_action
from gridmap.domain.cases.check import FIELD_WORDS, check, completed
from gridmap.domain.cases.derive import Walk
from gridmap.domain.cases.lists import spellings_of
from gridmap.domain.cases.model import Step
from gridmap.domain.cases.number import parts
from gridmap.domain.cases.rules import RULES
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows.refused import RowRefused, refuse_more
from gridmap.services.cases import openings, withdrawals
from gridmap.services.cases.begun import Begun
from gridmap.services.cases.bodies_told import bodies_in_doubt
from gridmap.services.cases.doubts import doubt_between, doubts
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.placing import coordinates, placed_points
from gridmap.services.imports.kinds import ImportKind, Placed, TakenBack
from gridmap.storage.cases import desk, loads, rederive, steps

_CODED = ("ground", "outcome", "method", "agreement", "fulfilled")


def _incident_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    placed = placed_points(parsed, book)
    accuracy_m = np.nan_to_num(parsed.table["accuracy_m"].to_numpy().astype(np.float64), nan=0.0)
    lon, lat = coordinates(parsed.table, "lon", "lat")
    flags = book.needs_confirmation(lon, lat, accuracy_m)
    rows = placed.rows.append_column("needs_confirmation", pa.array(flags))
    return replace(placed, rows=rows, to_confirm=int(flags.sum()))


def _numbered(session: Session, rows: pa.Table, zone: str) -> pa.Table:
    """Give each row the number for life that it brings, or draw one where it has none or that is another case's.

    A case that is known already keeps the one that it has.
    """
    # A row of a few fields, for a case that is known, may say neither: the number drawn for it is not used.
    now = pa.scalar(dt.datetime.now(dt.UTC), rows["occurred_at"].type)
    reported = pc.coalesce(rows["reported_at"], rows["occurred_at"], now)
    local = pc.local_timestamp(pc.cast(reported, pa.timestamp("us", zone)))
    days = pc.cast(local, pa.date32()).to_numpy().astype("datetime64[D]")
    towns = rows["grid_key"].to_numpy() // 10**8
    brought = _brought(rows["number"])
    to_draw = np.ones(rows.num_rows, bool)
    to_draw[[row for of_day in brought.values() for row in of_day.values()]] = False
    drawn: dict[tuple[int, dt.date], list[int]] = defaultdict(list)
    for town in np.unique(towns).tolist():
        code = desk.town_of(session, town * 10**8)
        for row in np.flatnonzero((towns == town) & to_draw).tolist():
            drawn[code, days[row].item()].append(row)
    numbers = np.array(rows["number"].to_pylist(), object)
    # In one order, so that two imports never wait for each other.
    for code, day in sorted({*brought, *drawn}):
        wanted = brought.get((code, day), {})
        free = desk.keep_numbers(session, code, day, list(wanted)) if wanted else set()
        anew = drawn[code, day] + [row for digits, row in wanted.items() if digits not in free]
        if anew:
            numbers[anew] = desk.draw_numbers(session, code, day, len(anew))
    return rows.set_column(rows.schema.get_field_index("number"), "number", pa.array(numbers, pa.string()))


def _brought(numbers: pa.ChunkedArray) -> dict[tuple[int, dt.date], dict[int, int]]:
    """Return the rows that bring a number for life: by town and day, its five digits and the first row that has it."""
    found: dict[tuple[int, dt.date], dict[int, int]] = defaultdict(dict)
    for row, told in enumerate(numbers.to_pylist()):
        known = parts(told) if told else None
        if known is not None:
            town, day, digits = known
            found[town, day].setdefault(digits, row)
    return found


def _prepared(session: Session, rows: pa.Table, zone: str) -> pa.Table:
    return openings.with_openings(session, _numbered(session, rows, zone), zone)


def _derived_anew(session: Session, run_id: int, zone: str) -> None:
    again = rederive.withdrawn_but_staged(session)
    if again:
        withdrawals.restore_cases(session, again, dt.datetime.now(dt.UTC))
    ids = rederive.changed_by_import(session, run_id)
    if ids:
        rederive.rederive(session, ids)
        openings.open_those_of(session, run_id, zone)
    openings.renew_those_of(session, run_id, zone)


def _step_rows(parsed: ParsedTable, book: GridBook) -> Placed:
    keys = book.key_of_codes(parsed.table["to_grid_code"])
    told = pa.array(keys, mask=keys == 0)
    return Placed(parsed.table.append_column("to_grid_key", pc.coalesce(told, parsed.table["body_key"])))


def _lawful_steps(session: Session, parsed: ParsedTable, book: GridBook, zone: str) -> ParsedTable:
    """Refuse the steps that the rules forbid; spell the others by their codes, with the limits that they begin."""
    keys = book.key_of_codes(parsed.table["to_grid_code"]).tolist()
    rows = parsed.table.to_pylist()
    begun = Begun(session, zone)
    for row, key in zip(rows, keys, strict=True):
        # As at the desk: what is passed to a body is signed for by the grid that it serves.
        row["to_body"], row["body_key"] = begun.body(row["to_body"])
        row["to_grid_key"] = key or row["body_key"]
    cases = desk.cases_of_uids(session, sorted({row["uid"] for row in rows}))
    of_case: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_case[row["uid"]].append(row)
    refused: list[RowRefused] = []
    for uid, told in of_case.items():
        refused += _walk(cases[uid], told, begun)
    bad = {wrong.row for wrong in refused}
    schema = parsed.table.schema.append(pa.field("details", pa.string())).append(
        pa.field("body_key", pa.int64())
    )
    spelled = pa.Table.from_pylist([row for row in rows if row["row"] not in bad], schema=schema)
    return replace(refuse_more(parsed, refused), table=spelled)


def _walk(case: desk.WalkedCase, told: list[dict[str, Any]], begun: Begun) -> list[RowRefused]:
    """Go through a case's steps, those that are known and those of a file, in the order of time."""
    refused = []
    for row in told:
        row["action"] = _spell(row, case.domain)
    lines = [(row["at"], n, row) for n, row in enumerate(told)]
    named = {(row["at"], row["action"]) for row in told}
    # A row that is in the database already is told again: the file's own words count.
    known = [s for s in case.steps if s.undone_at is None and (s.at, s.action) not in named]
    merged: list[tuple[dt.datetime, int, Step | dict[str, Any]]] = [(s.at, -1, s) for s in known]
    merged += lines
    merged.sort(key=lambda line: (line[0], line[1]))
    walk, last, first = Walk(case.opening, told=True), None, True
    for at, _, line in merged:
        if isinstance(line, Step):
            walk.take(line)
        else:
            step, wrong = _read(line)
            if wrong is None:
                found = check(
                    step, walk.state, case.domain, case.kind, first=first, last_at=last, zone=begun.zone
                )
                if found is not None:
                    wrong = RowRefused(line["row"], _heading(found.field), found.code, found.zh, found.en)
            before, ahead = walk.stage, copy.copy(walk)
            ahead.take(step)
            wrong = wrong or _stage_differs(line, ahead.stage)
            if wrong is not None:
                refused.append(wrong)
                continue
            due = begun.dues(case, walk.state, step)
            line["details"] = json.dumps({"due": due} if due else {})
            walk = ahead
            line["stage_from"] = None if first else before
            line["stage_to"] = walk.stage
        last, first = at, False
    return refused


def _spell(row: Mapping[str, Any], domain: str) -> str:
    """Return the code of a row's action. Sources have one word for mediating disputes and handling other matters."""
    action = read_action(row["action"])
    if action is Action.MEDIATE and domain != "dispute":
        action = Action.HANDLE
    return row["action"] if action is None else action.value


def _read(row: dict[str, Any]) -> tuple[Step, RowRefused | None]:
    wrong = None
    action = read_action(row["action"])
    lists = {} if action is None else RULES[action].lists
    for name in _CODED:
        listed = lists.get(name)
        if row[name] is None or listed is None:
            continue
        code = spellings_of(listed).get(row[name].lower())
        if code is None:
            zh, en = FIELD_WORDS.get(name, (name, name))
            wrong = RowRefused(
                row["row"],
                name,
                "step-code-unknown",
                f"{zh}“{row[name]}”不在列表中。请改用列表中的词，见 gridmap cases lists。",
                f"{row[name]!r} is not in the list of {en}; see gridmap cases lists.",
            )
        else:
            row[name] = code
    step = completed(
        Step(
            action=row["action"],
            at=row["at"],
            to_grid_key=row["to_grid_key"],
            to_body=row["to_body"],
            until=row["until"],
            note=row["note"],
            told_by="source",
            **{name: row[name] for name in _CODED},
        )
    )
    row |= {name: getattr(step, name) for name in _CODED}
    return step, wrong


def _stage_differs(row: Mapping[str, Any], stage: str) -> RowRefused | None:
    if row["stage_to"] is None or row["stage_to"] == stage:
        return None
    return RowRefused(
        row["row"],
        "stage_to",
        "stage-differs",
        f"按规则这一步之后的阶段是 {stage}，文件写的是 {row['stage_to']}。请改正，或删去这一列。",
        f"by the rules the stage after this step is {stage}, the file says {row['stage_to']}. Put it right, or leave "
        "the column out.",
    )


def _heading(field: str) -> str:
    return {"to_grid_key": "to_grid_code"}.get(field, field)


def _settled(session: Session, run_id: int, zone: str) -> None:  # noqa: ARG001 - what is staged is what it brought
    rederive.rederive(session, rederive.renumber_staged_steps(session))


def _incidents_back(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    openings.put_back(session, rows)
    _cases_back(session, rows)


def _cases_back(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    rederive.rederive(session, [row["incident_id"] for row in rows])


def _steps_taken_back(
    session: Session,
    rows: list[dict[str, Any]],
    post: str,  # noqa: ARG001 - the run itself says who and why
    why: str,  # noqa: ARG001
    at: dt.datetime,
) -> TakenBack:
    live = [row for row in rows if row["undone_at"] is None]
    steps.undo_steps_by_number(session, [row["step_id"] for row in live], at)
    rederive.rederive(session, sorted({row["incident_id"] for row in live}))
    return TakenBack(tuple(str(row["step_id"]) for row in live))


INCIDENTS = ImportKind(
    "incidents",
    loads.INCIDENTS,
    GridBook.of,
    _incident_rows,
    doubts=doubts,
    doubt_between=doubt_between,
    prepare=_prepared,
    settle=_derived_anew,
    take_back=withdrawals.take_back,
    put_back=_incidents_back,
)
INCIDENT_STEPS = ImportKind(
    "incident_steps",
    loads.INCIDENT_STEPS,
    GridBook.of,
    _step_rows,
    refers=("uid", loads.incident_numbers),
    examine=_lawful_steps,
    doubts=bodies_in_doubt,
    settle=_settled,
    take_back=_steps_taken_back,
    put_back=_cases_back,
)
