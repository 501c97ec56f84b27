"""Draw the town and write every file of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import shapely

from .build import Land, draw_land
from .grids import Grids, make_grids
from .places import Place, make_places
from .plan import read_villages
from .records import write_records
from .roads import CLASSES
from .write import degrees, write_features


def make(seed: int, codes: Path, out: Path, say: Callable[[str], None]) -> None:
    """Draw the town and write its files.

    Parameters
    ----------
    seed : int
    codes : Path
        The official list of villages.
    out : Path
        Existing folder to write to.
    say : callable
        Told each step.
    """
    land = draw_land(seed, read_villages(codes), say)
    grids = make_grids(land, seed)
    places = make_places(land, seed)
    say("writing the map")
    _write_map(land, grids, places, seed, out)
    say("a year of records")
    write_records(land, grids, places, seed, out)


def _about(seed: int) -> dict[str, object]:
    return {"note_zh": "示意边界，非实测", "note_en": "Illustrative, not surveyed", "seed": seed}


def _write_map(land: Land, grids: Grids, places: list[Place], seed: int, out: Path) -> None:
    about = _about(seed)
    for name, level in (
        ("town", [grids.town]),
        ("areas", grids.areas),
        ("villages", grids.villages),
        ("micro_grids", grids.micro),
        ("former_villages", grids.former),
    ):
        write_features(out / f"{name}.geojson", [(g.shape, g.properties()) for g in level], about)
    write_features(
        out / "roads.geojson",
        [
            (
                degrees(r.line),
                {
                    "road_id": f"R{k:05d}",
                    "name_zh": r.name,
                    "class": CLASSES[r.rank],
                    "oneway": r.oneway,
                    "speed_kmh": r.speed_kmh,
                    "surface": r.surface,
                    "bridge": r.bridge,
                },
            )
            for k, r in enumerate(land.roads, 1)
        ],
        about,
    )
    water: list[tuple[shapely.Geometry, dict[str, object]]] = [
        (degrees(r.line), {"kind": "river", "name_zh": r.name_zh, "name_en": r.name_en, "width_m": r.width_m})
        for r in land.rivers
    ]
    water += [
        (
            degrees(lake.polygon),
            {"kind": lake.kind, "name_zh": lake.name_zh, "name_en": lake.name_en, "width_m": None},
        )
        for lake in land.lakes
    ]
    write_features(out / "water.geojson", water, about)
    write_features(out / "land.geojson", [(degrees(p), {"kind": k}) for k, p in land.cover], about)
    write_features(
        out / "places.geojson",
        [
            (
                degrees(shapely.Point(*p.xy)),
                {"kind": p.kind, "name_zh": p.name_zh, "name_en": p.name_en, "rank": p.rank},
            )
            for p in places
        ],
        about,
    )
