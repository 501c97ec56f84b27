"""What requests about dispatch may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from gridmap.domain.terms import LONGEST
from web.api.schemas import Period, Strict

Uid = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST["key"],
        description="Number for life of an incident, or that of its source.",
    ),
]
Number = Annotated[int, Field(ge=1, le=2**63 - 1, description="Number of a dispatch.")]


class IncidentUidPath(BaseModel):
    """An incident by its number for life, or its source's number."""

    uid: Uid


class TeamsQuery(Strict):
    """Which teams, and when."""

    at: dt.datetime | None = Field(None, description="Instant, local where it has no zone; now where absent.")
    k: int = Field(3, ge=1, le=100)
    off_shift: bool = Field(False, description="Call teams out all the same that are not on shift.")


class DispatchRequest(Strict):
    """A team that is to be sent."""

    incident: Uid
    team: str = Field(min_length=1, max_length=LONGEST["code"])
    off_shift: bool = Field(False, description="Call it out all the same when it is not on shift.")


class DispatchPath(BaseModel):
    """A dispatch."""

    number: Number


class DispatchesQuery(Strict):
    """Which dispatches."""

    incident: str | None = Field(
        None, max_length=LONGEST["key"], description="Only of this incident, by either number."
    )
    open: bool = Field(False, description="Only those that are not over.")
    limit: int = Field(100, ge=1, le=1000)


class TimesQuery(Period):
    """Times until the first team was there, by group."""

    by: Literal["domain", "village", "area"] = "domain"


class RankedTeams(BaseModel):
    """Teams that can go, first to arrive first; and those that are left out, with the reason."""

    incident: Mapping[str, object]
    at: dt.datetime
    kinds: list[dict[str, str]]
    teams: list[Mapping[str, object]]
    left_out: list[Mapping[str, object]]
    asked: int


class Dispatch(BaseModel):
    """A team that was sent to an incident. Never where it was."""

    dispatch_id: int
    incident_id: int
    uid: str
    domain: str
    kind: str | None
    grid_key: str
    team_code: str
    mode: str
    road_s: float
    road_m: float
    sent_at: dt.datetime
    arrived_at: dt.datetime | None
    ended_at: dt.datetime | None
    note: str | None
    state: Literal["sent", "arrived", "finished", "cancelled"]


class Dispatches(BaseModel):
    """Dispatches, newest first."""

    dispatches: list[Dispatch]


class ResponseTimes(BaseModel):
    """Seconds from the report to the first team's arrival; groups with fewer than five are withheld."""

    by: str
    since: str | None = Field(alias="from")
    until: str | None = Field(alias="to")
    groups: list[Mapping[str, object]]
    withheld_groups: int
    total: Mapping[str, object] | None
    odd: int
