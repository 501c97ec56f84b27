"""Named shifts of the town, and rosters of weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.domain.rosters import MOST_SHIFTS, RosterRules, first_day_of, shown_shifts
from gridmap.services.patrols.ask.rosters import missing_week, set_shifts, town_shifts
from gridmap.services.patrols.keep.rosters import ShownRoster, delete_roster, set_duty, show_week, undo_duty
from gridmap.services.patrols.make.jobs import ROSTER
from gridmap.services.patrols.make.rosters import RosterRequest
from web.api.jobs import JobAnswer, start
from web.api.schemas import Nothing, Problem, Strict, asked
from web.context import actor, database, scope

bp = APIBlueprint(
    "rosters",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[
        Tag(name="rosters", description="班次与班表: named shifts, and who has which of them in a week")
    ],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

_Code = Annotated[str, Field(min_length=1, max_length=terms.LONGEST["code"])]


class ShiftGiven(Strict):
    """A named shift."""

    code: str = Field(max_length=terms.LONGEST["code"], description="Small letters and figures.")
    zh: str = Field(max_length=terms.LONGEST["code"])
    en: str = Field(max_length=terms.LONGEST["code"])
    begin: str = Field(max_length=5, description="HH:MM.")
    end: str = Field(max_length=5, description="HH:MM; at or before the begin it is of the next day.")
    night: bool = Field(default=False, description="Whether it counts among nights.")


class ShiftsGiven(Strict):
    """The town's shifts, in order; null for those that come with the program."""

    shifts: list[ShiftGiven] | None = Field(max_length=MOST_SHIFTS)


class ShiftsTold(BaseModel):
    """The shifts in force."""

    shifts: list[Mapping[str, object]]


class RosterWeek(Strict):
    """Which week."""

    week: dt.date = Field(description="Any day of it; a week begins on Monday.")


class TeamOff(Strict):
    """A team's day off."""

    team: _Code
    on: dt.date


class RosterWanted(Strict):
    """Parameters of a roster."""

    week: dt.date = Field(description="Any day of its week.")
    teams: list[_Code] | None = Field(
        None, max_length=500, description="Codes; every professional team with a base where absent."
    )
    rest_h: float = asked(terms.REST_HOURS, description="Least hours between two shifts of a team.")
    nights_in_row: int = asked(terms.NIGHTS_IN_ROW)
    most: int = asked(terms.SHIFTS_A_WEEK, description="Most shifts of a team in the week.")
    least: int = asked(terms.LEAST_TEAMS, description="Teams that every shift is to have.")
    off: list[TeamOff] = Field([], max_length=2000)
    domain: str | None = Field(
        "policing", max_length=terms.LONGEST["code"], description="Null for all incidents."
    )
    seconds: float = asked(terms.ROSTERING)


class RosterPath(BaseModel):
    """A roster."""

    roster_id: Annotated[int, Field(ge=1, le=terms.SEED.high)]


class DutyGiven(Strict):
    """A team's shift of a day; null for a day off."""

    team: _Code
    on: dt.date
    shift: _Code | None


class RosterTold(BaseModel):
    """A week's roster; `expected`, `wanted` and `there` by day, Monday first, and shift."""

    roster_id: int
    first_day: str
    days: list[str]
    shifts: list[Mapping[str, object]]
    teams: list[Mapping[str, object]]
    expected: list[list[float]]
    wanted: list[list[int]]
    there: list[list[int]]
    breaches: list[Mapping[str, object]] = Field(description="Rules of rest that the roster breaks now.")
    edits: list[Mapping[str, object]] = Field(description="Changes by hand, oldest first.")
    rules: Mapping[str, object]
    gap: float = Field(description="Part of `short` that is not proven to be needed.")
    short: float
    short_bound: float
    spread: float
    spread_bound: float
    incidents: int
    domain: str | None
    owner: str | None
    created_at: str | None


class RosterGone(BaseModel):
    """The roster that was deleted."""

    roster_id: int


@bp.get("/shifts", responses={200: ShiftsTold})
def list_shifts(query: Nothing) -> dict[str, object]:  # noqa: ARG001 - refuses parameters
    """List the town's named shifts with their hours."""
    return {"shifts": shown_shifts(town_shifts(database(), scope()))}


@bp.put("/shifts", responses={200: ShiftsTold})
def put_shifts(body: ShiftsGiven) -> dict[str, object]:
    """Name the town's shifts anew."""
    given = None if body.shifts is None else [shift.model_dump() for shift in body.shifts]
    return {"shifts": shown_shifts(set_shifts(database(), actor(), given))}


@bp.get("/rosters", responses={200: RosterTold})
def get_roster(query: RosterWeek) -> ShownRoster:
    """Tell the roster that holds in a week: each team's days, how many are there, what it breaks."""
    found = show_week(database(), scope(), query.week)
    if found is None:
        raise missing_week(first_day_of(query.week))
    return found


@bp.post("/rosters", responses={202: JobAnswer})
def start_roster(body: RosterWanted) -> tuple[Response, int]:
    """Start to make a week's roster; ask its job how far it is."""
    return start(
        ROSTER,
        RosterRequest(
            body.week,
            None if body.teams is None else tuple(body.teams),
            RosterRules(body.rest_h, body.nights_in_row, body.most, body.least),
            tuple((off.team, off.on) for off in body.off),
            body.domain,
            body.seconds,
        ),
    )


@bp.put("/rosters/<int:roster_id>/duties", responses={200: RosterTold})
def put_duty(path: RosterPath, body: DutyGiven) -> ShownRoster:
    """Give a team another shift on a day by hand; what it breaks is told."""
    return set_duty(database(), actor(), path.roster_id, body.team, body.on, body.shift)


@bp.post("/rosters/<int:roster_id>/undo", responses={200: RosterTold})
def undo_last(path: RosterPath) -> ShownRoster:
    """Take the last change by hand back."""
    return undo_duty(database(), actor(), path.roster_id)


@bp.delete("/rosters/<int:roster_id>", responses={200: RosterGone})
def remove_roster(path: RosterPath, query: Nothing) -> dict[str, int]:  # noqa: ARG001 - refuses parameters
    """Delete a roster; an older one of the week holds again."""
    delete_roster(database(), actor(), path.roster_id)
    return {"roster_id": path.roster_id}
