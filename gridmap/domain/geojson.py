"""GeoJSON (RFC 7946) as services tell it and web sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict


class Shape(TypedDict):
    """A geometry; of a collection of several kinds only the type is sure."""

    type: str
    coordinates: NotRequired[Any]
    geometries: NotRequired[list[Shape]]


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
