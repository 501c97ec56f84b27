"""A hotspot run as it is kept: what was asked, what was found, and what is told once for all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from shapely.geometry.base import BaseGeometry

from gridmap.domain.gridkey import Scope


class Evidence(TypedDict, total=False):
    """What is told of a place: numbers, words, and what only some methods have.

    Every method tells ``name_*``, ``observed``, ``expected``, ``z``, ``p``, ``q`` and ``words_*``; chances that are
    not known, or may not leave the house, are None.
    """

    name_zh: str
    name_en: str
    words_zh: str
    words_en: str
    observed: int
    expected: float | None
    z: float | None
    p: float | None
    q: float | None
    domain: str | None
    cells: int
    members: list[str]
    proposal: str
    # Of an emerging hotspot.
    tau: float | None
    stability: float | None
    course: list[float | None]
    # Of a scan.
    relative_risk: float | None
    llr: float | None
    p_gumbel: float | None
    radius_m: float | None
    since: str
    before: str
    # Of a density, in the plane or along roads.
    area_km2: float | None
    area_share: float | None
    per_km: float | None
    length_m: float | None
    # Of a place that a plan visits for want of a hotspot.
    at_base: bool


class PairsBand(TypedDict):
    """Pairs of incidents within a band of distance and time."""

    from_m: float
    to_m: float
    from_days: float
    to_days: float
    observed: int
    expected: float | None
    ratio: float | None
    p: float | None
    p_family: NotRequired[float | None]
    """Corrected for all bands; runs of earlier versions do not have it."""
    q: NotRequired[float | None]
    """Share of false ones among bands with this q or less; the same."""


class RunSummary(TypedDict, total=False):
    """What is told once for a run; ``protected`` is what of it may leave the house, and stays inside storage."""

    caption_zh: str
    caption_en: str
    method_zh: str
    method_en: str
    hint_zh: str
    hint_en: str
    counts: str
    incidents: int | None
    cells: int
    outside: int | None
    left_out_sealed: int | None
    epsg: int
    notes: list[list[str]]
    conventions: Mapping[str, object]
    labels: dict[str, int]
    withheld: int
    permutations_few: bool
    domains: list[str]
    tests: int
    significant_cells: int
    clusters: int
    stretches: int
    slices: list[str]
    table: list[PairsBand]
    bandwidth_m: float | None
    cell_m: float | None
    peak_per_km2: float | None
    protected: RunSummary | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One place of a run.

    Attributes
    ----------
    label : str
        Class that the method gives it; "none" where nothing was found.
    grid_key : int or None
        Grid that names it; None where it is no grid.
    geometry : shapely geometry or None
        In metres while it is made, EPSG:4326 once it is kept.
    evidence : Evidence
    rank : int
        From 1; 0 until it is kept.
    """

    label: str
    grid_key: int | None
    geometry: BaseGeometry | None
    evidence: Evidence
    rank: int = 0


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it is kept, with all that it takes to repeat it.

    Attributes
    ----------
    run_id : int or None
        None for a run that is not kept.
    scope : Scope
        Grids that it is about.
    since, until : date
        First and last local day.
    parameters : mapping
        What was asked for.
    data_sha256 : str
        Hash of the records that went in; empty where it may not leave the house.
    summary : RunSummary
    findings : tuple of Finding
        In order of rank; empty in lists.
    """

    run_id: int | None
    scope: Scope
    method: str
    domain: str | None
    kind: str | None
    since: dt.date
    until: dt.date
    level: int
    seed: int
    parameters: Mapping[str, object]
    data_sha256: str
    version: str
    summary: RunSummary
    owner: str | None = None
    created_at: dt.datetime | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def times(self) -> tuple[object, object]:
        """Hours of the day and weekdays that were looked at, each None where all were; runs of former releases too."""
        days = self.parameters.get("weekdays")
        return self.parameters.get("hours"), sorted(set(days)) if isinstance(days, list) else days
