"""What a request about shares of the cases may hold, and the shape of its answer."""

from __future__ import annotations

from typing import TypedDict

from pydantic import BaseModel, Field

from gridmap.services.cases.shares import ShareName
from web.api.schemas import CountsQuery


class SharesQuery(CountsQuery):
    """Shares by grid."""

    of: ShareName = Field("on-time", description="Which share.")


class ShareAnswer(BaseModel):
    """A grid's share; grid 0 holds the cases in no grid of the level."""

    grid_key: str
    part: int
    whole: int
    share: float = Field(description="Drawn towards that of all grids, 0 to 1.")
    low: float
    high: float


class Shares(BaseModel):
    """Shares by grid, in order of the grids' keys, which is no ranking."""

    of: str
    level: int
    since: str | None = Field(alias="from")
    until: str | None = Field(alias="to")
    words_zh: str
    words_en: str
    method: str
    shares: list[ShareAnswer]


class ShareShown(TypedDict):
    """A grid's share as it is sent."""

    grid_key: str
    part: int
    whole: int
    share: float
    low: float
    high: float


SharesShown = TypedDict(
    "SharesShown",
    {
        "of": str,
        "level": int,
        "from": str | None,
        "to": str | None,
        "words_zh": str,
        "words_en": str,
        "method": str,
        "shares": list[ShareShown],
    },
)
"""Shares by grid as they are sent; `from` is a word of Python's, so it has no class."""
