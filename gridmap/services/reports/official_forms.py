"""Official forms (一表通): filled from the cases of a scope, led back to them, handed in, compared afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.model import CaseRow
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import TOWN, UNASSIGNED, VILLAGE, Scope, level_of
from gridmap.domain.official_forms import (
    Difference,
    Period,
    Sheet,
    differences,
    fill,
    read_period,
    remembered,
)
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.accounts import audit
from gridmap.services.cases.query import chosen_by
from gridmap.services.ground.grids import checked_level, grid_not_found
from gridmap.storage.cases import worklists
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as ground
from gridmap.storage.reports import official_forms as stored

DISPUTES = "disputes"
"""The dispute sheet: found, handled, succeeded, by grid and by kind."""

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class FormAsked:
    """Which form.

    Attributes
    ----------
    period : Period
    level : int
        Of the rows: 2 or 3.
    within : int or None
        Grid whose cases are meant; the scope's own where None.
    """

    period: Period
    level: int = VILLAGE
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a form."""

    name: str
    zh: str
    en: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DisputeForm:
    """The dispute sheet as it is now.

    Attributes
    ----------
    root : tuple of str
        Names of the grid that it is about.
    by_grid, by_kind : tuple of Row
        Named ``grid KEY`` and ``kind CODE``.
    sealed : int
        Of the total: counted, in no list.
    outside : int
        Cases that lie in no grid, and so in no form; 0 for whoever does not see the whole workspace.
    handed_in : mapping or None
        The same form as it was handed in last: ``made_by``, ``made_at``, ``numbers``.
    changes : tuple of Difference
        Since then.
    """

    asked: FormAsked
    root_key: int
    root: tuple[str, str]
    total: Row
    by_grid: tuple[Row, ...]
    by_kind: tuple[Row, ...]
    sealed: int
    outside: int
    query: IncidentQuery
    as_of: dt.datetime
    sheet: Sheet
    handed_in: Mapping[str, Any] | None
    changes: tuple[Difference, ...]


def dispute_form(
    database: Database, scope: Scope, asked: FormAsked, *, now: dt.datetime | None = None
) -> DisputeForm:
    """Fill the dispute sheet with true counts, for a person who has the scope.

    Parameters
    ----------
    database : Database
    scope : Scope
    asked : FormAsked
    now : datetime, optional
        Aware; the present by default.

    Raises
    ------
    NotFound
        When the grid is none, or outside the scope.
    InvalidInput
        When rows of that level do not lie below the grid, or the workspace has no town.
    """
    if asked.level not in (2, 3):
        raise InvalidInput(
            "form-level",
            "报表的行只能是片区（2）或村（3）。",
            "Rows of a form are areas (2) or villages (3).",
        )
    with database.scoped_session(scope) as session:
        root_key = asked.within if asked.within is not None else _own_grid(session, scope)
        checked_level(root_key)
        root = ground.find_grid(session, root_key)
        if root is None:
            raise grid_not_found(root_key)
        inside = Scope.of_grid(root_key)
        rows = [
            grid
            for grid in ground.list_grids(session, level=asked.level, geometry=False)
            if int(grid["grid_key"]) in inside
        ]
        if level_of(root_key) > asked.level:
            raise InvalidInput(
                "form-level-above",
                "所选网格低于报表的行。请选片区或镇，或改用村级的行。",
                "The grid lies below the form's rows. Choose an area or the town, or rows of villages.",
            )
        query = IncidentQuery(
            grid=root_key, since=asked.period.since, until=asked.period.until, domains=("dispute",)
        )
        chosen = chosen_by(database, query, now)
        cases = stored.list_cases(session, chosen, asked.level)
        nowhere = chosen_by(database, replace(query, grid=UNASSIGNED), now)
        outside = stored.count_cases(session, nowhere) if UNASSIGNED in scope else 0
        last = stored.newest(session, DISPUTES, root_key, asked.period.name)
    kinds = {code.code: (code.zh, code.en) for code in code_list("dispute_kind")}
    sheet = fill(cases, [int(grid["grid_key"]) for grid in rows], kinds)
    numbers = sheet.numbers()
    names = {int(grid["grid_key"]): (grid["name_zh"], grid["name_en"] or "") for grid in rows}
    return DisputeForm(
        asked,
        root_key,
        (root.name_zh or "", root.name_en or ""),
        Row("total", "合计", "in all", numbers["total"]),
        tuple(
            Row(f"grid {key}", *names.get(key, ("网格外", "in no grid")), numbers[f"grid {key}"])
            for key in sorted(sheet.by_grid, key=lambda k: (k == UNASSIGNED, k))
        ),
        tuple(
            Row(
                f"kind {code}",
                *kinds.get(code, (code or "未填", code or "not told")),
                numbers[f"kind {code}"],
            )
            for code in sorted(sheet.by_kind, key=lambda c: (not c, c))
        ),
        sum(case.incident_id is None for case in sheet.cases),
        outside,
        query,
        chosen.now,
        sheet,
        last and {name: last[name] for name in ("made_by", "made_at", "numbers", "form_id")},
        tuple(differences(last["numbers"], last["cases"], sheet)) if last else (),
    )


