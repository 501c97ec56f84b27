"""How requests say where a case is."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from gridmap.domain import terms
from gridmap.domain.cases.asked import Spot
from gridmap.domain.terms import LONGEST
from web.api.schemas import Strict, asked

Short = Annotated[str, Field(max_length=LONGEST["key"])]
KeyText = Annotated[
    str, Field(pattern=r"^\d{1,17}$", description="A grid key; it exceeds 2**53, so it is text.")
]


class SpotSaid(Strict):
    """Where a case is, as whoever stands there tells it: a coordinate as the phone gave it, or a grid."""

    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = asked(terms.ACCURACY, optional=True)
    crs: Short | None = Field(None, description="gcj02, bd09 or an EPSG code; EPSG:4326 without.")
    grid_key: KeyText | None = Field(None, description="A grid that a person chose.")
    grid_reason: str | None = Field(None, max_length=LONGEST["place"])

    def asked(self) -> Spot:
        """Return what the services take."""
        values = self.model_dump() | {"grid_key": None if self.grid_key is None else int(self.grid_key)}
        return Spot(**values)


class PointQuery(Strict):
    """A coordinate as a phone or a person gives it."""

    lon: float
    lat: float
    accuracy_m: float | None = asked(terms.ACCURACY, optional=True)
    crs: Short | None = Field(None, description="gcj02, bd09 or an EPSG code; EPSG:4326 without.")


class PointAnswer(BaseModel):
    """Where a coordinate lies: in WGS 84, with its grids from the town down."""

    lon: float
    lat: float
    grid_keys: list[str]
    confirm: bool = Field(description="Whether the circle of accuracy crosses an edge between villages.")
