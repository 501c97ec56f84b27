"""A photo made anew from its points alone: nothing that a camera wrote beside them stays."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pyarrow as pa

from gridmap.ingest.isolated.frame import Refused

_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_POINTS = 32_000_000
_QUALITY = 80


def too_large() -> Refused:
    """Return the refusal of a photo whose points would take more memory or time than there is for one."""
    return Refused(
        "photo-large",
        "照片的像素太多。请用相机的较小尺寸重拍，或缩小后再上传。",
        "it has too many pixels. Take it smaller, or make it smaller first.",
    )


def damaged() -> Refused:
    """Return the refusal of what is no photo, or a damaged one."""
    return Refused(
        "photo-unreadable",
        "不是可读的照片。请用 JPEG、PNG 或 WebP 格式的照片。",
        "it is no photo that can be read. Use a JPEG, PNG or WebP.",
    )


def read_photo(path: Path, side: int) -> pa.Table:
    """Read a photo.

    Parameters
    ----------
    path : Path
    side : int
        Longest side in pixels; a larger one is made smaller.

    Returns
    -------
    Table
        One row: picture (JPEG, upright, sRGB as its points are), width, height.

    Raises
    ------
    Refused
        When it is no JPEG, PNG or WebP, is damaged, or has more than 32 million pixels.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MOST_POINTS // 2
    try:
        with Image.open(path, formats=_FORMATS) as found:
            # Reads only as much as the smaller picture needs, where the format allows.
            found.draft("RGB", (side, side))
            found.thumbnail((side, side))
            ImageOps.exif_transpose(found, in_place=True)
            points = found.convert("RGBA")
    except Image.DecompressionBombError:
        raise too_large() from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise damaged() from None
    plain = Image.new("RGB", points.size, "white")
    plain.paste(points, mask=points.getchannel("A"))
    written = BytesIO()
    plain.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return pa.table(
        {
            "picture": pa.array([written.getvalue()], pa.large_binary()),
            "width": pa.array([plain.width], pa.int64()),
            "height": pa.array([plain.height], pa.int64()),
        }
    )
