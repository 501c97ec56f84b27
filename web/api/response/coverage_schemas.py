"""What requests about coverage may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from gridmap.domain import terms
from gridmap.domain.codes import require_domain
from web.api.schemas import Strict, asked


class CoverageQuery(Strict):
    """When, from where, and which limits."""

    at: str | None = Field(
        None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of day; now where absent."
    )
    minutes: str = Field(
        "5,10,15", pattern=r"^\d{1,3}(\.\d)?(,\d{1,3}(\.\d)?){0,5}$", description="Ascending limits."
    )
    live: bool = Field(False, description="Fresh live positions in place of bases.")
    plan: int | None = Field(None, ge=1, le=2**63 - 1, description="A kept plan, at that time of its shift.")
    domain: str | None = Field(None, description="Only teams that are sent to incidents of this domain.")

    @field_validator("domain")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        require_domain(value)
        return value

    @property
    def clock(self) -> dt.time | None:
        """The time of day."""
        return None if self.at is None else dt.time.fromisoformat(self.at)

    @property
    def limits(self) -> tuple[float, ...]:
        """The limits in minutes."""
        return tuple(float(part) for part in self.minutes.split(","))


class SiteRequest(Strict):
    """How many sites, to which end."""

    add: int = asked(terms.SITES)
    objective: Literal["covering", "median"] = "covering"
    minutes: float = asked(terms.SITE_LIMIT)
    mode: Literal["foot", "bike", "car"] = "car"
    existing: Literal["bases", "service-points"] = "bases"
    seconds: float = asked(terms.SITING, description="Time for the solver.")


class Coverage(BaseModel):
    """Seconds of the nearest team by grid key, and households within each limit."""

    at: str
    basis: Literal["base", "position", "plan"]
    minutes: list[float]
    level: int
    teams: list[Mapping[str, object]]
    grids: list[Mapping[str, object]]
    villages: list[Mapping[str, object]]
    total: Mapping[str, object]


class NearQuarterTold(BaseModel):
    """A moment of a shift."""

    at: str
    teams: int
    shares: list[float]


class NearAskedTold(BaseModel):
    """What the plan was asked for and, counted by what is left of each way, does; shares from 0 to 1."""

    minutes: float
    level: float = Field(description="Share of households that some team is to be near to in every quarter.")
    least: float
    mean: float
    lacking: int = Field(description="Quarters with fewer.")
    cost: float = Field(description="Prize given up for it.")
    shares: list[float]


class NearTold(BaseModel):
    """Households near to some team of a plan, by quarter of an hour; shares for each of the minutes."""

    patrol_id: int
    minutes: list[float]
    asked: NearAskedTold | None = Field(description="What the plan was asked for; null where it was not.")
    level: int
    households: int
    quarters: list[NearQuarterTold]
    least: list[float]
    mean: list[float]
