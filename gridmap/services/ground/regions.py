"""Regions: the county, city and province that the digits of a town's key name. They hold towns, and have no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.gridkey import TOWN, Scope, common_region, is_region, regions_above
from gridmap.domain.terms import LONGEST
from gridmap.errors import InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.workspace import settings as workspace

_WORDS = {2: ("省级", "Province"), 4: ("地市", "City"), 6: ("区县", "County")}
_SETTING = "regions"


def region_name(settings: Mapping[str, Any], code: int) -> tuple[str, str]:
    """Name of a region in both languages: the one that it was given, or what it is with its code."""
    told = settings.get(_SETTING, {}).get(str(code), {})
    zh, en = _WORDS[len(str(code))]
    return told.get("zh") or f"{zh} {code}", told.get("en") or told.get("zh") or f"{en} {code}"


def root_of(towns: Sequence[int]) -> int | None:
    """Key that a view of some towns begins with: their region, the town where it is one, None where there is none.

    Towns that share no province have no region; the first of them is begun with.
    """
    if not towns:
        return None
    region = common_region(towns) if len(towns) > 1 else None
    return towns[0] if region is None else region


def town_keys(session: Session) -> list[int]:
    """Keys of the towns that the session sees, in order."""
    return [key for key, *_ in stored.names_of(session, (TOWN,))]


def regions_over(session: Session, key: int) -> list[tuple[int, str, str]]:
    """Code and names of the regions above a grid, from the one that the session's towns begin with."""
    root = root_of(town_keys(session))
    if root is None or not is_region(root):
        return []
    settings = workspace.read_settings(session)
    above = [code for code in regions_above(key) if code >= root and root != key]
    return [(code, *region_name(settings, code)) for code in above]


def towns_in(session: Session, code: int) -> list[stored.GridRow]:
    """Towns of a region that the session sees, without their outlines.

    Raises
    ------
    NotFound
        When there are none.
    """
    towns = stored.list_grids(session, level=TOWN, parent=code, geometry=False)
    if not towns:
        raise NotFound(
            "region-empty",
            f"区划 {code} 内没有网格，或超出管辖范围。",
            f"There are no grids in region {code}, or they lie outside your scope.",
        )
    return towns


def name_region(database: Database, scope: Scope, code: int, name_zh: str, name_en: str | None) -> None:
    """Give a region a name.

    Raises
    ------
    InvalidInput
        When the code is none of a province (2 digits), a city (4) or a county (6), or the name is none.
    """
    if not is_region(code):
        raise InvalidInput(
            "region-code",
            f"{code} 不是区划代码。请写 6 位（区县）、4 位（地市）或 2 位（省）。",
            f"{code} is no code of a region: six digits for a county, four for a city, two for a province.",
        )
    told = {
        "zh": checked_text(name_zh.strip()[: LONGEST["title"]]),
        "en": checked_text((name_en or "").strip()[: LONGEST["title"]]),
    }
    if not told["zh"]:
        raise InvalidInput("region-name", "请写区划的名称。", "Say what the region is called.")
    with database.scoped_session(scope, write=True) as session:
        known = workspace.read_settings(session, lock=_SETTING).get(_SETTING, {})
        workspace.write_settings(session, **{_SETTING: {**known, str(code): told}})
        workspace.touch(session)


def summed(values: Sequence[int | None]) -> int | None:
    """Sum of head-counts; None where one of them is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
