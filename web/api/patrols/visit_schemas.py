"""What requests about visits may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.domain.terms import LONGEST
from web.api.patrols.schemas import PlanNumber
from web.api.schemas import Strict, asked

Stop = Annotated[
    str, Field(min_length=1, max_length=LONGEST["code"], description="A stop of the plan, as H3.")
]
TeamCode = Annotated[
    str, Field(min_length=1, max_length=LONGEST["code"], description="Code of a team of the plan.")
]


class CheckInBody(Strict):
    """A team says that it is at a stop."""

    stop: Stop
    team: TeamCode
    at: dt.datetime | None = Field(None, description="With its zone; the present where absent.")
    left_at: dt.datetime | None = Field(
        None, description="With its zone; the same check-in may be told again with it."
    )
    on_spot: bool = Field(False, description="Whether the code at the place led to it.")
    note: str | None = Field(None, max_length=LONGEST["visit_note"], description="No names.")


class CheckIn(BaseModel):
    """A check-in that was kept; without a number where the same one was kept before."""

    visit_id: int | None
    stop: str
    team_code: str
    arrived_at: str


class CheckInPath(BaseModel):
    """A check-in of a plan."""

    patrol_id: PlanNumber
    visit_id: Annotated[int, Field(ge=1, le=2**63 - 1, description="Number of a check-in.")]


class CheckInGone(BaseModel):
    """The check-in that was taken back."""

    visit_id: int


class LiveQuery(Strict):
    """Of which moment."""

    at: dt.datetime | None = Field(
        None, description="With its zone; the present while the shift runs, else its newest position."
    )


class LiveTeams(BaseModel):
    """Teams against plan at a moment."""

    patrol_id: int
    at: str
    running: bool
    teams: list[Mapping[str, object]]


class EffectQuery(Strict):
    """What is compared."""

    domain: str | None = Field(None, max_length=LONGEST["code"])
    weeks: int = asked(terms.WEEKS)
    seed: int = asked(terms.SEED)


class PlanEffect(BaseModel):
    """Before and after, as ``/hotspot-effects`` gives it, with the visits that were made."""

    patrols: list[int]
    visits: int
    grids: list[str]
    domain: str | None
    level: int
    cells: int
    since: str
    on: str
    until: str
    change: Mapping[str, object]
    displacement: Mapping[str, object] | None
    verdict_zh: str
    verdict_en: str
    conventions: dict[str, str]
    data_sha256: str
