"""What requests may hold, and the shapes of answers, for checks and for the OpenAPI document."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridmap.domain.codes import codes, require_domain
from gridmap.domain.gridkey import MAX_KEY
from gridmap.domain.query import FLAGS, IncidentQuery
from gridmap.domain.terms import GRIDS_AT_ONCE, LONGEST, Term
from gridmap.errors import InvalidInput

Level = Annotated[int, Field(ge=1, le=4, description="Grid level: 1 town, 2 area, 3 village, 4 micro-grid.")]
Key = Annotated[int, Field(ge=0, le=MAX_KEY, description="Grid key, up to 17 digits.")]


def asked(term: Term, *, optional: bool = False, description: str | None = None) -> Any:
    """Return the field of a term, with its default and limits."""
    default = None if optional else term.default
    return Field(default, ge=term.low, le=term.high, description=description)


@functools.cache
def _described(fields: type[BaseModel]) -> Any:
    return BaseModel.model_json_schema.__func__(fields)  # type: ignore[attr-defined]


class Described(BaseModel):
    """Fields of a request that are described once: whoever reads a request asks for their schema each time."""

    @classmethod
    def model_json_schema(cls, *asked: Any, **more: Any) -> Any:
        """Return the JSON schema; do not change it where nothing is asked for."""
        return super().model_json_schema(*asked, **more) if asked or more else _described(cls)


class Strict(Described):
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
        for one in _several(self.domain):
            require_domain(one)
        return self


class QueryFields(Period):
    """Which incidents are meant; the same fields everywhere. Several codes are separated by commas."""

    grid: Key | None = Field(None, description="Only in this grid; 0 for those in no grid.")
    stage: str | None = Field(
        None, max_length=LONGEST["codes"], description="Codes of stages, e.g. mediating."
    )
    kind: str | None = Field(None, max_length=LONGEST["codes"], description="Codes of kinds.")
    overdue: bool = Field(False, description="Only open cases past their due time.")
    open: bool = Field(False, description="Only cases that are not closed.")
    confirm: bool = Field(False, description="Only cases whose grid a person must confirm.")
    q: str | None = Field(
        None, max_length=LONGEST["words"], description="Words of the summary, or the beginning of a number."
    )

    @model_validator(mode="after")
    def _known_stages(self) -> QueryFields:
        unknown = sorted(set(_several(self.stage)) - codes("stage"))
        if unknown:
            known = "、".join(sorted(codes("stage")))
            raise InvalidInput(
                "stage-unknown",
                f"没有阶段 {unknown[0]}，可用：{known}。",
                f"No stage is called {unknown[0]}: {known}.",
            )
        return self

    def asked(self, grid: int | None = None) -> IncidentQuery:
        """Return the query; about another grid where one is given."""
        return IncidentQuery(
            self.grid if grid is None else grid,
            self.since,
            self.until,
            _several(self.domain),
            _several(self.kind),
            _several(self.stage),
            frozenset(flag for flag in FLAGS if getattr(self, flag)),
            (self.q or "").strip() or None,
        )


def _several(text: str | None) -> tuple[str, ...]:
    return tuple(sorted({part for part in (text or "").split(",") if part}))


class CountsQuery(QueryFields):
    """Counts by grid; `sealed` of the total are counted only and in no list."""

    level: Level = 3
    parent: Key | None = Field(None, description="The same as grid.")

    def asked(self, grid: int | None = None) -> IncidentQuery:
        """Return the query."""
        return super().asked(self.parent if grid is None else grid)


class TimelineQuery(QueryFields):
    """Counts by day or week."""

    step: Literal["day", "week"] = "day"


class IncidentsQuery(QueryFields):
    """A page of incidents."""

    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = Field(
        None, max_length=LONGEST["cursor"], description="The `next` of an earlier answer."
    )


class ExportQuery(QueryFields):
    """What of the layer."""

    crs: Literal["EPSG:4326", "EPSG:4490", "GCJ-02", "BD-09"] = "EPSG:4326"


class GridsQuery(Strict):
    """Which grids."""

    level: Level | None = None
    parent: Key | None = Field(
        None, description="Only grids below this one, or below the county or city of this code."
    )
    on: dt.date | None = Field(None, description="As the boundaries stood on that day.")
    geometry: bool = Field(True, description="Whether to give outlines.")
    q: str | None = Field(
        None, max_length=LONGEST["words"], description="Part of the name, or the beginning of the code."
    )
    after: Key | None = Field(None, description="Go on behind this grid: `next` of the answer before.")
    limit: int = Field(GRIDS_AT_ONCE, ge=1, le=GRIDS_AT_ONCE)


class GridPath(BaseModel):
    """A grid."""

    grid_key: Key


class OnQuery(Strict):
    """A day."""

    on: dt.date | None = Field(None, description="As the boundaries stood on that day.")


class IncidentPath(BaseModel):
    """An incident."""

    incident_id: int = Field(ge=1, le=2**63 - 1)


class TeamPath(BaseModel):
    """A team."""

    code: str = Field(min_length=1, max_length=LONGEST["words"], pattern=r"^[^\x00]+$")


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

    layer: Literal["grids", "incidents", "teams", "migrants", "organisations", "fixed_points", "roads"]
    format: Literal["geojson", "gpkg", "csv", "xlsx"]


class ColumnsPath(BaseModel):
    """Cases in the columns of a source, or of the national standard."""

    name: str = Field(
        min_length=1, max_length=LONGEST["profile"], description="A profile's name, or gbt31000."
    )
    format: Literal["csv", "xlsx"]


class Problem(BaseModel):
    """An error that a person can act on."""

    code: str
    message_zh: str
    message_en: str


class Feature(BaseModel):
    """A GeoJSON Feature (RFC 7946)."""

    type: Literal["Feature"]
    id: str | int | None = None
    geometry: Mapping[str, object] | None
    properties: Mapping[str, object]
    bbox: list[float] | None = None


class FeatureCollection(BaseModel):
    """A GeoJSON FeatureCollection (RFC 7946).

    Lists have `next` and `total`, and `sealed`: how many of the total are counted only and in no list.
    """

    type: Literal["FeatureCollection"]
    features: list[Feature]
    next: str | None = None
    total: int | None = None
    sealed: int | None = None


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


class TermShown(BaseModel):
    """A number that may be asked for; it has no default where that is chosen by what is asked."""

    unit: str
    default: float | None
    low: float
    high: float
    zh: str
    en: str


class Note(BaseModel):
    """A sentence that stands with figures."""

    zh: str
    en: str


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
    terms: dict[str, TermShown] = Field(description="What may be asked for, with defaults and limits.")
    longest: dict[str, int] = Field(description="Most characters of what is written.")
    notes: dict[str, Note]
    least_shown: int = Field(description="Fewest incidents of a cell that is shown to others.")
    data_version: int = Field(description="Changes with every change of the data.")
    ground_version: int = Field(
        description="Changes with grids, roads and the basemap: in the address of their tiles."
    )
    version: str


class Totals(BaseModel):
    """Incidents of a grid and a period; `sealed` of the total are counted only and in no list."""

    total: int | None
    sealed: int | None
    open: int | None
    overdue: int | None
    closed_late: int | None
    to_confirm: int | None


class Migrants(BaseModel):
    """Migrant clusters of a grid."""

    clusters: int
    head_count: int


class Answered(BaseModel):
    """The question that an answer is to, its time, and the class of its numbers."""

    model_config = ConfigDict(populate_by_name=True)

    counts_class: Literal["true", "perturbed"] = Field(
        alias="class", description="true, or perturbed: protected numbers, none told below `below`."
    )
    additive: bool = Field(description="Whether the numbers of a table add up to its total.")
    below: int | None = Field(None, description="Numbers below this are null.")
    query: dict[str, str]
    as_of: str


class Summary(Answered):
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


class Counts(Answered):
    """Counts by grid."""

    level: int
    since: str | None = Field(alias="from")
    until: str | None = Field(alias="to")
    counts: dict[str, int]
    total: int | None
    sealed: int | None
    unassigned: int | None
    outside: int | None


class Timeline(Answered):
    """Counts by day or week."""

    step: str
    points: list[tuple[str, int | None]]
