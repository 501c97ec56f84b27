"""A year of incidents: when, where, what, how well placed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from .kinds import HOURS, KINDS, WEEKDAYS, Kind, by_code
from .planted import FIRST_DAY, LAST_DAY, PLANTED, Planted
from .where import Where

Floats = NDArray[np.float64]

ZONE = timezone(timedelta(hours=8))
END = datetime.combine(LAST_DAY + timedelta(1), time(), ZONE)
BACKGROUND = 6700
OUTSIDE = 10
UNPLACED_SHARE = 0.03
_DAYS = [FIRST_DAY + timedelta(d) for d in range((LAST_DAY - FIRST_DAY).days + 1)]
_NEW_YEAR = date(2026, 2, 17)


@dataclass(slots=True)
class Incident:
    """One incident before it is written; ``xy`` are local metres, or None when only a grid is known."""

    kind: Kind
    occurred: datetime
    reported: datetime
    severity: int
    scale: str
    channel: str
    true_xy: Floats
    xy: Floats | None
    accuracy_m: int | None
    summary: str
    grid_code: str = ""
    village_name: str = ""
    planted: str = ""
    outside: bool = False
    uid: str = ""
    due: datetime = field(default=END)
    closed: datetime | None = None
    stage: str = "accepted"
    steps: list[dict[str, object]] = field(default_factory=list)


def _day_weights(kind: Kind) -> Floats:
    weight = np.array([kind.months[d.month - 1] * WEEKDAYS[kind.week][d.weekday()] for d in _DAYS])
    holiday = np.array([_NEW_YEAR - timedelta(1) <= d <= _NEW_YEAR + timedelta(7) for d in _DAYS])
    if kind.hours == "office":
        weight = np.where(holiday, weight * 0.15, weight)
    if kind.code == "10":
        # Wages are settled in the weeks before the holiday.
        before = np.array([0 < (_NEW_YEAR - d).days <= 35 for d in _DAYS])
        weight = np.where(before, weight * 1.6, weight)
    return np.asarray(weight / weight.sum())


def _moment(day: date, hour: int, rng: np.random.Generator) -> datetime:
    minute, second = int(rng.integers(60)), int(rng.integers(60))
    return datetime.combine(day, time(hour, minute, second), ZONE)


def _accuracy(kind: Kind, rng: np.random.Generator) -> int:
    draw = rng.random()
    if kind.code == "01" and kind.domain == "dispute":
        # A family's home is never recorded to the door.
        return int(rng.integers(100, 301))
    for share, low, high in ((0.46, 5, 16), (0.80, 18, 61), (0.95, 70, 151), (1.01, 180, 301)):
        if draw < share:
            return int(rng.integers(low, high))
    raise AssertionError


def _incident(kind: Kind, day: date, hour: int, xy: Floats, rng: np.random.Generator) -> Incident:
    occurred = _moment(day, hour, rng)
    lag_h = rng.exponential(0.4 if kind.domain in {"policing", "emergency"} else 20.0)
    reported = min(occurred + timedelta(seconds=int(lag_h * 3600) + 60), END - timedelta(seconds=30))
    severity = int(np.clip(round(kind.severity + 0.75 * rng.standard_normal()), 1, 5))
    scale = "01"
    if kind.domain == "dispute" and rng.random() < (0.16 if kind.code in {"08", "10", "15"} else 0.05):
        scale = "03" if rng.random() < 0.06 else "02"
        severity = max(severity, 3 if scale == "02" else 4)
    urgent = kind.domain in {"policing", "emergency"}
    channel = str(
        rng.choice(
            ["phone", "online", "visit", "letter"],
            p=(0.7, 0.2, 0.1, 0) if urgent else (0.3, 0.27, 0.38, 0.05),
        )
    )
    accuracy = _accuracy(kind, rng)
    seen = xy + rng.normal(0, accuracy / 2.45, 2).clip(-accuracy, accuracy)
    summary = str(kind.said[int(rng.integers(len(kind.said)))])
    return Incident(kind, occurred, reported, severity, scale, channel, xy, seen, accuracy, summary)


def _background(where: Where, rng: np.random.Generator) -> list[Incident]:
    share = np.array([k.share for k in KINDS])
    counts = rng.multinomial(BACKGROUND, share / share.sum())
    found = []
    for kind, count in zip(KINDS, counts.tolist(), strict=True):
        if not count:
            continue
        hours = np.array(HOURS[kind.hours], dtype=float)
        days = rng.choice(len(_DAYS), count, p=_day_weights(kind))
        clock = rng.choice(24, count, p=hours / hours.sum())
        places = where.draw(kind.place, count, rng)
        found.extend(
            _incident(kind, _DAYS[d], int(h), xy, rng) for d, h, xy in zip(days, clock, places, strict=True)
        )
    return found


def _plant(spot: Planted, where: Where, rng: np.random.Generator) -> list[Incident]:
    kind = by_code(spot.domain, spot.kind)
    days = spot.days()
    chosen = rng.choice(len(days), spot.count, p=spot.day_weights())
    places = where.disc(spot.x_m, spot.y_m, spot.radius_m, spot.count, rng)
    found = []
    for d, xy in zip(chosen, places, strict=True):
        made = _incident(kind, days[d], int(rng.integers(*spot.hours)), xy, rng)
        made.planted = spot.name
        found.append(made)
    return found


def make_incidents(where: Where, seed: int) -> list[Incident]:
    """Draw the year, oldest report first, with uids but without their course.

    Parameters
    ----------
    where : Where
    seed : int
    """
    rng = np.random.default_rng([seed, 30])
    found = _background(where, rng)
    for spot in PLANTED:
        found.extend(_plant(spot, where, rng))
    _place(found, where, rng)
    found.sort(key=lambda i: (i.reported, i.kind.domain, i.kind.code, float(i.true_xy[0])))
    for number, incident in enumerate(found, 1):
        incident.uid = f"FQ{incident.reported:%y}-{number:06d}"
    return found


def _place(found: list[Incident], where: Where, rng: np.random.Generator) -> None:
    """Keep recorded points in the town but for a few, and leave a few with a grid or a village's name only."""
    seen = np.array([i.xy for i in found])
    for k in np.flatnonzero(~where.inside(seen)).tolist():
        found[k].xy = found[k].true_xy
    label = where.micro_label(np.array([i.true_xy for i in found]))
    seen_label = where.micro_label(np.array([i.xy for i in found]))
    villages = where.land.villages
    for incident, true, shown in zip(found, label.tolist(), seen_label.tolist(), strict=True):
        draw = rng.random()
        village = villages[(true if true >= 0 else shown) // 100]
        if incident.planted or incident.kind.place == "road" or draw > UNPLACED_SHARE:
            if draw > 0.8:
                incident.village_name = villages[shown // 100].name_zh
            continue
        incident.xy, incident.accuracy_m = None, None
        if draw < UNPLACED_SHARE * 0.4:
            incident.grid_code = f"{village.code}{true % 100 + 1:03d}"
        elif draw < UNPLACED_SHARE * 0.6:
            incident.grid_code = village.code
        else:
            incident.village_name = village.name_zh
    roads = [
        i for i in found if i.kind.place in {"road", "forest", "field"} and i.xy is not None and not i.planted
    ]
    for k, xy in zip(
        rng.choice(len(roads), OUTSIDE, replace=False), where.just_outside(OUTSIDE, rng), strict=True
    ):
        roads[k].xy, roads[k].true_xy, roads[k].accuracy_m = xy, xy, int(rng.integers(10, 31))
        roads[k].village_name, roads[k].outside = "", True
