"""What requests about patrols may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from web.api.schemas import Feature, Strict

PlanNumber = Annotated[int, Field(ge=1, le=2**63 - 1, description="Number of a plan.")]


class PatrolPlansQuery(Strict):
    """Which plans."""

    limit: int = Field(50, ge=1, le=1000)


class PatrolPlanPath(BaseModel):
    """A plan."""

    patrol_id: PlanNumber


class PatrolExportQuery(Strict):
    """As which kind of file."""

    format: Literal["gpx", "geojson", "gpkg", "csv", "xlsx"]
    team: str | None = Field(None, max_length=40, description="Only this team.")


class PatrolPlanRequest(Strict):
    """Parameters of a new plan."""

    on: dt.date | None = Field(None, description="Local day on which the shift begins; today where absent.")
    hotspot_run_id: int | None = Field(
        None, ge=1, description="Hotspot run; the newest Gi* run where absent."
    )
    teams: list[str] | None = Field(None, max_length=500, description="Codes of teams; all where absent.")
    seed: int = Field(0, ge=0)
    seconds: float = Field(10.0, ge=0.1, le=120, description="Time for the search.")
    dwell_s: float = Field(720.0, ge=60, le=7200, description="Length of a visit.")
    village_share: float = Field(
        0.0, ge=0, le=1, description="Least share of its prize that each village gets."
    )


class PatrolPlans(BaseModel):
    """Plans, newest first, without their routes."""

    plans: list[dict[str, Any]]


class PatrolFeatures(BaseModel):
    """A plan with its routes as GeoJSON lines; the stops are in each route's ``visits``."""

    type: Literal["FeatureCollection"]
    features: list[Feature]
    plan: dict[str, Any]


class PatrolGone(BaseModel):
    """The plan that was deleted."""

    patrol_id: int
