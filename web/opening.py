"""What the map page asks for first, told with the page: each question that it saves is a way to the server and back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app
from markupsafe import Markup

from gridmap.domain import terms
from gridmap.domain.gridkey import TOWN, is_region
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action
from gridmap.errors import GridmapError
from gridmap.services.cases import counts, incidents
from gridmap.services.cases.overview import workspace_info
from gridmap.services.ground import grids
from gridmap.services.teams import features
from web.access import may_now
from web.context import counts as class_of_counts
from web.context import database, scope

_FIRST_LEVEL = 3
"""Level that the page begins with where an address names none."""


def opening() -> Markup:
    """Return the page's first answers by their addresses below ``/api/v1``, as JSON that may stand in a page.

    Returns
    -------
    Markup
        A JSON object without a character that could end a script element; empty where an answer could not be had:
        the page then asks for itself, and says why it is not answered.
    """
    try:
        told = _answers()
    except GridmapError as error:
        current_app.logger.warning("the page opens without its first answers: %s", error.code)
        told = {}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Of JSON only strings hold these characters, and U+2028 and U+2029 are no ends of lines in JSON.
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704


def _answers() -> dict[str, Any]:
    workspace = workspace_info(database(), scope()).as_dict()
    told: dict[str, Any] = {"/workspace": workspace}
    if workspace["root"] is None:
        return told
    root = int(workspace["root"]["grid_key"])
    told[f"/grids/{root}"] = grids.grid_feature(database(), scope(), root, None)
    # A region is looked at by its towns.
    region = is_region(root)
    for level, parent in ((TOWN, None), (_FIRST_LEVEL, root)) if region else ((_FIRST_LEVEL, None),):
        within = f"&parent={parent}" if parent is not None else ""
        told[f"/grids?level={level}{within}&geometry=false"] = grids.grid_features(
            database(), scope(), level=level, parent_key=parent, geometry=False, limit=terms.GRIDS_AT_ONCE
        )
    if workspace["period"] and may_now(Action.SEE_COUNTS):
        told |= _figures(root, workspace["period"], workspace["levels"])
    if may_now(Action.SEE_TEAMS):
        told["/teams"] = features.team_features(database(), scope())
    return told


def _figures(root: int, period: Mapping[str, str], levels: Sequence[int]) -> dict[str, object]:
    """Return the counts and the days of the query that the page begins with: the newest days of the whole town."""
    first, last = (dt.date.fromisoformat(period[name]) for name in ("from", "to"))
    newest = last - dt.timedelta(days=terms.FIRST_DAYS - 1)
    level = TOWN if is_region(root) else _FIRST_LEVEL if _FIRST_LEVEL in levels else levels[-1]
    shown, every = (IncidentQuery(grid=root, since=since, until=last) for since in (newest, first))
    return {
        f"/counts?level={level}&{shown.address()}": counts.count_by_grid(
            database(), scope(), shown, level=level, counts=class_of_counts()
        ),
        f"/timeline?{every.address()}&step=day": incidents.timeline(
            database(), scope(), every, step="day", counts=class_of_counts()
        ),
    }
