"""A piece of work that costs: what is known of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gridmap.domain.gridkey import Scope

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
JOB_STATES: tuple[JobState, ...] = get_args(JobState)
OWNER = "keeper"
"""Whose all work is while there are no accounts."""

JsonObject = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JobProblem:
    """Why a job failed: a stable code, and a sentence in each language."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Attributes
    ----------
    job_id : str
        32 hexadecimal digits.
    owner : str
        Who asked for it.
    scope : Scope
        Grids that it may see and write.
    kind : str
        One of the kinds that the wings bring.
    parameters : mapping
        What was asked, as the kind's own codec wrote it.
    state : {'queued', 'running', 'done', 'failed', 'cancelled'}
    step : str
        What it does now.
    done, total : int
        How far that is.
    so_far : mapping or None
        What it has so far, while it runs.
    result : mapping or None
        What it found or made.
    problem : JobProblem or None
        Why it failed.
    file_name : str or None
        Name of the file that it made.
    attempts : int
        How often a worker took it up.
    worker : str or None
        Process that does it, or did it last, for people.
    worker_key : int or None
        That worker's own number while it runs.
    created_at, started_at, heartbeat_at, cancel_asked_at, ended_at : datetime or None
        Aware.
    """

    job_id: str
    owner: str
    scope: Scope
    kind: str
    parameters: JsonObject
    state: JobState
    step: str
    done: int
    total: int
    so_far: JsonObject | None
    result: JsonObject | None
    problem: JobProblem | None
    file_name: str | None
    attempts: int
    worker: str | None
    worker_key: int | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    heartbeat_at: dt.datetime | None
    cancel_asked_at: dt.datetime | None
    ended_at: dt.datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.ended_at is not None
