"""What a hotspot report tells, in plain values: aggregates only, every text in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gridmap.domain.geojson import Shape

if TYPE_CHECKING:
    from gridmap.reporting.class_map import ClassMap


class Text(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


NO_TIMES = Text("时段、星期无明显集中", "no clear hours or weekdays")
"""Where no part of the day or week has clearly more than its share."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is told of a place so that one can go there, and who goes.

    Attributes
    ----------
    core : Text
        The fewest grids of it that touch and hold half of its incidents, where it is large; else all of it.
    core_cells : int
    core_observed : int or None
        Incidents in the core; None where it is the whole place.
    villages : tuple of Text
    streets : tuple of str
        Named streets in the core, the longest first; else the nearest.
    go_to : Text
    at : tuple of float
        Where that is: lon, lat; a point of the ground, not of an incident.
    kinds : tuple of Text
        The most frequent first, without numbers: those of which one may be told.
    when : Text
        Parts of the day and week with clearly more than their share; empty where too little may be told.
    proposal, who : Text
        What is proposed first, and who does it.
    """

    core: Text
    core_cells: int
    core_observed: int | None
    villages: tuple[Text, ...]
    streets: tuple[str, ...]
    go_to: Text
    at: tuple[float, float]
    kinds: tuple[Text, ...]
    when: Text
    proposal: Text
    who: Text


@dataclass(frozen=True, slots=True)
class Hotspot:
    """Neighbouring significant areas of one domain, told as one place.

    Attributes
    ----------
    number : int
        Its number on the map and in the table, from 1.
    name, domain : Text
    cells : int
        Grids in it.
    observed : int
        Incidents reported there in the period, at least five: the middle of the band that is told.
    expected : float or None
        What an even spread would give; None where the total that it is a share of is too fine to be told.
    z, q : float or None
        Of its strongest area.
    before : int or None
        Incidents of the period of the same length directly before; None where there are no records of all of it.
    last_year : int or None
        Incidents of the same season a year ago; None likewise.
    notes : Notes or None
    since : Text
        Since when, by the slices of time that were significant: of one analysis with `label`, by count or by rate as
        the hotspot is; never of the space-time scan, which compares otherwise.
    label : Text
        Class of the emerging hotspot.
    definition : Text or None
        What the class means; None where it cannot be judged.
    proposal : Text
        What is proposed first.
    geometry : dict
        GeoJSON geometry, EPSG:4326.
    point : tuple of float
        Where its number stands: lon, lat.
    found_share : float or None
        Share of its incidents, in tenths, that patrols and screening found; 0 where these are too few to be told, None
        where the place has too few to say so.
    patrol_h : float or None
        Hours that teams were seen there in the period; None where no visit of any team is known.
    """

    number: int
    name: Text
    domain: Text
    cells: int
    observed: int
    expected: float | None
    z: float | None
    q: float | None
    before: int | None
    since: Text
    label: Text
    definition: Text | None
    proposal: Text
    geometry: Shape
    point: tuple[float, float]
    last_year: int | None = None
    notes: Notes | None = None
    found_share: float | None = None
    patrol_h: float | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A significant cluster of the space-time scan, from `first` to `last` (ISO days).

    `expected` and `relative_risk` are None where the total that they are a share of is too fine to be told. `whole`: it
    holds the whole period; such a place neither rose nor is over.
    """

    letter: str
    name: Text
    domain: Text
    cells: int
    observed: int
    expected: float | None
    relative_risk: float | None
    p: float
    first: str
    last: str
    ongoing: bool
    geometry: Shape
    point: tuple[float, float]
    notes: Notes | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """Incidents of a domain; None where a number is too fine to be told, or not known."""

    name: Text
    observed: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """Score of a model on weeks that it had not seen; the intervals hold 95 %."""

    name: Text
    hit_rate: float
    hit_low: float
    hit_high: float
    pai: float
    pai_low: float
    pai_high: float
    gain: float
    gain_low: float
    gain_high: float
    verdict: Text | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """All models beside three kinds of counting, and the one of these with the most hits.

    `history_weeks` of records since `history_since` (ISO day) are what they learned from and were scored on.
    """

    rows: tuple[ForecastRow, ...]
    verdict: str
    words: Text
    comparator: Text
    weeks: int
    incidents: int
    area_share: float
    history_since: str = ""
    history_weeks: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """Edge of a grid above the cells; GeoJSON geometry, EPSG:4326."""

    level: int
    name: Text
    geometry: Shape
    point: tuple[float, float]
    grid_key: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the map is drawn on; bounds are west, south, east, north in degrees."""

    bounds: tuple[float, float, float, float]
    outlines: tuple[Outline, ...]
    major_roads: Shape | None
    minor_roads: Shape | None
    illustrative: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part that could not be made, and why."""

    part: Text
    why: Text


@dataclass(frozen=True, slots=True)
class Download:
    """A table as a file: name, what it holds, and its bytes."""

    name: str
    title: Text
    content: bytes


@dataclass(frozen=True, slots=True)
class HotspotReport:
    """Everything that the report tells.

    Attributes
    ----------
    place, domains, level : Text
        Scope, domains and level of the grids, as they are called.
    since, until : str
        First and last day of the period (ISO); `before_since`, `before_until` those of the one before.
    before, last_year : {'known', 'none', 'partly'}
        Whether the period before and the same season a year ago have records.
    incidents, cells : int
        Numbers of incidents and grids; 0 where a number is not told.
    sealed : Text
        Whether sealed cases are in the numbers.
    cold : int
        Grids with significantly fewer incidents than chance allows for.
    judged : bool
        Whether Gi* could be computed.
    scanned : bool
        Whether the space-time scan could be computed.
    step : Text
        Slice of time of the methods in space and time.
    totals_of : Text or None
        Of which whole years `totals` are, where numbers of the period itself are too fine to be told.
    block : list of (Text, str)
        What the same file can be made from again.
    window_since : str or None
        First day (ISO) that the methods in space and time looked at, where that is before the period: of what they
        found only what reaches into the period is told.
    shading : ClassMap or None
        Grids above the cells by a class of what was reported there; None where there are too few of them.
    """

    place: Text
    domains: Text
    level: Text
    purpose: str
    since: str
    until: str
    before: str
    before_since: str
    before_until: str
    records_since: str
    last_year: str
    last_year_since: str
    last_year_until: str
    incidents: int
    cells: int
    sealed: Text
    cold: int
    judged: bool
    scanned: bool
    by_rate: bool
    alpha: float
    tested_domains: int
    permutations: int
    step: Text
    totals: tuple[Total, ...]
    totals_of: Text | None
    hotspots: tuple[Hotspot, ...]
    clusters: tuple[Cluster, ...]
    forecast: Forecast | None
    refusals: tuple[Refusal, ...]
    conventions: str
    ground: Ground
    block: tuple[tuple[Text, str], ...]
    command: str
    downloads: tuple[Download, ...] = field(default=())
    shading: ClassMap | None = None
    window_since: str | None = None
