"""The browser that tests and benches drive."""

from __future__ import annotations

import shutil

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""In the order of what a page costs: over the same 15 tests the shell took 70 CPU s, the browser with windows 124."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def browser_program() -> str:
    """Find the browser that this machine has."""
    found = [path for path in map(shutil.which, PROGRAMS) if path]
    assert found, f"none of these is installed: {', '.join(PROGRAMS)}"
    return found[0]
