"""The town in ten seconds, the table by grid, what the numbers do not say, and the wall."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from gridmap.domain.cases.figures import STANDING, Figure, GridCounts
from gridmap.domain.codes import codes
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, VILLAGE
from gridmap.domain.protection import HINT, LEAST_TOLD, NAMES, Counts, Purpose
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action
from gridmap.errors import InvalidInput
from gridmap.services.cases import figures
from gridmap.services.cases.counts import shaded
from gridmap.services.cases.shares import shares
from web import context
from web.access import may_now
from web.desk import periods, shown, small_map
from web.desk.renewals import once
from web.desk.shown import page

bp = Blueprint("town", __name__)

PROTECTION = {"name": NAMES[Counts.PERTURBED], "hint": HINT, "below": LEAST_TOLD, "told": STANDING}
"""What stands with perturbed numbers on a page."""


def address_of(figure: Figure) -> str:
    """Return where the records behind a figure are."""
    if figure.name == "teams_out":
        return f"{url_for('handover.show')}#out"
    day = shown.today().isoformat()
    asked: dict[str, str] = {"list": figure.name}
    if figure.name == "new_today":
        asked = {"list": "all", "from": day, "to": day}
    if not context.scope().is_whole:
        # The figures are of what happened here; the desk may have cases of other places besides.
        asked["here"] = "1"
    return f"{url_for('desk.show')}?{urlencode(asked)}"


def read_asked(given: Mapping[str, str], levels: Sequence[int]) -> tuple[str, int, str]:
    """Read which figures an address asks for.

    Parameters
    ----------
    given : mapping of str to str
    levels : sequence of int
        Levels of the workspace's grids.

    Returns
    -------
    period : str
        Of `periods.NAMES`.
    level : int
    domain : str
        Empty for all of them.

    Raises
    ------
    InvalidInput
        When the period, level or domain is none, or days are named.
    """
    period, domain = given.get("period") or "days_90", given.get("domain") or ""
    deepest = VILLAGE if VILLAGE in levels or not levels else levels[-1]
    level = given.get("level") or str(deepest)
    known = period in periods.NAMES and domain in {"", *codes("domain")}
    # Days are no part of this page's address: a table of another period than asked for would be read as theirs.
    if not known or level not in map(str, levels or LEVELS) or given.get("from") or given.get("to"):
        raise InvalidInput(
            "town-unknown",
            "地址中的时段、层级或领域无效；本页的时段只能从上方选择，不能写日期。请打开“全镇”重新选择。",
            "The address names a period, level or domain that there is not, or days, which this page has not. Open the "
            "town's page and choose there.",
        )
    return period, int(level), domain


@bp.get("/town")
def show() -> Response:
    """Answer the figures, each with its way to the records, and the table by grid."""
    database, scope, now = context.database(), context.scope(), shown.now()
    levels = shown.places().levels
    period, level, domain = read_asked(request.args, levels)
    since, until = periods.span(period, shown.today())
    query = IncidentQuery(since=since, until=until, domains=(domain,) if domain else ())
    counts = context.counts()
    table = once(
        "by_grid",
        lambda: figures.by_grid(database, scope, query, level, now=now, counts=counts),
        *(query, level, counts),
    )
    glance = once("glance", lambda: figures.glance(database, scope, now, counts), counts)

    asked = urlencode({**query.parameters(), "list": "all", "level": str(level)})
    behind = f"{url_for('desk.show')}?{asked}"

    def cell(row: GridCounts, count: str) -> str:
        place = f"&grid={row.grid_key}" if row is not table.total else ""
        return f"{behind}&counted={count}{place}"

    def address(**changes: str | int) -> str:
        asked = {"period": period, "level": level, "domain": domain, **changes}
        return f"{url_for('town.show')}?{urlencode(asked)}"

    return page(
        "desk/town.html",
        "town",
        glance=glance,
        address_of=address_of,
        address=address,
        table=table,
        cell=cell,
        may_list=may_now(Action.SEE_CASES),
        interval=figures.interval,
        drawn={} if counts is Counts.PERTURBED else {s.grid_key: s for s in shares(table.rows, "on-time")},
        period=period,
        periods=periods.NAMES,
        level=level,
        levels=levels,
        domain=domain,
        unassigned=UNASSIGNED,
        protection=PROTECTION if counts is Counts.PERTURBED else None,
        knows_day=glance.knows(glance.as_of - dt.timedelta(days=1)),
        knows_year=glance.knows(glance.as_of - dt.timedelta(days=365)),
        days_old=(shown.today() - shown.local(glance.latest_at).date()).days if glance.latest_at else None,
    )


@bp.get("/town/meaning")
def meaning() -> Response:
    """Answer what each number says, and what it does not."""
    return page("desk/meaning.html", "town")


@bp.get("/wall")
def wall() -> Response:
    """Answer the wall: five perturbed figures, one map of perturbed counts by village, a clock, no controls.

    Whoever looks, no case is marked: marks would let anybody in the hall count what the figures keep back.
    """
    database, scope, now = context.database(), context.scope(), shown.now()
    counts = context.counts(Purpose.WALL)
    a_year = IncidentQuery(since=shown.today() - dt.timedelta(days=364), until=shown.today())
    by_village, answered = once("shaded", lambda: shaded(database, scope, a_year, VILLAGE, now=now))
    glance = once("glance", lambda: figures.glance(database, scope, now, counts), counts)
    return page(
        "desk/wall.html",
        "wall",
        glance=glance,
        knows_day=glance.knows(glance.as_of - dt.timedelta(days=1)),
        protection=PROTECTION,
        ground=small_map.ground(shown.places()),
        shading=small_map.shading(by_village),
        years=dict.fromkeys(str(day)[:4] for day in (answered.since, answered.until)),
        places=shown.places(),
    )
