"""What requests about patrols may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from gridmap.domain import terms
from gridmap.errors import InvalidInput
from gridmap.services.patrols.ask.rules import Rules
from web.api.schemas import Feature, Strict, asked

PlanNumber = Annotated[int, Field(ge=1, le=terms.SEED.high, description="Number of a plan.")]


class PatrolPlansQuery(Strict):
    """Which plans."""

    limit: int = Field(50, ge=1, le=1000)


class PatrolPlanPath(BaseModel):
    """A plan."""

    patrol_id: PlanNumber


class PatrolExportQuery(Strict):
    """As which kind of file."""

    format: Literal["gpx", "geojson", "gpkg", "csv", "xlsx", "html"]
    team: str | None = Field(None, max_length=terms.LONGEST["code"], description="Only this team.")
    url: str | None = Field(
        None,
        max_length=terms.LONGEST["address"],
        pattern=r"^https?://[^\s<>\"']+$",
        description="For html: the server as a phone reaches it.",
    )


class PatrolBreak(Strict):
    """When a break begins, and how long it is."""

    earliest: str = Field(pattern=r"^\d{1,2}:\d{2}$")
    latest: str = Field(pattern=r"^\d{1,2}:\d{2}$")
    minutes: int = Field(ge=terms.REST.low, le=terms.REST.high)


class PatrolPlanRequest(Strict):
    """Parameters of a new plan."""

    on: dt.date | None = Field(None, description="Local day on which the shift begins; today where absent.")
    hotspot_run_id: int | None = Field(
        None, ge=1, description="Hotspot run; the newest Gi* run where absent."
    )
    teams: list[str] | None = Field(None, max_length=500, description="Codes of teams; all where absent.")
    seed: int = asked(terms.SEED)
    seconds: float | None = asked(
        terms.SEARCH,
        optional=True,
        description="Time for the search; 10 where neither it nor iterations are given.",
    )
    iterations: int | None = asked(
        terms.STEPS,
        optional=True,
        description="Steps of each search, in place of a time: the same plan again anywhere.",
    )
    dwell_s: float = asked(terms.DWELL, description="Length of a visit.")
    village_share: float = asked(
        terms.VILLAGE_SHARE,
        description="Least share of its prize that each village gets over seven days.",
    )
    visits: int = asked(terms.VISITS, description="Most visits to a stop.")
    min_gap_s: float = asked(terms.GAP, description="Least time between two of them.")
    revisit_share: float = asked(
        terms.REVISIT,
        description="Share that a further visit earns.",
    )
    max_interval_s: float | None = asked(
        terms.INTERVAL,
        optional=True,
        description="Most time that a stop is left alone while some team may come.",
    )
    max_wait_s: float = asked(terms.WAIT, description="Most time that a team waits for a visit.")
    balance: float = asked(terms.BALANCED, description="Most share of prize given up for even loads.")
    near_min: float = asked(
        terms.NEAR,
        description="Minutes within which some team is to be of households, in every quarter of an hour; 0: not asked.",
    )
    near_level: float = asked(terms.NEAR_SHARE, description="Least share of households for that.")
    dose_min: float = asked(
        terms.DOSE,
        description="Minutes a week that a place is to have; one that had them is worth half. 0: not asked.",
    )
    patrol_found: bool = Field(
        default=False, description="Whether incidents that patrols found count for prizes, too."
    )
    rest: PatrolBreak | None = Field(None, description="Break of every team.")
    rules: Rules | None = Field(None, description="Rules for single stops and teams.")
    locks: dict[str, str] = Field({}, description="Stops with the team that must visit them.")
    leave_out: list[str] = Field([], max_length=2000, description="Stops that are not visited.")
    fixed_points: bool = Field(True, description="Whether the fixed points are visited, too.")
    by_hour: bool = Field(
        default=False, description="Whether prizes change through the shift with the hours of incidents."
    )
    within_beats: bool = Field(
        default=False,
        description="Whether a stop is visited by the team of its beat only, but where it must be visited.",
    )
    vary: bool = Field(
        default=False, description="Draw the plan by the seed from several that are nearly best."
    )
    loss: float = asked(
        terms.LOST,
        description="Most share of prize given up for plans that differ.",
    )
    nights: int = asked(terms.NIGHTS, description="Consecutive nights, a plan for each.")
    roster: bool = Field(
        default=False, description="Whether the teams and their hours are those of the week's roster."
    )
    duty: str | None = Field(
        None,
        max_length=terms.LONGEST["code"],
        description="A named shift: its hours are the teams'; of a roster, its teams alone.",
    )


class PatrolTaken(Strict):
    """An emergency takes a team."""

    team: str = Field(max_length=terms.LONGEST["code"])
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    free_at: str = Field(max_length=terms.LONGEST["code"], description="HH:MM, or a day with a time.")


class PatrolAdded(Strict):
    """A stop comes in."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    name: str | None = Field(None, max_length=terms.LONGEST["stop_name"])
    prize: float | None = Field(None, ge=0, le=1e6, description="It must be visited where absent.")
    dwell_s: float = asked(terms.DWELL)


class PatrolReplanRequest(Strict):
    """How a plan is changed: with wishes for the whole night, or from a time on during the shift."""

    locks: dict[str, str] | None = Field(
        None, description="Stops with the team that must visit them; the old plan's where absent."
    )
    leave_out: list[str] | None = Field(None, max_length=2000, description="The old plan's where absent.")
    at: str | None = Field(
        None, max_length=terms.LONGEST["code"], description="HH:MM within the shift, or a day with a time."
    )
    teams_out: list[str] = Field([], max_length=500)
    taken: list[PatrolTaken] = Field([], max_length=500)
    added: list[PatrolAdded] = Field([], max_length=200)
    seed: int | None = asked(terms.SEED, optional=True, description="The old plan's where absent.")
    seconds: float | None = asked(terms.SEARCH, optional=True, description="Time for the search.")
    iterations: int | None = asked(terms.STEPS, optional=True, description="Steps, in place of a time.")

    @model_validator(mode="after")
    def _when(self) -> PatrolReplanRequest:
        if self.at is None and (self.teams_out or self.taken or self.added):
            raise InvalidInput(
                "patrol-replan-when",
                "队伍退出、抽调或加点须给出时刻 at。",
                "Teams out, taken, or stops added need the time: give at.",
            )
        return self


class PatrolCompareQuery(Strict):
    """Which plans."""

    a: PlanNumber
    b: PlanNumber


class PatrolComparison(BaseModel):
    """Two plans side by side."""

    a: Mapping[str, object]
    b: Mapping[str, object]
    only_a: list[Mapping[str, object]] = Field(description="Stops that only the first visits.")
    only_b: list[Mapping[str, object]]
    moved: list[Mapping[str, object]] = Field(description="Stops that other teams visit.")
    same: int = Field(description="Stops that the same teams visit.")
    teams: list[Mapping[str, object]]
    villages: list[Mapping[str, object]]


class PatrolPlans(BaseModel):
    """Plans, newest first, without their routes."""

    plans: list[Mapping[str, object]]


class PatrolFeatures(BaseModel):
    """A plan with its routes as GeoJSON lines; the stops are in each route's ``visits``."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    plan: Mapping[str, object]


class PatrolGone(BaseModel):
    """The plan that was deleted."""

    patrol_id: int
