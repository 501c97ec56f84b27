"""Routes as GPX 1.1, which phones and satellite navigators read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import ArrayLike

from gridmap.ingest.atomic import replacing

_NAMESPACE = "http://www.topografix.com/GPX/1/1"
# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_gpx(
    path: str | Path, lonlat: ArrayLike, *, name: str, places: Sequence[tuple[str, float, float]] = ()
) -> None:
    """Write a track with named places to a GPX file, which appears complete or not at all.

    Parameters
    ----------
    path : str or Path
    lonlat : (n, 2) array_like
        The track, EPSG:4326.
    name : str
        Of the track.
    places : sequence of (name, lon, lat)

    Raises
    ------
    InvalidInput
        When the file's folder may not be written.
    """
    root = ET.Element("gpx", {"version": "1.1", "creator": "gridmap", "xmlns": _NAMESPACE})
    for label, lon, lat in places:
        point = ET.SubElement(root, "wpt", _place(lon, lat))
        ET.SubElement(point, "name").text = _UNWRITABLE.sub("", label)
    track = ET.SubElement(root, "trk")
    ET.SubElement(track, "name").text = _UNWRITABLE.sub("", name)
    segment = ET.SubElement(track, "trkseg")
    for lon, lat in np.asarray(lonlat, dtype=np.float64).reshape(-1, 2).tolist():
        ET.SubElement(segment, "trkpt", _place(lon, lat))
    ET.indent(root)
    with replacing(Path(path)) as temporary:
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)


def _place(lon: float, lat: float) -> dict[str, str]:
    return {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}"}
