"""The workspace as a whole: what it is called, where it lies, which days have records, whether it is fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gridmap import __version__
from gridmap.domain import terms
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import LEVELS, MICRO, TOWN, Scope, is_region
from gridmap.domain.protection import SCREEN_HINT
from gridmap.services.ground import regions
from gridmap.storage.cases import incidents
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground import tiles
from gridmap.storage.workspace import settings as workspace

NOTES = {
    "caption": (terms.CAPTION[0], terms.CAPTION[1].capitalize()),
    "perturbed": SCREEN_HINT,
}
"""What stands with figures on the page."""


@dataclass(frozen=True, slots=True)
class WorkspaceInfo:
    """What a page needs to know before it draws anything."""

    name_zh: str
    name_en: str
    illustrative: bool
    empty: bool
    bounds: tuple[float, float, float, float] | None
    timezone: str
    levels: list[int]
    root: dict[str, str] | None
    period: dict[str, str] | None
    data_version: int
    ground_version: int
    kinds: dict[str, list[dict[str, str]]]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer of ``GET /api/v1/workspace``."""
        return {
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "illustrative": self.illustrative,
            "empty": self.empty,
            "bounds": self.bounds,
            "timezone": self.timezone,
            "levels": self.levels,
            "root": self.root,
            "period": self.period,
            "domains": _codes("domain"),
            "stages": _codes("stage"),
            "channels": _codes("channel"),
            "scales": _codes("scale"),
            "team_kinds": _codes("team_kind"),
            "kinds": self.kinds,
            "terms": {name: term.shown() for name, term in terms.TERMS.items()},
            "longest": dict(terms.LONGEST),
            "notes": {name: {"zh": zh, "en": en} for name, (zh, en) in NOTES.items()},
            "least_shown": terms.MINIMUM,
            "data_version": self.data_version,
            "ground_version": self.ground_version,
            "version": __version__,
        }


def _codes(name: str) -> list[dict[str, str]]:
    return [{"code": c.code, "zh": c.zh, "en": c.en} for c in code_list(name)]


def _root(towns: list[stored.GridRow], settings: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what a view begins with: the town, or the region that holds all towns."""
    key = regions.root_of([int(town["grid_key"]) for town in towns])
    if key is None:
        return None
    if is_region(key):
        name_zh, name_en = regions.region_name(settings, key)
    else:
        name_zh, name_en = towns[0]["name_zh"], towns[0]["name_en"]
    return {"grid_key": str(key), "name_zh": name_zh, "name_en": name_en}


def workspace_info(database: Database, scope: Scope) -> WorkspaceInfo:
    """Describe the workspace as a scope sees it.

    Parameters
    ----------
    database : Database
    scope : Scope

    Raises
    ------
    GridmapError
        When the database does not answer.
    """
    zone = ZoneInfo(database.settings.timezone)
    with database.scoped_session(scope) as session:
        settings = workspace.read_settings(session)
        bounds = stored.bounds(session)
        top = stored.list_grids(session, level=TOWN, geometry=False)
        levels = stored.levels(session)
        span = incidents.span(session)
        root = _root(top, settings)
        ground_version, _ = tiles.mark(session)
    name_zh = settings.get("name_zh") or (root["name_zh"] if root else "")
    name_en = settings.get("name_en") or (root["name_en"] if root else "")
    return WorkspaceInfo(
        name_zh=name_zh,
        name_en=name_en,
        illustrative=bool(settings.get("illustrative", False)),
        empty=bounds is None,
        bounds=bounds,
        timezone=database.settings.timezone,
        levels=[level for level in LEVELS if level in levels],
        root=root,
        period={
            "from": span[0].astimezone(zone).date().isoformat(),
            "to": span[1].astimezone(zone).date().isoformat(),
        }
        if span
        else None,
        data_version=int(settings.get("data_version", 0)),
        ground_version=ground_version,
        kinds={"dispute": _codes("dispute_kind"), **settings.get("kinds", {})},
    )


def period_and_level(database: Database, scope: Scope) -> tuple[dt.date, dt.date, int]:
    """Return the first and last local day that have incidents, and the finest level that has grids.

    Where there is nothing yet the answer is today and level 4, and what is asked for says what is missing.
    """
    info = workspace_info(database, scope)
    finest = max(info.levels, default=MICRO)
    if info.period is None:
        today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
        return today, today, finest
    return dt.date.fromisoformat(info.period["from"]), dt.date.fromisoformat(info.period["to"]), finest
