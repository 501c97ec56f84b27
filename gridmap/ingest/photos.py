"""Photos as a phone hands them in."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gridmap.domain.terms import PHOTO_SIDE
from gridmap.ingest.model import MIB, Limits
from gridmap.ingest.reading.sandbox import read_isolated

_LIMITS = Limits(vector_bytes=4 * MIB, memory_bytes=640 * MIB, cpu_s=20, wall_s=60)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo without anything that its camera wrote beside the points.

    Attributes
    ----------
    picture : bytes
        JPEG.
    width, height : int
        Pixels.
    """

    picture: bytes
    width: int
    height: int


def read_photo(given: bytes) -> Photo:
    """Read a photo from anybody, in a process of its own, and make it anew from its points.

    Place, time, camera and previews (Exif, XMP, IPTC, MPF) are left out; its turn is carried out.

    Parameters
    ----------
    given : bytes
        JPEG, PNG or WebP.

    Raises
    ------
    InvalidInput
        When it is no photo, is damaged, or its reading needs more than is allowed.
    """
    name = Path("照片 photo")
    with tempfile.TemporaryFile() as source:
        source.write(given)
        source.seek(0)
        raw = read_isolated(name, source, "photo", str(PHOTO_SIDE), limits=_LIMITS)
    row = raw.table.to_pylist()[0]
    return Photo(bytes(row["picture"]), int(row["width"]), int(row["height"]))
