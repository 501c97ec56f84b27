"""A grid's border with what lies beyond it, for the sheet that committees sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from markupsafe import Markup

from gridmap.reporting.still_map import INK, OTHER_LAND, OWN_LAND, StillMap, lines_of_shapes

_WIDTH_MM = 180.0
_MOST_HEIGHT_MM = 130.0
_BEYOND = 0.12
"""How much of what lies beyond is seen on each side, as a share of the grid's longer side."""


@dataclass(frozen=True, slots=True)
class NamedShape:
    """A grid on the map: its outline, EPSG:4326, and its name in the reader's language."""

    shape: shapely.Geometry
    name: str


def border_map(own: NamedShape, beyond: Sequence[NamedShape], label: str, source: str = "") -> Markup:
    """Draw a grid and its neighbours as far as they are seen.

    Parameters
    ----------
    own : NamedShape
    beyond : sequence of NamedShape
    label : str
        What the picture is, for those who do not see it.
    source : str
        What the outlines are worth.

    Returns
    -------
    Markup
    """
    west, south, east, north = shapely.bounds(own.shape)
    margin = _BEYOND * max(east - west, north - south)
    bounds = (west - margin, south - margin, east + margin, north + margin)
    drawn = StillMap(bounds, _WIDTH_MM, most_height_mm=_MOST_HEIGHT_MM)
    parts = [(one, shapely.intersection(one.shape, drawn.frame)) for one in beyond]
    for _, seen in parts:
        drawn.outline(lines_of_shapes([seen]), 3, fill=OTHER_LAND)
    drawn.outline(lines_of_shapes([own.shape]), 1, fill=OWN_LAND, ink=INK)
    for one, seen in parts:
        if not seen.is_empty:
            place = shapely.point_on_surface(seen)
            drawn.text(drawn.projection.point(place.x, place.y), one.name)
    place = shapely.point_on_surface(own.shape)
    drawn.text(drawn.projection.point(place.x, place.y), own.name, strong=True)
    return drawn.drawn(label, css="border-map", source=source)
