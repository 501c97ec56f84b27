"""Where the files are that the browser loads: libraries as they came, and the page as the asset step bundled it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gridmap.errors import Unavailable

_STATIC = Path(__file__).parent / "static"


def vendor_folder() -> Path:
    """Folder of the libraries, one folder each; empty or absent where they were never copied."""
    return _STATIC / "vendor"


def built_folder() -> Path:
    """Folder of the bundled page, with names that hold a hash of what they name."""
    return _STATIC / "built"


@dataclass(frozen=True)
class Built:
    """Names of the bundled files.

    Attributes
    ----------
    main, theme : str
        The page's module, and the script before the first paint.
    parts : tuple of str
        Modules that the first view loads besides ``main``.
    worker : str
        The map's worker.
    page, plain, fonts : str
        Styles of the page, of the map without WebGL, and of the bundled font.
    desk, desk_style : str
        Module and style of the server-rendered pages.
    """

    main: str
    theme: str
    parts: tuple[str, ...]
    worker: str
    page: str
    plain: str
    fonts: str
    desk: str
    desk_style: str


def built() -> Built:
    """Return what the bundled files are called.

    Returns
    -------
    Built

    Raises
    ------
    Unavailable
        When the page was never bundled.
    """
    manifest = built_folder() / "manifest.json"
    try:
        changed_ns = manifest.stat().st_mtime_ns
    except OSError:
        raise Unavailable(
            "page-not-built",
            "网页还没有打包。请在源码目录运行：python scripts/assets.py。",
            "The page is not bundled yet. Run in the source folder: python scripts/assets.py.",
        ) from None
    return _read(manifest, changed_ns)


@lru_cache(maxsize=2)
def _read(manifest: Path, changed_ns: int) -> Built:  # noqa: ARG001 - read anew when the file has changed
    found = json.loads(manifest.read_text("utf-8"))
    return Built(**{**found, "parts": tuple(found["parts"])})
