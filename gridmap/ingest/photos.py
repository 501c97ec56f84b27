"""Photos as a phone hands them in."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from gridmap.domain.terms import PHOTO_SIDE
from gridmap.errors import InvalidInput
from gridmap.ingest.isolated.photo import damaged, too_large
from gridmap.ingest.model import MIB, Limits
from gridmap.ingest.reading.files import refuse
from gridmap.ingest.reading.sandbox import read_isolated

_NAME = Path("照片 photo")
_REFUSED = {"file-needs-too-much": too_large, "file-broken": damaged}
"""What is said of files in general, as it is said of a photo."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each may take half a gigabyte; who comes third waits for a second or two."""
_LIMITS = Limits(vector_bytes=4 * MIB, memory_bytes=576 * MIB, cpu_s=20, wall_s=60)


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
    with _AT_ONCE, tempfile.TemporaryFile() as source:
        source.write(given)
        source.seek(0)
        try:
            raw = read_isolated(_NAME, source, "photo", str(PHOTO_SIDE), limits=_LIMITS)
        except InvalidInput as general:
            if general.code not in _REFUSED:
                raise
            why = _REFUSED[general.code]()
            raise refuse(why.code, _NAME, why.zh, why.en) from None
    row = raw.table.to_pylist()[0]
    return Photo(bytes(row["picture"]), int(row["width"]), int(row["height"]))
