"""GeoJSON (RFC 7946) as services tell it and web sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict


class Feature(TypedDict):
    """A place with what is told of it."""

    type: Literal["Feature"]
    id: NotRequired[int | str]
    bbox: NotRequired[list[float]]
    geometry: Mapping[str, object] | None
    properties: Mapping[str, object]


class Collection(TypedDict):
    """Places; members of our own stand beside them."""

    type: Literal["FeatureCollection"]
    features: Sequence[Feature]
