"""What requests may hold, and the shapes of answers, for checks and for the OpenAPI document."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridmap.domain.codes import codes
from gridmap.domain.gridkey import MAX_KEY
from gridmap.errors import InvalidInput

Level = Annotated[int, Field(ge=1, le=4, description="Grid level: 1 town, 2 area, 3 village, 4 micro-grid.")]
Key = Annotated[int, Field(ge=0, le=MAX_KEY, description="Grid key, up to 17 digits.")]


class Strict(BaseModel):
    """A request's fields; an unknown one is refused, because a misspelt filter would show everything."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Nothing(Strict):
    """No fields at all."""


class Period(Strict):
    """A span of local days, both ends included."""

    since: dt.date | None = Field(None, alias="from", description="First day, YYYY-MM-DD, local.")
    until: dt.date | None = Field(None, alias="to", description="Last day, YYYY-MM-DD, local.")
    domain: str | None = Field(None, description="Code of a domain, e.g. dispute.")

    @model_validator(mode="after")
    def _check(self) -> Period:
        if self.since and self.until and self.since > self.until:
            raise InvalidInput(
                "period-reversed", "开始日期晚于结束日期。", "The first day is after the last."
            )
        if self.domain is not None and self.domain not in codes("domain"):
            known = "、".join(sorted(codes("domain")))
            raise InvalidInput(
                "domain-unknown",
                f"没有领域 {self.domain}，可用：{known}。",
                f"No domain is called {self.domain}: {known}.",
            )
        return self


class GridsQuery(Strict):
    """Which grids."""

    level: Level | None = None
    parent: Key | None = Field(None, description="Only grids below this one.")
    on: dt.date | None = Field(None, description="As the boundaries stood on that day.")
    geometry: bool = Field(True, description="Whether to give outlines.")


class GridPath(BaseModel):
    """A grid."""

    grid_key: Key


class OnQuery(Strict):
    """A day."""

    on: dt.date | None = Field(None, description="As the boundaries stood on that day.")


class CountsQuery(Period):
    """Counts by grid."""

    level: Level = 3
    parent: Key | None = None


class TimelineQuery(Period):
    """Counts by day or week."""

    grid: Key | None = None
    step: Literal["day", "week"] = "day"


class IncidentsQuery(Period):
    """Which incidents."""

    grid: Key | None = Field(None, description="Only in this grid; 0 for those in no grid.")
    stage: Literal["accepted", "mediating", "transferred", "resolved", "archived"] | None = None
    overdue: bool = Field(False, description="Only open cases past their due time.")
    kind: str | None = Field(None, max_length=40, description="Code of a kind.")
    open: bool = Field(False, description="Only cases that are not closed.")
    confirm: bool = Field(False, description="Only cases whose grid a person must confirm.")
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=200, description="The `next` of an earlier answer.")


class IncidentPath(BaseModel):
    """An incident."""

    incident_id: int = Field(ge=1, le=2**63 - 1)


class TeamPath(BaseModel):
    """A team."""

    code: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")


class NearestQuery(Strict):
    """A place."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    k: int = Field(3, ge=1, le=50)


class WithinQuery(Strict):
    """A grid's subtree."""

    grid: Key | None = None


class ExportPath(BaseModel):
    """A layer as a file."""

    layer: Literal["grids", "incidents", "teams", "migrants", "organisations", "roads"]
    format: Literal["geojson", "gpkg", "csv", "xlsx"]


class ExportQuery(Period):
    """What of the layer."""

    grid: Key | None = None
    crs: Literal["EPSG:4326", "EPSG:4490", "GCJ-02", "BD-09"] = "EPSG:4326"


class Problem(BaseModel):
    """An error that a person can act on."""

    code: str
    message_zh: str
    message_en: str


class Feature(BaseModel):
    """A GeoJSON Feature (RFC 7946)."""

    type: Literal["Feature"]
    id: str | int | None = None
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    bbox: list[float] | None = None


class FeatureCollection(BaseModel):
    """A GeoJSON FeatureCollection (RFC 7946); lists have `next` and `total`, too."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    next: str | None = None
    total: int | None = None


class Name(BaseModel):
    """A code with its words."""

    code: str
    zh: str
    en: str


class GridName(BaseModel):
    """A grid's key and names."""

    grid_key: str
    name_zh: str
    name_en: str


class Days(BaseModel):
    """First and last day."""

    since: str = Field(alias="from")
    until: str = Field(alias="to")


class Workspace(BaseModel):
    """What a page needs to know before it draws anything."""

    name_zh: str
    name_en: str
    illustrative: bool
    empty: bool
    bounds: list[float] | None
    timezone: str
    levels: list[int]
    root: GridName | None
    period: Days | None
    domains: list[Name]
    stages: list[Name]
    channels: list[Name]
    scales: list[Name]
    team_kinds: list[Name]
    kinds: dict[str, list[Name]]
    data_version: int
    version: str


class Totals(BaseModel):
    """Incidents of a grid and a period."""

    total: int
    open: int
    overdue: int
    closed_late: int
    to_confirm: int


class Migrants(BaseModel):
    """Migrant clusters of a grid."""

    clusters: int
    head_count: int


class Summary(BaseModel):
    """A grid's story."""

    grid_key: str
    population: int | None
    households: int | None
    incidents: Totals
    by_domain: dict[str, int]
    by_stage: dict[str, int]
    by_kind: dict[str, int]
    teams: int
    migrants: Migrants
    organisations: int


class Counts(BaseModel):
    """Counts by grid."""

    level: int
    since: str | None = Field(alias="from")
    until: str | None = Field(alias="to")
    counts: dict[str, int]
    total: int
    unassigned: int


class Timeline(BaseModel):
    """Counts by day or week."""

    step: str
    points: list[tuple[str, int]]
