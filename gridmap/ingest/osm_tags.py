"""Tags of OpenStreetMap in our words: classes, speeds, directions, who may pass."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gridmap.domain.road_access import BARRIERS, WAYS_OF_GOING, stopped_by
from gridmap.domain.spellings import BARRIERS as BARRIER_SPELLINGS
from gridmap.domain.spellings import ONEWAY, PERMISSIONS

# Value of `highway` to our class and, where the class is slower or faster than the value, a speed in km/h.
_CLASSES: dict[str, tuple[str, float | None]] = {
    "motorway": ("motorway", None),
    "trunk": ("trunk", None),
    "primary": ("primary", None),
    "secondary": ("secondary", None),
    "tertiary": ("tertiary", None),
    "unclassified": ("village", None),
    "residential": ("residential", None),
    "road": ("village", None),
    "living_street": ("residential", 10.0),
    "service": ("service", None),
    "track": ("track", None),
    "path": ("path", None),
    "footway": ("footway", None),
    "cycleway": ("cycleway", None),
    "bridleway": ("path", None),
    "pedestrian": ("pedestrian", None),
    "steps": ("steps", None),
}
# Keys from the particular to the general; the first that says anything holds.
_SAID_OF = {
    "access": ("access",),
    "foot": ("foot",),
    "bicycle": ("bicycle", "vehicle"),
    "motor_vehicle": ("motorcar", "motor_vehicle", "vehicle"),
}
_NOT_ON_MOTORROADS = ("foot", "bicycle")
_OPPOSITE = frozenset({"opposite", "opposite_lane", "opposite_track"})
_IMPASSABLE = frozenset({"impassable", "very_horrible"})
_ROUND = frozenset({"roundabout", "circular"})
_SPEED = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*(mph|km/?h|kph)?\s*(?:;.*)?", re.IGNORECASE)
_CONDITION, _TIMED = (
    re.compile(r"[a-z_:]{1,60}:conditional"),
    re.compile(r"[\w @():;,.<>=+\-]{1,80}", re.ASCII),
)
_MPH_KMH = 1.609344
_FASTEST_KMH, _WALK_KMH = 150.0, 7.0
_NAME_CHARS, _SURFACE_CHARS = 120, 40

Row = tuple[str | None, ...]
CELLS = (
    *("name_zh", "class", "oneway", "speed_kmh", "surface", "bridge"),
    *("access", "foot", "bicycle", "motor_vehicle", "oneway_bicycle", "barrier"),
)
"""Columns of a road behind its number."""


def barrier_of(tags: Mapping[str, str]) -> tuple[str, frozenset[str]] | None:
    """Kind of the barrier at a node and the modes that it stops; None where it stops nobody.

    Examples
    --------
    >>> barrier_of({"barrier": "bollard"})
    ('bollard', frozenset({'car'}))
    >>> barrier_of({"barrier": "gate"}) is None
    True
    """
    if "barrier" not in tags:
        return None
    kind = BARRIER_SPELLINGS.get(tags["barrier"].lower(), "other")
    said = _said(tags)
    if tags.get("locked") == "yes" and said["access"] is None:
        said["access"] = "no"
    modes = stopped_by(kind, said)
    if not modes:
        return None
    # Whom it does not stop in spite of its kind is told by a kind that stops nobody by itself.
    return (kind if modes >= BARRIERS[kind] else "other"), modes


def conditions_of(tags: Mapping[str, str]) -> list[str]:
    """Tell what about a way or a barrier hangs on the time or on a vehicle's measures, in the file's words.

    What is written in no words of times and measures is told by its key alone.

    Examples
    --------
    >>> conditions_of({"highway": "service", "access:conditional": "no @ (22:00-06:00)"})
    ['access:conditional=no @ (22:00-06:00)']
    """
    return [
        f"{key}={value}" if _TIMED.fullmatch(value) else key
        for key, value in sorted(tags.items())
        if _CONDITION.fullmatch(key)
    ]


def _said(tags: Mapping[str, str]) -> dict[str, str | None]:
    """Tell what is said of access, and of each way of going, in our words."""
    said: dict[str, str | None] = {}
    for column, keys in _SAID_OF.items():
        words = (PERMISSIONS.get(tags[key].lower()) for key in keys if key in tags)
        said[column] = next((word for word in words if word is not None), None)
    if tags.get("motorroad") == "yes":
        for column in _NOT_ON_MOTORROADS:
            said[column] = said[column] or "no"
    return said


def road_of(tags: Mapping[str, str]) -> Row | str:
    """Cells of a road from the tags of a way, in the order of the columns behind its number.

    Returns
    -------
    tuple of str or None, or str
        ``"closed"`` or ``"other"`` where the way is left out: nobody may use it, or it is no road.
    """
    if tags.get("route") == "ferry" and "highway" not in tags:
        return _ferry(tags)
    kind = tags.get("highway", "").removesuffix("_link")
    if kind not in _CLASSES or tags.get("area") == "yes":
        return "other"
    road_class, speed = _CLASSES[kind]
    said = _said(tags)
    if tags.get("impassable") == "yes" or tags.get("smoothness") in _IMPASSABLE:
        # Wheels cannot pass it, whatever is allowed; people on foot may.
        said |= {"bicycle": "no", "motor_vehicle": "no"}
    if all((said[column] or said["access"]) == "no" for column in WAYS_OF_GOING.values()):
        return "closed"
    name = tags.get("name:zh") or tags.get("name") or tags.get("ref")
    surface = tags.get("surface")
    limit = speed_of(tags.get("maxspeed")) or speed
    oneway = _oneway(tags, kind)
    of_bikes = _oneway_bicycle(tags)
    return (
        name[:_NAME_CHARS] if name else None,
        road_class,
        oneway,
        None if limit is None else f"{limit:g}",
        surface[:_SURFACE_CHARS] if surface else None,
        "true" if _other_level(tags) else "false",
        *said.values(),
        of_bikes if of_bikes != oneway else None,
        None,
    )


def _ferry(tags: Mapping[str, str]) -> Row | str:
    """Cells of a ferry; its speed is told as minutes, which the length of its line turns into one."""
    said = _said(tags)
    # A boat takes those on foot where nothing is said, and vehicles only where they are named.
    said["foot"] = said["foot"] or said["access"] or "yes"
    said["bicycle"] = said["bicycle"] or said["access"] or "yes"
    said["motor_vehicle"] = said["motor_vehicle"] or said["access"] or "no"
    if all(said[column] == "no" for column in WAYS_OF_GOING.values()):
        return "closed"
    name = tags.get("name:zh") or tags.get("name")
    minutes = minutes_of(tags.get("duration"))
    speed = None if minutes is None else f"{minutes:g} min"
    bridge = "true"
    cells = (name[:_NAME_CHARS] if name else None, "ferry", _oneway(tags, "ferry"), speed, None, bridge)
    return (*cells, *said.values(), None, None)


def minutes_of(text: str | None) -> float | None:
    """Minutes of a duration as OpenStreetMap writes it: ``00:10``, ``1:05:00``, ``10``.

    Examples
    --------
    >>> minutes_of("00:10"), minutes_of("1:05:00"), minutes_of("soon")
    (10.0, 65.0, None)
    """
    if text is None or not re.fullmatch(r"\d{1,4}(?::\d{2}){0,2}", text.strip()):
        return None
    parts = [int(part) for part in text.strip().split(":")]
    if len(parts) == 1:
        return float(parts[0]) or None
    hours, minutes, seconds = (*parts, 0)[:3]
    return hours * 60.0 + minutes + seconds / 60.0 or None


def speed_of(text: str | None) -> float | None:
    """Speed limit in km/h to a tenth; None where there is none or it is no number.

    Examples
    --------
    >>> speed_of("30 mph")
    48.3
    >>> speed_of("walk")
    7.0
    """
    if (text or "").strip().lower() == "walk":
        return _WALK_KMH
    match = _SPEED.fullmatch(text or "")
    if match is None:
        return None
    kmh = float(match[1]) * (_MPH_KMH if (match[2] or "").lower() == "mph" else 1.0)
    return round(kmh, 1) if 1.0 <= kmh <= _FASTEST_KMH else None


def _oneway(tags: Mapping[str, str], kind: str) -> str:
    said = tags.get("oneway")
    if said in {"yes", "1", "true"}:
        return "yes"
    if said in {"-1", "reverse"}:
        return "reverse"
    if said is None and (tags.get("junction") in _ROUND or tags.get("highway") == kind == "motorway"):
        return "yes"
    return "no"


def _oneway_bicycle(tags: Mapping[str, str]) -> str | None:
    said = tags.get("oneway:bicycle")
    if said is not None:
        return ONEWAY.get(said.lower())
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    against = any(tags.get(key) in _OPPOSITE for key in sides)
    # A lane of its own along a one-way street that may be ridden both ways, or against it.
    against |= any(tags.get(f"{key}:oneway") in {"no", "-1"} for key in sides)
    return "no" if against else None


def _other_level(tags: Mapping[str, str]) -> bool:
    if tags.get("bridge", "no") != "no" or tags.get("tunnel", "no") not in {"no", "building_passage"}:
        return True
    return tags.get("layer", "0").strip() not in {"0", ""}
