"""Turns that may not be taken, as a road's field ``no_turns`` tells them.

``w32; w33-2@end; w7@begin=car``: who comes along it may not turn to these. ``@end`` or ``@begin`` names the end of
the road at which that holds (both where nothing is said), ``=car`` or ``=bike`` the only mode that it binds. People on
foot are never bound. On a road that names itself nobody may turn back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

BOUND: tuple[Literal["bike", "car"], ...] = ("bike", "car")
"""Modes that turns can be forbidden to."""

_PARTED = re.compile(r"\s*[;；]\s*")
_ITEM = re.compile(r"(?P<road>.+?)(?:@(?P<end>begin|end))?(?:=(?P<mode>car|bike))?")
_PIECE = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Ban:
    """One turn that may not be taken from a road.

    Attributes
    ----------
    road_id : str
        To which road.
    end : {'begin', 'end'} or None
        At which end of the road from which one comes; None at both.
    modes : tuple of str
        Of :data:`BOUND`.
    """

    road_id: str
    end: Literal["begin", "end"] | None = None
    modes: tuple[Literal["bike", "car"], ...] = BOUND


def read_bans(text: str | None) -> tuple[Ban, ...]:
    """Read the field.

    Examples
    --------
    >>> read_bans("w32; w33-2@end=car")
    (Ban(road_id='w32', end=None, modes=('bike', 'car')), Ban(road_id='w33-2', end='end', modes=('car',)))
    """
    bans = []
    for item in _PARTED.split((text or "").strip()):
        found = _ITEM.fullmatch(item)
        if found is None:
            continue
        end: Literal["begin", "end"] | None = None
        if found["end"] is not None:
            end = "end" if found["end"] == "end" else "begin"
        modes = tuple(mode for mode in BOUND if found["mode"] in {None, mode})
        bans.append(Ban(found["road"], end, modes))
    return tuple(bans)


def write_bans(bans: Iterable[Ban]) -> str | None:
    """Write the field: one item for each road, end and set of modes, in order; None where there is none.

    Examples
    --------
    >>> write_bans([Ban("w2", "end", ("car",)), Ban("w2", "end", ("bike",)), Ban("w1")])
    'w1; w2@end'
    """
    modes: dict[tuple[str, str], set[str]] = {}
    for ban in bans:
        modes.setdefault((ban.road_id, ban.end or ""), set()).update(ban.modes)
    items = []
    for (road, end), bound in sorted(modes.items()):
        at = f"@{end}" if end else ""
        items += [f"{road}{at}"] if bound == set(BOUND) else [f"{road}{at}={mode}" for mode in sorted(bound)]
    return "; ".join(items) or None


def whole_road(road_id: str) -> str:
    """Return the identifier of the road of which a numbered piece was cut; the same where it is none.

    Examples
    --------
    >>> whole_road("w33-2"), whole_road("w33")
    ('w33', 'w33')
    """
    return _PIECE.sub("", road_id)
