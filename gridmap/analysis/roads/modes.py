"""How fast each mode goes on each class of road, and where it may not go at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import InvalidInput

Mode = Literal["foot", "bike", "car"]
MODES: tuple[Mode, ...] = ("foot", "bike", "car")

# Kilometres an hour for foot, bike and car; zero where the mode may not or cannot go.
SPEED_KMH: dict[str, tuple[float, float, float]] = {
    "motorway": (0.0, 0.0, 90.0),
    "trunk": (4.5, 14.0, 60.0),
    "primary": (4.5, 14.0, 50.0),
    "secondary": (4.5, 14.0, 45.0),
    "tertiary": (4.5, 14.0, 35.0),
    "residential": (4.5, 14.0, 25.0),
    "village": (4.5, 13.0, 20.0),
    "service": (4.5, 12.0, 15.0),
    "track": (4.2, 10.0, 12.0),
    "path": (4.2, 8.0, 0.0),
    "cycleway": (4.5, 14.0, 0.0),
    # Bicycles are pushed where people walk.
    "footway": (4.5, 4.0, 0.0),
    "pedestrian": (4.5, 4.0, 0.0),
    "steps": (2.0, 0.0, 0.0),
    # A boat takes everybody at its own speed.
    "ferry": (10.0, 10.0, 10.0),
}
# Where a road says that a mode may go which its class shuts out or slows to a walk; steps stay steps.
OPENED_KMH: dict[Mode, float] = {"foot": 4.2, "bike": 8.0, "car": 10.0}
PATROL_KMH: dict[Mode, float] = {"foot": 4.0, "bike": 8.0, "car": 10.0}
"""Kilometres an hour at which a patrol looks about on its way along a segment, at most: an assumption for planning."""
_PUSHED_KMH = 4.0
_ROUGH = frozenset({"ground", "gravel", "dirt", "unpaved", "earth", "sand", "grass", "mud"})
_ROUGH_FACTOR = {"foot": 0.9, "bike": 0.7, "car": 0.7}


def speeds(
    road_class: ArrayLike,
    speed_kmh: ArrayLike,
    surface: ArrayLike,
    mode: Mode,
    permission: Sequence[str | None] | None = None,
) -> NDArray[np.float64]:
    """Speed of a mode on each segment in metres a second; zero where it may not go.

    A segment's own limit takes the place of its class's speed for cars, and is an upper bound for bikes; unpaved
    surfaces slow everybody down.

    Parameters
    ----------
    road_class : (m,) array_like of str
    speed_kmh : (m,) array_like of float
        Limits; NaN where not known.
    surface : (m,) array_like of str or None
    mode : {'foot', 'bike', 'car'}
    permission : sequence of {'yes', 'no', 'destination', 'dismount'} or None, optional
        What is said of the mode on each segment; None where the class decides. Who may go to a destination only is
        let through: a patrol's errand is where it goes.

    Returns
    -------
    (m,) float64 array

    Raises
    ------
    InvalidInput
        When there is no such mode.
    """
    if mode not in MODES:
        raise InvalidInput(
            "mode-unknown", f"没有出行方式 {mode}。", f"There is no mode {mode}: {', '.join(MODES)}."
        )
    classes = np.asarray(road_class, dtype=object)
    limit = np.asarray(speed_kmh, dtype=np.float64)
    column = MODES.index(mode)
    base = np.array([SPEED_KMH.get(str(c), SPEED_KMH["village"])[column] for c in classes])
    if permission is not None:
        said = np.asarray(permission, dtype=object)
        opened = np.isin(said, ["yes", "destination"]) & (base < OPENED_KMH[mode]) & (classes != "steps")
        base = np.where(opened, OPENED_KMH[mode], base)
        if mode == "bike":
            base = np.where(said == "dismount", np.where(base > 0, np.minimum(base, _PUSHED_KMH), 0.0), base)
        base = np.where(said == "no", 0.0, base)
    known = np.isfinite(limit) & (limit > 0) & (base > 0)
    base = np.where(known & (classes == "ferry"), limit, base)
    if mode == "car":
        base = np.where(known, limit, base)
    elif mode == "bike":
        base = np.where(known, np.minimum(base, np.maximum(limit, SPEED_KMH["path"][column])), base)
    rough = np.array([str(s).lower() in _ROUGH for s in np.asarray(surface, dtype=object)])
    return np.where(rough, base * _ROUGH_FACTOR[mode], base) / 3.6
