"""What requests about hotspots may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict

from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.domain.hotspots import RunSummary
from gridmap.services.hotspots.comparison import Change
from gridmap.services.hotspots.spec import Method
from web.api.schemas import Feature, Key, Level, Strict, asked

RunNumber = Annotated[int, Field(ge=1, le=2**63 - 1, description="Number of a run.")]


Bands = Annotated[
    list[Annotated[float, Field(ge=0, le=1e6)]], Field(min_length=2, max_length=terms.MOST_BANDS + 1)
]
Hour = Annotated[int, Field(ge=int(terms.HOUR.low), le=int(terms.HOUR.high))]


class HotspotRunsQuery(Strict):
    """Which runs."""

    method: Method | None = None
    limit: int = Field(50, ge=1, le=1000)


class HotspotRunPath(BaseModel):
    """A run."""

    run_id: RunNumber


class HotspotComparePath(BaseModel):
    """Two runs, the earlier one first."""

    run_id: RunNumber
    other_id: RunNumber


class HotspotExportQuery(Strict):
    """As which kind of file."""

    format: Literal["geojson", "gpkg", "csv", "xlsx"]
    for_others: bool = Field(
        False, description="Whether the file is for others: then its numbers are perturbed."
    )


class HotspotRequest(Strict):
    """Parameters of a new run; what is left out is chosen as for the command line."""

    method: Method = "gi"
    since: dt.date | None = Field(None, alias="from", description="First local day; the first there is.")
    until: dt.date | None = Field(None, alias="to", description="Last local day; the last there is.")
    domain: str | None = Field(
        None, max_length=terms.LONGEST["code"], description="Code of a domain; all where absent."
    )
    kind: str | None = Field(
        None, max_length=terms.LONGEST["code"], description="Code of a kind; all where absent."
    )
    level: Level | None = Field(None, description="Level of the grids; the finest there is where absent.")
    hexagons: int | None = asked(
        terms.HEXAGONS, optional=True, description="Resolution of hexagons (H3); emerging hotspots only."
    )
    by: Literal["count", "rate"] | None = Field(
        None,
        description="By counts, or by the people present (not of hexagons, nor of places, nor expected-scan); by "
        "these where they are known, when absent.",
    )
    within: Key | None = Field(None, description="Only this grid and what lies below it.")
    seed: int = asked(terms.SEED)
    alpha: float = asked(terms.ALPHA)
    permutations: int | None = asked(terms.PERMUTATIONS, optional=True)
    presence: float = asked(terms.PRESENCE)
    bandwidth_m: float | None = asked(terms.BANDWIDTH, optional=True)
    cell_m: float | None = asked(terms.CELL, optional=True)
    step: Literal["day", "week", "month"] = "month"
    prospective: bool = False
    max_population: float | None = asked(terms.MAX_POPULATION, optional=True)
    max_radius_m: float | None = asked(terms.MAX_RADIUS, optional=True)
    max_duration: int | None = asked(terms.MAX_DURATION, optional=True)
    baseline: int | None = asked(terms.BASELINE, optional=True)
    ellipses: bool = Field(False, description="Whether the spatial scan looks through ellipses, too.")
    space_bands_m: Bands | None = Field(
        None, description="Near repeats: rising edges of the bands of distance."
    )
    time_bands_days: Bands | None = Field(
        None, description="Near repeats: rising edges of the bands of days."
    )
    season_days: int = asked(terms.SEASON)
    hours: tuple[Hour, Hour] | None = Field(
        None, description="First hour of the day, and the hour before which it ends; 22 and 6: over midnight."
    )
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] | None = Field(
        None, min_length=1, max_length=7, description="1 is Monday."
    )


class HotspotRunInfo(BaseModel):
    """A run with all that it takes to repeat it."""

    run_id: int
    method: str
    domain: str | None
    kind: str | None
    since: str
    until: str
    level: int
    seed: int
    parameters: Mapping[str, object]
    data_sha256: str
    version: str
    summary: Mapping[str, object]
    created_at: str


class RunShown(TypedDict):
    """A run as it is sent: what :class:`HotspotRunInfo` tells of, and whose it is."""

    run_id: int | None
    method: str
    domain: str | None
    kind: str | None
    since: str
    until: str
    level: int
    seed: int
    parameters: Mapping[str, object]
    data_sha256: str
    version: str
    summary: RunSummary
    owner: str | None
    created_at: str | None


class HotspotRuns(BaseModel):
    """Runs, newest first."""

    runs: list[HotspotRunInfo]


class HotspotClass(BaseModel):
    """A label with its words and its definition."""

    code: str
    zh: str
    en: str
    definition_zh: str
    definition_en: str


class HotspotFeatures(BaseModel):
    """A GeoJSON FeatureCollection (RFC 7946) with the run that found it and the words for its labels."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    run: HotspotRunInfo
    classes: list[HotspotClass]


class HotspotChange(BaseModel):
    """What became of an area from one run to another."""

    change: Literal["kept", "new", "gone"]
    name_zh: str | None
    name_en: str | None
    label_before: str | None
    label_after: str | None
    observed_before: int | None
    observed_after: int | None
    overlap: float


class HotspotChanges(BaseModel):
    """Areas of two runs laid over each other."""

    first: int
    second: int
    changes: list[HotspotChange]


class ChangesShown(TypedDict):
    """Areas of two runs laid over each other, as they are sent."""

    first: int
    second: int
    changes: list[Change]


class Done(BaseModel):
    """It is done."""

    run_id: int