def _own_grid(session: Any, scope: Scope) -> int:
    top = [
        int(grid["grid_key"])
        for level in (TOWN, 2, VILLAGE)
        for grid in ground.list_grids(session, level=level, geometry=False)
        if int(grid["grid_key"]) in scope
    ]
    if not top:
        raise InvalidInput(
            "form-no-grid",
            "工作区没有镇、片区或村，不能填报表。请先导入网格。",
            "The workspace has no town, area or village to fill a form for. Import grids first.",
        )
    return top[0]


def hand_in(
    database: Database, actor: Actor, asked: FormAsked, *, now: dt.datetime | None = None
) -> DisputeForm:
    """Keep the form as it is now, as the one that was handed in: later changes are told against it.

    Parameters
    ----------
    database : Database
    actor : Actor
    asked : FormAsked
    now : datetime, optional

    Raises
    ------
    NotFound, InvalidInput
        As `dispute_form`.
    """
    form = dispute_form(database, actor.scope, asked, now=now)
    audit.record(database, actor, "hand_in_form", f"{DISPUTES} {asked.period.name} {form.root_key}")
    with database.scoped_session(actor.scope, write=True) as session:
        stored.hand_in(
            session,
            grid_key=form.root_key,
            form=DISPUTES,
            period=asked.period.name,
            level=asked.level,
            made_by=actor.post,
            numbers=form.sheet.numbers(),
            cases=remembered(form.sheet),
            **({"made_at": now} if now else {}),
        )
    return dispute_form(database, actor.scope, asked, now=now)


def handed_in(database: Database, scope: Scope) -> list[dict[str, Any]]:
    """Return the forms that a scope's grids handed in, the newest first."""
    with database.scoped_session(scope) as session:
        return stored.handed_in(session, DISPUTES)


@dataclass(frozen=True, slots=True)
class CellCases:
    """The cases behind a cell of a form.

    Attributes
    ----------
    rows : tuple of CaseRow
        At most `MOST_LISTED`.
    total : int
        What the cell says.
    sealed : int
        Of these: in no list.
    reported : frozenset of int
        Of the rows: those that were in the same column when the form was handed in.
    """

    rows: tuple[CaseRow, ...]
    total: int
    sealed: int
    reported: frozenset[int]


def cell_cases(
    database: Database, scope: Scope, form: DisputeForm, row: str, column: str, *, start: int = 0
) -> CellCases:
    """Return the cases behind a cell; `start` of those that may be listed are passed over.

    Raises
    ------
    InvalidInput
        When the form has no such cell.
    """
    numbers = form.sheet.numbers()
    if column not in numbers.get(row, {}):
        raise InvalidInput(
            "form-cell",
            "报表没有这一格。请从报表上点数字进入。",
            "The form has no such cell. Click a number on the form.",
        )
    listed = sorted(form.sheet.listed(row, column))
    with database.scoped_session(scope) as session:
        rows = worklists.rows_of(session, listed[start : start + MOST_LISTED])
        last = (
            stored.newest(session, DISPUTES, form.root_key, form.asked.period.name)
            if form.handed_in
            else None
        )
    before = {int(case) for case, told in (last or {"cases": {}})["cases"].items() if column in told[2:]}
    total = numbers[row][column]
    return CellCases(tuple(rows), total, total - len(listed), frozenset(before.intersection(listed)))


def asked_for(period: str, level: int = VILLAGE, within: int | None = None) -> FormAsked:
    """Read which form is meant.

    Raises
    ------
    InvalidInput
        When the period is none.
    """
    return FormAsked(read_period(period), level, within)
