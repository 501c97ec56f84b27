"""The course of each incident from acceptance to the archive; some are late, some moved, some still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from .incidents import END, Incident
from .plan import TOWN_CODE, Village

LATE_SHARE = 0.10
STUCK_SHARE = 0.012
_MINUTE = timedelta(minutes=1)


def run_courses(
    found: list[Incident], villages: tuple[Village, ...], village_index: list[int], seed: int
) -> None:
    """Give each incident its steps, due date, end and stage as of the end of the year.

    Parameters
    ----------
    found : list of Incident
        Changed in place.
    villages : tuple of Village
    village_index : list of int
        Village of each incident, -1 outside the town.
    seed : int
    """
    rng = np.random.default_rng([seed, 31])
    for incident, index in zip(found, village_index, strict=True):
        _run(incident, villages[index] if index >= 0 else None, villages, rng)


@dataclass(frozen=True, slots=True)
class _Fate:
    """What will become of an incident."""

    large: bool
    moved: bool
    deferred: bool
    stuck: bool
    allowed_s: float
    extra_s: float
    took_s: float


def _fate(incident: Incident, rng: np.random.Generator) -> _Fate:
    allowed_s = incident.kind.due_days * 86_400.0
    large = incident.scale != "01" or incident.severity >= 4
    deferred = rng.random() < (0.09 if incident.kind.due_days >= 10 else 0.02)
    moved = rng.random() < (0.42 if large else 0.07)
    extra_s = 0.5 * allowed_s if deferred else 0.0
    if rng.random() < LATE_SHARE:
        took_s = (allowed_s + extra_s) * float(rng.uniform(1.03, 1.9))
    else:
        took_s = (allowed_s + extra_s) * float(np.clip(rng.lognormal(-1.15, 0.65), 0.02, 0.97))
        if deferred:
            took_s = max(took_s, allowed_s * float(rng.uniform(1.0, 1.4)))
    return _Fate(large, moved, deferred, rng.random() < STUCK_SHARE, allowed_s, extra_s, took_s)


def _run(
    incident: Incident, home: Village | None, villages: tuple[Village, ...], rng: np.random.Generator
) -> None:
    fate = _fate(incident, rng)
    # (share of the way, action, stage after, grid, note)
    plan: list[tuple[float, str, str, str, str]] = [(0.0, "accept", "accepted", "", "受理登记")]
    plan.append((float(rng.uniform(0.03, 0.22)), "mediate", "mediating", "", "安排人员调处"))
    if fate.moved:
        target, note = _target(incident, home, villages, rng)
        plan.append((float(rng.uniform(0.25, 0.45)), "transfer", "transferred", target, note))
        plan.append((float(rng.uniform(0.47, 0.62)), "mediate", "mediating", "", "接收后继续调处"))
    if fate.deferred:
        share = float(rng.uniform(0.7, 0.97)) * fate.allowed_s / fate.took_s
        plan.append((min(share, 0.96), "defer", "", "", "情况复杂，申请延期"))
    plan.sort(key=lambda p: p[0])
    if not fate.stuck:
        done = "双方达成一致" if incident.kind.domain == "dispute" else "处置完毕"
        plan.append((1.0, "resolve", "resolved", "", done))
    incident.due = incident.reported + timedelta(seconds=int(fate.allowed_s))
    last = incident.reported
    for share, action, after, grid, note in plan:
        at = incident.reported + timedelta(seconds=int(share * fate.took_s))
        if share > 0:
            at = max(_at_the_desk(at, incident), last + _MINUTE)
        if at >= END:
            break
        last = at
        _step(incident, at, action, after=after, grid=grid, note=note)
        if action == "defer":
            incident.due += timedelta(seconds=int(fate.extra_s))
        if action == "resolve":
            incident.closed = at
    _archive(incident, rng)


def _archive(incident: Incident, rng: np.random.Generator) -> None:
    if incident.closed is None:
        return
    wait = timedelta(hours=round(float(rng.uniform(6, 240))))
    at = max(_at_the_desk(incident.closed + wait, incident), incident.closed + _MINUTE)
    if at < END:
        _step(incident, at, "archive", after="archived", grid="", note="归档")


def _at_the_desk(at: datetime, incident: Incident) -> datetime:
    """Move a step into office hours of its day; police and emergency work goes on around the clock."""
    if incident.kind.domain in {"policing", "emergency"}:
        return at
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=29_880 + int((at - midnight).total_seconds() * 9.2 / 24))


def _step(incident: Incident, at: datetime, action: str, *, after: str, grid: str, note: str) -> None:
    """Write a step down; an empty ``after`` leaves the stage as it is."""
    before = incident.stage if incident.steps else ""
    incident.stage = after or before
    incident.steps.append(
        {
            "uid": incident.uid,
            "at": at.isoformat(),
            "action": action,
            "stage_from": before,
            "stage_to": incident.stage,
            "to_grid_code": grid,
            "note": note,
        }
    )


def _target(
    incident: Incident,
    home: Village | None,
    villages: tuple[Village, ...],
    rng: np.random.Generator,
) -> tuple[str, str]:
    """Large matters go to the town, others to the area's sub-centre or the village that they belong to."""
    if incident.scale != "01":
        return str(TOWN_CODE), "涉及面较大，移送镇综治中心"
    if home is None or rng.random() < 0.55:
        area = home.area if home else 1
        return f"{TOWN_CODE}{area:02d}", "移送片区综治分中心"
    others = sorted(
        (v for v in villages if v is not home),
        key=lambda v: (v.x_m - home.x_m) ** 2 + (v.y_m - home.y_m) ** 2,
    )[:4]
    return others[int(rng.integers(4))].code, "当事人属邻村，移送处理"
