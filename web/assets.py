"""Where the files are that the browser loads and that others made."""

from __future__ import annotations

from pathlib import Path


def vendor_folder() -> Path:
    """Folder of the libraries, one folder each; empty or absent where they were never copied."""
    return Path(__file__).parent / "static" / "vendor"
