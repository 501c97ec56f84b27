"""Photos are made anew from their points: promises of what is left of them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from gridmap.domain.terms import PHOTO_SIDE
from gridmap.errors import InvalidInput
from gridmap.ingest import photos
from gridmap.ingest.model import MIB
from gridmap.ingest.photos import read_photo

SECRET = b"secret-9b1f"


def written(picture: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def halves(width: int, height: int) -> Image.Image:
    """A picture whose upper half is red and whose lower half is blue."""
    points = np.zeros((height, width, 3), np.uint8)
    points[: height // 2, :, 0] = 255
    points[height // 2 :, :, 2] = 255
    return Image.fromarray(points)


def blank_png(side: int) -> bytes:
    """A black picture of one bit a point, written without ever being in memory."""
    size = side * (1 + -(-side // 8))
    packing = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    # Packed once and repeated: what follows a full flush looks back at nothing.
    block = packing.compress(bytes(MIB)) + packing.flush(zlib.Z_FULL_FLUSH)
    rest = packing.compress(bytes(size % MIB)) + packing.flush()
    # Adler-32 of noughts: the first sum stays 1, the second counts them.
    packed = b"\x78\x01" + block * (size // MIB) + rest + struct.pack(">HH", size % 65521, 1)
    parts = (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)), (b"IDAT", packed), (b"IEND", b"")
    chunks = (struct.pack(">I", len(b)) + a + b + struct.pack(">I", zlib.crc32(a + b)) for a, b in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def told() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (29.0, 48.0, 12.3)
    return exif


def with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return written(halves(40, 60), "PNG", pnginfo=info, exif=told())


def test_nothing_that_a_camera_wrote_beside_the_points_is_left() -> None:
    phone = written(halves(40, 60), "JPEG", exif=told(), comment=SECRET, xmp=SECRET) + SECRET
    for given in (phone, with_text(), written(halves(40, 60), "WEBP", exif=told(), xmp=SECRET)):
        assert SECRET in given
        photo = read_photo(given)
        assert SECRET not in photo.picture
        with Image.open(BytesIO(photo.picture)) as kept:
            assert kept.format == "JPEG"
            assert not kept.getexif()
            assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            assert kept.size == (photo.width, photo.height) == (40, 60)


def test_a_photo_stands_upright_and_is_no_larger_than_it_may_be() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = read_photo(written(halves(2400, 1200), "JPEG", exif=exif))
    assert (photo.width, photo.height) == (PHOTO_SIDE // 2, PHOTO_SIDE)
    with Image.open(BytesIO(photo.picture)) as kept:
        left, right = kept.getpixel((10, 800)), kept.getpixel((photo.width - 10, 800))
    # Turned by a quarter with the sun, what was above is on the right.
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[2] > 200 > left[0]
    assert right[0] > 200 > right[2]


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"no photo",
        written(halves(40, 60), "JPEG")[:300],
        written(halves(4, 6), "GIF"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"GIF89a/*" + written(halves(40, 60), "JPEG") + b"*/=1;",
        blank_png(6000),
        blank_png(40000),
    ],
    ids=["empty", "text", "torn", "gif", "svg", "postscript", "polyglot", "large", "bomb"],
)
def test_what_is_no_photo_is_refused_with_what_to_do(given: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_photo(given)
    large = given.startswith(b"\x89PNG")
    assert refused.value.code == ("photo-large" if large else "photo-unreadable")
    assert ("smaller" if large else "JPEG") in refused.value.en


def test_the_large_pictures_that_are_refused_are_whole() -> None:
    with Image.open(BytesIO(blank_png(6000))) as whole:
        whole.load()
        assert whole.size == (6000, 6000)
        assert whole.getextrema() == (0, 0)


@pytest.mark.usefixtures("cold_start")
def test_what_would_take_too_much_memory_is_refused_as_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "_LIMITS", replace(photos._LIMITS, memory_bytes=96 * MIB))
    with pytest.raises(InvalidInput) as refused:
        read_photo(written(Image.new("RGB", (5500, 5500)), "PNG"))
    assert refused.value.code == "photo-large"
