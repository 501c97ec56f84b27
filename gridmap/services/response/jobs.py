"""Siting as a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gridmap.analysis.roads import Mode
from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.services.response.siting import site


@dataclass(frozen=True, slots=True)
class SitingRequest:
    """Where new sites help most; see :func:`gridmap.services.response.siting.site`."""

    add: int = 1
    objective: Literal["covering", "median"] = "covering"
    minutes: float = 10.0
    mode: Mode = "car"
    existing: Literal["bases", "service-points"] = "bases"
    seconds: float = 20.0


def _site(asked: SitingRequest, work: Work) -> Outcome:
    work.tell("analyse", 0, 1)
    found = site(
        work.database,
        work.scope,
        add=asked.add,
        objective=asked.objective,
        minutes=asked.minutes,
        mode=asked.mode,
        existing=asked.existing,
        time_limit_s=asked.seconds,
    )
    work.tell("analyse", 1, 1)
    return Outcome(found)


SITING = JobKind("siting", "选址", "siting", SitingRequest, _site, repeatable=True)
