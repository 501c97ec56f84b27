"""The queue first: work lists by due date, the map beside them, and the search."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import cast
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.accounts import Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.figures import COUNTED
from gridmap.domain.cases.lists import codes_of
from gridmap.domain.cases.model import CaseRow, LawfulStep, State
from gridmap.domain.cases.number import is_number
from gridmap.domain.cases.rules import lawful_next
from gridmap.domain.cases.worklists import LIST_NAMES, OF_A_SHIFT, CasePage, ListName, Wanted
from gridmap.domain.codes import codes
from gridmap.domain.gridkey import LEVELS, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action as Right
from gridmap.domain.terms import LONGEST
from gridmap.errors import InvalidInput
from gridmap.services.backups.schedule import standing
from gridmap.services.cases import desk, worklists
from gridmap.services.cases.bulk import IN_BULK
from web import context
from web.access import may_now
from web.desk import shown, small_map
from web.desk.renewals import once
from web.desk.shown import page

bp = Blueprint("desk", __name__)

PAGE_ROWS = 50
_FIRST: tuple[Action, ...] = (
    Action.SIGN,
    Action.RETURN,
    Action.RESUME,
    Action.MEDIATE,
    Action.HANDLE,
    Action.TRANSFER,
    Action.RESOLVE,
    Action.FOLLOW_UP,
    Action.ARCHIVE,
)
"""Steps that a row offers, by what a desk does first."""
_OFFERED = 2
_LOOK_AFTER_IT = frozenset({Role.ADMINISTRATOR, Role.KEEPER})
"""Who is told how the backups stand."""
_FILTERS = (
    *("grid", "domain", "kind", "stage", "risk", "handler", "from", "to", "q", "overdue", "open"),
    *("counted", "level", "here"),
)


def read_wanted(given: Mapping[str, str]) -> Wanted:
    """Read which list an address asks for.

    Raises
    ------
    InvalidInput
        When a name, key or day is none.
    """
    name = given.get("list", "open")
    try:
        query = IncidentQuery.from_parameters({**given, "q": given.get("q", "").strip()[: LONGEST["words"]]})
        handler = int(given["handler"]) if given.get("handler") else None
        level = int(given["level"]) if given.get("level") else None
        if handler is not None:
            level_of(handler)
        if query.grid:
            level_of(query.grid)
    except (ValueError, InvalidInput):
        raise _no_list() from None
    counted = given.get("counted") or None
    known = name in LIST_NAMES and set(query.domains) <= codes("domain")
    known = known and given.get("risk", "") in {"", *codes_of("risk")}
    if not known or counted not in {None, *COUNTED} or level not in {None, *LEVELS}:
        raise _no_list()
    return Wanted(
        cast("ListName", name),
        query,
        given.get("risk") or None,
        handler,
        counted,
        level,
        here=given.get("here") == "1",
    )


def _no_list() -> InvalidInput:
    return InvalidInput(
        "list-unknown",
        "地址中的列表、网格或日期无效。请从上方的列表中选择。",
        "The address names a list, grid or day that there is not. Choose one of the lists.",
    )


@bp.get("/desk")
def show() -> Response:
    """Answer a work list with its rows, how many each list has, and the map."""
    given = request.args.to_dict()
    wanted = read_wanted(given)
    offset = PAGE_ROWS * max(0, request.args.get("page", 1, type=int) - 1)
    database, scope, now = context.database(), context.scope(), shown.now()

    def part(offset: int) -> CasePage:
        return once(
            "work_list",
            lambda: worklists.work_list(database, scope, wanted, offset=offset, limit=PAGE_ROWS, now=now),
            *(wanted, offset),
        )

    found = part(offset)
    if not found.rows and found.total:
        # The list has become shorter than the page that somebody stands on.
        offset = (found.total - 1) // PAGE_ROWS * PAGE_ROWS
        found = part(offset)
    counts = once(
        "totals", lambda: worklists.totals(database, scope, wanted, now=now), wanted._replace(name="open")
    )
    ground = small_map.ground(shown.places())
    kept = {name: given[name] for name in _FILTERS if given.get(name)}

    def address(**changes: str | int) -> str:
        return f"{url_for('desk.show')}?{urlencode({'list': wanted.name, **kept, **changes})}"

    return page(
        "desk/lists.html",
        "desk",
        wanted=wanted,
        found=found,
        counts=counts,
        lists=[name for name in LIST_NAMES if name not in OF_A_SHIFT or name == wanted.name],
        steps={row.incident_id: offered(row) for row in found.rows},
        ground=ground,
        marks=small_map.marks(ground, found.rows, now),
        urgency=small_map.urgency,
        places=shown.places(),
        kept=kept,
        address=address,
        page_number=offset // PAGE_ROWS + 1,
        pages=-(-found.total // PAGE_ROWS),
        backups=standing(database.settings, now) if context.actor().role in _LOOK_AFTER_IT else None,
        may_act=may_now(Right.ACT_ON_CASE),
        in_bulk=IN_BULK,
        key=str(uuid.uuid4()),
    )


def offered(row: CaseRow) -> list[LawfulStep]:
    """Return the next lawful steps that a row offers."""
    scope = context.scope()
    state = State(row.stage, row.handler_key, row.body_code, row.awaiting_key, row.awaiting_body)
    lawful = {
        step.action: step
        for step in lawful_next(
            state,
            row.domain,
            row.kind,
            has=row.handler_key in scope,
            asked=row.signer_key is not None and row.signer_key in scope,
        )
    }
    # A quarrel is mediated, anything else is handled: the desk says one word for it.
    lawful.pop(
        Action.HANDLE if row.domain == "dispute" and Action.MEDIATE in lawful else Action.MEDIATE, None
    )
    return [lawful[action] for action in _FIRST if action in lawful][:_OFFERED]


@bp.get("/search")
def search() -> Response:
    """Answer what is found; an exact number opens its case."""
    words = request.args.get("q", "").strip()[: LONGEST["words"]]
    found = desk.search(context.database(), context.scope(), words, limit=PAGE_ROWS + 1) if words else []
    rows = found[:PAGE_ROWS]
    if len(rows) == 1 and (is_number(words) or words in {rows[0].number, rows[0].uid}):
        return redirect(url_for("case.show", number=rows[0].number))  # type: ignore[return-value]
    now = shown.now()
    ground = small_map.ground(shown.places())
    return page(
        "desk/search.html",
        "",
        words=words,
        rows=rows,
        more=len(found) > len(rows),
        steps={row.incident_id: offered(row) for row in rows},
        ground=ground,
        marks=small_map.marks(ground, rows, now),
        urgency=small_map.urgency,
    )


def named(name: ListName, query: IncidentQuery | None = None) -> str:
    """Return the address of a list, narrowed by a query."""
    asked = replace(query or IncidentQuery())
    return f"{url_for('desk.show')}?{urlencode({'list': name, **asked.parameters()})}"
