"""What waits on the desk on the year's last day, at any hour of it: to sign, due today, to follow up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from .course import _at_the_desk
from .incidents import END, Incident
from .plan import TOWN_CODE, Village

Rows = list[dict[str, object]]

_DAY = timedelta(days=1)
_LAST = END - _DAY
_EACH = 6
_SEALED = frozenset({"01", "13"})


def waiting(
    found: Sequence[Incident], homes: Sequence[Village | None], rng: np.random.Generator
) -> dict[str, Rows]:
    """Draw other courses for a few disputes, so that the last day has work of each kind from its first minute on.

    Parameters
    ----------
    found : sequence of Incident
    homes : sequence of Village or None
        Village of each.
    rng : Generator

    Returns
    -------
    dict
        Rows of steps by the incident's uid, each with what differs from an empty row.
    """
    out: dict[str, Rows] = {}
    for begun, ended, course in (
        (_LAST - 5 * _DAY, _LAST - 2 * _DAY, _passed_on),
        (_LAST - 35 * _DAY, _LAST - 31 * _DAY, _due),
        (_LAST - 17 * _DAY, _LAST - 11 * _DAY, _solved),
    ):
        fitting = [
            (incident, home)
            for incident, home in zip(found, homes, strict=True)
            if home is not None and begun <= incident.reported < ended and _is_plain(incident)
        ]
        for n in sorted(rng.choice(len(fitting), _EACH, replace=False).tolist()):
            incident, home = fitting[n]
            out[incident.uid] = _begun(incident, rng) + course(incident, home, rng)
    return out


def _is_plain(incident: Incident) -> bool:
    kind = incident.kind
    return (
        kind.domain == "dispute"
        and kind.code not in _SEALED
        and incident.scale == "01"
        and kind.due_days == 30
    )


def _begun(incident: Incident, rng: np.random.Generator) -> Rows:
    took_up = _at_the_desk(incident.reported + _DAY, incident)
    said = {"method": "people_mediation", "note": "上门听取双方意见"}
    return [
        _row(incident, incident.reported, "受理", note="受理登记"),
        _row(incident, took_up + _minutes(rng, 20), "调处", **said),
    ]


def _passed_on(incident: Incident, home: Village, rng: np.random.Generator) -> Rows:
    at = _LAST - timedelta(hours=10) + _minutes(rng, 180)
    to = f"{TOWN_CODE}{home.area:02d}"
    return [_row(incident, at, "移送", to_grid_code=to, ground="beyond_means")]


def _due(incident: Incident, home: Village, rng: np.random.Generator) -> Rows:  # noqa: ARG001 - one of three courses
    at = _at_the_desk(incident.reported + (incident.kind.due_days - 2) * _DAY, incident) + _minutes(rng, 20)
    until = END - timedelta(seconds=1)
    return [_row(incident, at, "延期", ground="complex", until=until.isoformat())]


def _solved(incident: Incident, home: Village, rng: np.random.Generator) -> Rows:  # noqa: ARG001
    at = _LAST - 8 * _DAY + timedelta(hours=9) + _minutes(rng, 420)
    return [
        _row(
            incident,
            at,
            "化解",
            outcome="agreed",
            method="people_mediation",
            agreement="oral",
            fulfilled="no",
            note="双方达成一致",
        )
    ]


def _minutes(rng: np.random.Generator, most: int) -> timedelta:
    return timedelta(minutes=int(rng.integers(most)))


def _row(incident: Incident, at: datetime, action: str, **said: str) -> dict[str, object]:
    return {"uid": incident.uid, "at": at.isoformat(), "action": action} | said
