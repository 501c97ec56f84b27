"""Rooms stay small enough to be read at one go, and long things travel typed."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
MOST_UNTYPED = 80
# Made by the asset step, or brought by npm.
NOT_OURS = {"node_modules", "built", "vendor"}


def modules() -> list[Path]:
    """Python and JavaScript of the product."""
    return [
        path
        for room in ("gridmap", "web")
        for ending in ("*.py", "*.js")
        for path in (ROOT / room).rglob(ending)
        if not NOT_OURS.intersection(path.parts)
    ]


def test_no_module_is_longer_than_400_lines() -> None:
    found = modules()
    assert len(found) > 600
    long = {
        str(p.relative_to(ROOT)): n
        for p in found
        if (n := len(p.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_what_travels_between_services_and_web_has_a_type() -> None:
    files = [
        p
        for room in ("gridmap/services", "web")
        for p in (ROOT / room).rglob("*.py")
        if "node_modules" not in p.parts
    ]
    assert len(files) > 200
    untyped = sum("dict[str, Any]" in line for path in files for line in path.read_text("utf-8").splitlines())
    assert untyped <= MOST_UNTYPED
