"""Ways and stops as GPX 1.1, which phones and satellite navigators read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gpxpy.gpx
import numpy as np
from numpy.typing import ArrayLike

from gridmap.files.atomic import replacing
from gridmap.files.xml_text import writable


@dataclass(frozen=True, slots=True)
class Place:
    """A named place.

    Attributes
    ----------
    name : str
    lon, lat : float
        Degrees, EPSG:4326.
    description : str or None
    """

    name: str
    lon: float
    lat: float
    description: str | None = None


def write_gpx(
    path: str | Path,
    tracks: Sequence[tuple[str, ArrayLike]],
    *,
    places: Sequence[Place] = (),
    name: str | None = None,
) -> None:
    """Write named tracks and places to a GPX file, which appears complete or not at all and holds no clock.

    Parameters
    ----------
    path : str or Path
    tracks : sequence of (name, (n, 2) array_like)
        Longitude and latitude of each track, EPSG:4326.
    places : sequence of Place
    name : str, optional
        Of the whole.

    Raises
    ------
    InvalidInput
        When the file's folder may not be written.
    """
    gpx = gpxpy.gpx.GPX()
    gpx.creator, gpx.name = "gridmap", _clean(name)
    for place in places:
        gpx.waypoints.append(
            gpxpy.gpx.GPXWaypoint(
                round(place.lat, 7),
                round(place.lon, 7),
                name=_clean(place.name),
                description=_clean(place.description),
            )
        )
    for label, lonlat in tracks:
        at = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2).round(7).tolist()
        track = gpxpy.gpx.GPXTrack(name=_clean(label))
        track.segments.append(
            gpxpy.gpx.GPXTrackSegment([gpxpy.gpx.GPXTrackPoint(lat, lon) for lon, lat in at])
        )
        gpx.tracks.append(track)
    with replacing(Path(path)) as temporary:
        temporary.write_text(gpx.to_xml("1.1", prettyprint=True), "utf-8")


def _clean(text: str | None) -> str | None:
    return None if text is None else writable(text)
