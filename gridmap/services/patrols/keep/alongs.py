"""What visits along segments and on foot go along, in metres and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.patrol import Visit
from gridmap.analysis.roads import Mode
from gridmap.analysis.roads.modes import PATROL_KMH
from gridmap.domain.shown_plans import ShownAlong, Standing
from gridmap.services.patrols.ask.places import OnRoads
from gridmap.services.patrols.ask.problem import Inputs
from gridmap.services.patrols.ask.standing import standing

_GOES: dict[Mode, tuple[str, str]] = {
    "foot": ("步行", "on foot"),
    "bike": ("骑行", "by bicycle"),
    "car": ("行驶", "by car"),
}
_VEHICLES = {"bike": ("自行车", "bicycle"), "car": ("车", "car")}


@dataclass(frozen=True, slots=True)
class Along:
    """What a visit goes along: places in metres, and what is told of it."""

    xy: NDArray[np.float64]
    told: ShownAlong


def along_of(inputs: Inputs, visit: Visit) -> Along | None:
    """Return what a visit goes along; None for a stay.

    Parameters
    ----------
    inputs : Inputs
    visit : Visit
    """
    if visit.way is None:
        return None
    about = inputs.about[visit.stop].get("ways", [])[visit.way]
    if about["length_m"] <= 0.0:
        return None
    at = np.array(about["coordinates"], dtype=np.float64)
    told: ShownAlong = {
        "length_m": about["length_m"],
        # A visit that is to take longer than the walk is made more slowly.
        "seconds": round(visit.leave_s - visit.start_s),
        "streets": about["streets"],
        "aside_m": about["aside_m"],
    }
    if "left" in about:
        told["left"] = about["left"]
    return Along(np.column_stack(crs.from_wgs84(at[:, 0], at[:, 1], inputs.roads.epsg)), told)


def walking(roads: OnRoads, mode: str, visit: Visit, along: ShownAlong) -> Standing:
    """Tell where a visit along a line begins and ends, or where the vehicle is left and come back to.

    Parameters
    ----------
    roads : OnRoads
    mode : str
    visit : Visit
    along : ShownAlong
    """
    told = standing(roads, mode, visit.place)
    end = standing(roads, mode, visit.onward)
    street, metres = told["street"], along["length_m"]
    if "left" in along:
        vehicle = _VEHICLES.get(mode, _VEHICLES["car"])
        where = (street or "无名路", street or "the road")
        side = f"把{vehicle[0]}停在{where[0]}，步行 {metres:.0f} 米，回到{vehicle[0]}上"
        en = f"Leave the {vehicle[1]} at {where[1]}, {metres:.0f} m on foot, then back to the {vehicle[1]}."
    else:
        goes, kmh = _GOES[cast("Mode", mode)], PATROL_KMH[cast("Mode", mode)]
        side = f"沿路段{goes[0]} {metres:.0f} 米，时速不超过 {kmh:g} 公里，从另一端离开"
        en = f"Go along it for {metres:.0f} m {goes[1]}, at {kmh:g} km/h at most, and leave from its other end."
    return told | {
        "spot_lon": end["lon"],
        "spot_lat": end["lat"],
        "off_m": 0.0,
        "side_zh": side,
        "stand_zh": f"{side}。",
        "stand_en": en,
    }
