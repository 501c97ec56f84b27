"""Jobs: work that costs, watched, cancelled, and the files that it made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from flask import Response, jsonify, send_file
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.accounts import Role
from gridmap.domain.jobs import Job, JobState
from gridmap.services.jobs import desk
from gridmap.services.jobs.kinds import Asked, JobKind
from web.api.files import TYPES_OF_JOB, file_of
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "jobs",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="jobs", description="任务: work that costs, done beside the server")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

_ASK_AGAIN_S = 1


class JobPath(BaseModel):
    """A job."""

    job_id: str = Field(pattern=r"^[0-9a-f]{32}$")


class JobFileQuery(Strict):
    """Which of its files."""

    name: str | None = Field(
        None, max_length=80, description="One of those that `result.files` names; the job's own where absent."
    )


class JobsQuery(Strict):
    """Which jobs."""

    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None
    limit: int = Field(50, ge=1, le=1000)


class JobAnswer(BaseModel):
    """How far a job is; `result` and `run_id` when it is done, `problem` when it failed, `so_far` while it runs."""

    job_id: str
    kind: str
    state: JobState
    step: str
    done: int
    total: int
    run_id: int | None = Field(description="Number of the run, plan or report that it made.")
    result: Mapping[str, object] | None
    problem: Problem | None
    so_far: Mapping[str, object] | None
    file: str | None = Field(description="Address of the file that it made.")
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None


class Jobs(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobAnswer]


def start(kind: JobKind[Asked], asked: Asked) -> tuple[Response, int]:
    """Put a job into the queue for whoever asks, and answer with it and its address (202)."""
    return answer_started(desk.submit(database(), scope(), kind, asked, owner=actor().post))


def answer_started(job: Job) -> tuple[Response, int]:
    """Answer with a job that was put into the queue, and its address (202)."""
    answer = jsonify(told(job).model_dump(mode="json"))
    answer.headers["Location"] = f"/api/v1/jobs/{job.job_id}"
    answer.headers["Retry-After"] = str(_ASK_AGAIN_S)
    return answer, 202


def _of_mine(job_id: str) -> Job:
    """Find a job of whoever asks; an administrator's are all of the scope."""
    owner = None if actor().role is Role.ADMINISTRATOR else actor().post
    return desk.find_job(database(), scope(), job_id, owner=owner)


def told(job: Job) -> JobAnswer:
    """Return a job as the API shows it."""
    number = (job.result or {}).get("number")
    problem = job.problem
    return JobAnswer(
        job_id=job.job_id,
        kind=job.kind,
        state=job.state,
        step=job.step,
        done=job.done,
        total=job.total,
        run_id=number if isinstance(number, int) else None,
        result=None if job.result is None else dict(job.result),
        problem=problem and Problem(code=problem.code, message_zh=problem.zh, message_en=problem.en),
        so_far=None if job.so_far is None else dict(job.so_far),
        file=None if job.file_name is None else f"/api/v1/jobs/{job.job_id}/file",
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


@bp.get("/jobs", responses={200: Jobs})
def list_jobs(query: JobsQuery) -> Response:
    """List the jobs of whoever asks, newest first."""
    states: list[JobState] | None = None if query.state is None else [query.state]
    found = desk.list_jobs(database(), scope(), owner=actor().post, states=states, limit=query.limit)
    return jsonify(Jobs(jobs=[told(job) for job in found]).model_dump(mode="json"))


@bp.get("/jobs/<job_id>", responses={200: JobAnswer})
def get_job(path: JobPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Tell how far a job is."""
    return jsonify(told(_of_mine(path.job_id)).model_dump(mode="json"))


@bp.delete("/jobs/<job_id>", responses={200: JobAnswer})
def cancel_job(path: JobPath, query: Nothing) -> Response:  # noqa: ARG001 - refuses parameters
    """Cancel a job: one that waits at once, one that runs at its next step; what is over stays."""
    _of_mine(path.job_id)
    return jsonify(told(desk.cancel_job(database(), scope(), path.job_id)).model_dump(mode="json"))


@bp.get(
    "/jobs/<job_id>/file",
    responses={
        200: file_of(TYPES_OF_JOB, "The file that the job made."),
    },
)
def get_job_file(path: JobPath, query: JobFileQuery) -> Response:
    """Return a file that a job made."""
    return file_of_mine(path.job_id, query.name)


def file_of_mine(job_id: str, name: str | None = None) -> Response:
    """Answer a file of a job of whoever asks."""
    _of_mine(job_id)
    file = desk.job_file(database(), scope(), job_id, name)
    return send_file(
        file,
        mimetype=TYPES_OF_JOB[file.suffix.removeprefix(".")],
        as_attachment=True,
        download_name=file.name,
        etag=False,
        max_age=0,
    )
