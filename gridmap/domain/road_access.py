"""Who may use a road, and whom a barrier stops."""

from __future__ import annotations

from collections.abc import Mapping

WAYS_OF_GOING: dict[str, str] = {"foot": "foot", "bike": "bicycle", "car": "motor_vehicle"}
"""Mode and the column of a road that says whether it may go there."""

_WHEELS = frozenset({"bike", "car"})
_CARS = frozenset({"car"})
BARRIERS: dict[str, frozenset[str]] = {
    "bollard": _CARS,
    "block": _CARS,
    "jersey_barrier": _CARS,
    "chain": _CARS,
    "log": _CARS,
    "debris": _CARS,
    "planter": _CARS,
    "cycle_barrier": _CARS,
    "motorcycle_barrier": _CARS,
    "horse_stile": _CARS,
    "kissing_gate": _WHEELS,
    "turnstile": _WHEELS,
    "stile": _WHEELS,
    "gate": frozenset(),
    "lift_gate": frozenset(),
    "swing_gate": frozenset(),
    "sliding_gate": frozenset(),
    "toll_booth": frozenset(),
    "checkpoint": frozenset(),
    "cattle_grid": frozenset(),
    "height_restrictor": frozenset(),
    "other": frozenset(),
}
"""Barriers, and the modes that each stops where nothing else is said: gates are taken to open."""


def stopped_by(barrier: str | None, permission: Mapping[str, str | None]) -> frozenset[str]:
    """Modes that a barrier stops.

    Parameters
    ----------
    barrier : str or None
        Key of :data:`BARRIERS`; of any other nobody is stopped but by what is said.
    permission : mapping of str to str or None
        ``access``, ``foot``, ``bicycle``, ``motor_vehicle``: yes, no, destination, dismount or None. What is said of
        a mode goes before ``access``, and ``access=no`` before the kind of the barrier.

    Examples
    --------
    >>> sorted(stopped_by("bollard", {}))
    ['car']
    >>> sorted(stopped_by("gate", {"access": "no", "foot": "yes"}))
    ['bike', 'car']
    """
    kind = BARRIERS.get(barrier or "", frozenset())
    stopped = set()
    for mode, column in WAYS_OF_GOING.items():
        own = permission.get(column)
        shut = permission.get("access") == "no" or mode in kind
        if own == "no" or (own is None and shut):
            stopped.add(mode)
    return frozenset(stopped)
