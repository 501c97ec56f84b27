"""Plans issued to their teams, and taken note of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.roles import Action
from gridmap.domain.terms import LONGEST
from gridmap.services.patrols.follow import orders
from gridmap.services.patrols.follow.hours import PlanHours, plan_hours
from gridmap.services.patrols.follow.onward import DELAYS_MIN, WhatNext, what_next
from gridmap.services.patrols.follow.orders import Order
from gridmap.services.patrols.follow.week import Week, patrol_week
from web.access import require_also
from web.api.patrols.schemas import PatrolPlanPath, PlanNumber
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "patrol-orders",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="patrol orders", description="下发与签收: plans issued and taken note of")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class OrderTold(BaseModel):
    """A team's part of a plan: whether it was issued, and whether the team took note."""

    team_code: str
    name_zh: str
    name_en: str
    stops: int
    issued_at: str | None
    issued_by: str | None
    noted_at: str | None
    noted_by: str | None


class OrdersTold(BaseModel):
    """A plan's orders, one a team."""

    orders: list[OrderTold]


class OrderPath(BaseModel):
    """A team's part of a plan."""

    patrol_id: PlanNumber
    team: Annotated[str, Field(min_length=1, max_length=LONGEST["code"], description="Code of a team.")]


class WeekQuery(Strict):
    """Which week."""

    since: dt.date = Field(description="Its first day; a week has seven.")


class WeekTold(BaseModel):
    """A week of patrols: plans that were issued or driven, the doses of places and hours."""

    since: str
    until: str
    plans: list[Mapping[str, object]]
    places: list[Mapping[str, object]]
    hours: list[Mapping[str, object]]
    left_out: int


@bp.get("/patrol-weeks", responses={200: WeekTold})
def get_week(query: WeekQuery) -> Week:
    """Tell what was planned and driven in a week, and the dose by place and hour of the day."""
    return patrol_week(database(), scope(), query.since)


class HoursTold(BaseModel):
    """Incidents expected at a plan's hotspots by hour, and while a team is there."""

    patrol_id: int
    incidents: int
    untimed: int
    hours: list[Mapping[str, object]]
    expected: float
    covered: float
    by_place: float
    covered_by_place: float | None


@bp.get("/patrol-plans/<int:patrol_id>/hours", responses={200: HoursTold})
def get_hours(path: PatrolPlanPath, query: Nothing) -> PlanHours:  # noqa: ARG001 - refuses parameters
    """Tell the incidents that are expected at a plan's hotspots by hour, and those during its visits."""
    require_also(Action.SEE_HOTSPOTS)
    return plan_hours(database(), scope(), path.patrol_id)


class OnwardQuery(Strict):
    """Which team was held up, for how long, and where."""

    team: str = Field(min_length=1, max_length=LONGEST["code"], description="Code of the team.")
    delay_min: float = Field(ge=0, le=DELAYS_MIN[-1], description="Minutes later than it ought to have left.")
    after: int | None = Field(
        None,
        ge=0,
        le=10_000,
        description="Visits that it has left behind; what is known of them where absent.",
    )


class OnwardTold(BaseModel):
    """How a team goes on after a delay."""

    patrol_id: int
    team_code: str
    after: int
    delay_min: float
    reckoned_min: int
    visits: list[Mapping[str, object]]
    dropped: list[Mapping[str, object]]
    home: str


@bp.get("/patrol-plans/<int:patrol_id>/onward", responses={200: OnwardTold})
def get_onward(path: PatrolPlanPath, query: OnwardQuery) -> WhatNext:
    """Tell how a team goes on that was held up: at once, without a new search."""
    return what_next(database(), scope(), path.patrol_id, query.team, query.delay_min, query.after)


@bp.get("/patrol-plans/<int:patrol_id>/orders", responses={200: OrdersTold})
def list_orders(path: PatrolPlanPath, query: Nothing) -> dict[str, list[Order]]:  # noqa: ARG001 - refuses parameters
    """Tell of each team of a plan whether its part was issued, and whether it took note."""
    return {"orders": orders.orders_of_plan(database(), scope(), path.patrol_id)}


@bp.post("/patrol-plans/<int:patrol_id>/orders", responses={200: OrdersTold})
def issue_plan(path: PatrolPlanPath) -> dict[str, list[Order]]:
    """Issue a plan to its teams; teams that have it already keep it."""
    return {"orders": orders.issue_plan(database(), actor(), path.patrol_id)}


@bp.delete("/patrol-plans/<int:patrol_id>/orders", responses={200: OrdersTold})
def recall_plan(path: PatrolPlanPath, query: Nothing) -> dict[str, list[Order]]:  # noqa: ARG001 - refuses parameters
    """Take an issued plan back from the teams that did not take note of it yet."""
    return {"orders": orders.recall_plan(database(), actor(), path.patrol_id)}


@bp.post("/patrol-plans/<int:patrol_id>/orders/<path:team>/note", responses={200: OrderTold})
def note_order(path: OrderPath) -> Order:
    """Keep that a team took note of its part of a plan; the first time stands."""
    return orders.note_order(database(), actor(), path.patrol_id, path.team)
