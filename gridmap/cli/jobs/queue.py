"""``gridmap jobs``: what waits, runs and has ended; a worker."""

from __future__ import annotations

import json
import sys
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import STEPS, actor, console, workspace
from gridmap.domain.jobs import JOB_STATES, Job, JobState
from gridmap.services.house import JOB_KINDS
from gridmap.services.jobs import desk
from gridmap.services.jobs.worker import Worker, end_with_server

WORK_COMMAND = (
    sys.executable,
    "-c",
    "from gridmap.cli import main; main()",
    "jobs",
    "work",
    "--with-server",
    "--key",
)
"""Starts a worker beside a server; its number comes after it."""
_SHARE = 100
"""Jobs after which a server's worker is replaced."""

_STATES: dict[JobState, str] = {
    "queued": "排队 / queued",
    "running": "进行 / running",
    "done": "完成 / done",
    "failed": "失败 / failed",
    "cancelled": "取消 / cancelled",
}


@click.group("jobs")
def group() -> None:
    """任务 / jobs: list, show, cancel, work."""


@group.command("list")
@click.option("--state", type=click.Choice(JOB_STATES), help="状态 / state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(*, state: JobState | None, limit: int) -> None:
    """列出任务 / list jobs, newest first."""
    with workspace() as database:
        found = desk.list_jobs(
            database, actor(database).scope, states=None if state is None else [state], limit=limit
        )
        zone = ZoneInfo(database.settings.timezone)
    if not found:
        console.print("没有任务 / no jobs.")
        return
    table = Table()
    for heading in ("编号 / job", "任务 / kind", "状态 / state", "进度 / progress", "时间 / asked at"):
        table.add_column(heading, overflow="fold")
    # A number in pieces cannot be copied to the next command.
    table.columns[0].no_wrap = table.columns[-1].no_wrap = True
    for job in found:
        table.add_row(
            job.job_id,
            _kind(job),
            _STATES[job.state],
            "" if job.state != "running" else f"{STEPS.get(job.step, job.step)} {job.done}/{job.total}",
            job.created_at.astimezone(zone).isoformat()[:16],
        )
    console.print(table)


@group.command("show")
@click.argument("job_id", metavar="ID")
def show(job_id: str) -> None:
    """显示一项任务 / show a job."""
    with workspace() as database:
        _print(desk.find_job(database, actor(database).scope, job_id))


@group.command("cancel")
@click.argument("job_id", metavar="ID")
def cancel(job_id: str) -> None:
    """取消一项任务 / cancel a job: at once where it waits, at its next step where it runs."""
    with workspace() as database:
        _print(desk.cancel_job(database, actor(database).scope, job_id))


@group.command("work")
@click.option("--key", type=click.IntRange(1, 2**31 - 1), hidden=True)
@click.option("--with-server", is_flag=True, hidden=True)
def work(*, key: int | None, with_server: bool) -> None:
    """执行排队的任务，直到按 Ctrl-C / do the jobs that wait, until Ctrl-C.

    `gridmap serve` has workers of its own, which are replaced after a hundred jobs; this is one more.
    """
    with workspace() as database:
        worker = Worker(database, JOB_KINDS, key=key, most=_SHARE if with_server else None)
        if with_server:
            end_with_server(worker, sys.stdin.buffer)
        worker.run()


def _kind(job: Job) -> str:
    kind = JOB_KINDS.get(job.kind)
    return job.kind if kind is None else f"{kind.zh} / {kind.en}"


def _print(job: Job) -> None:
    console.print(f"{job.job_id}: {_kind(job)}", highlight=False)
    console.print(_STATES[job.state], highlight=False)
    if job.state == "running":
        console.print(
            f"{STEPS.get(job.step, job.step)} {job.done}/{job.total} ({job.worker})", highlight=False
        )
    if job.problem is not None:
        console.print(f"{job.problem.code}: {job.problem.zh} / {job.problem.en}")
    if job.result is not None:
        console.print_json(json.dumps(dict(job.result), ensure_ascii=False))
    if job.file_name is not None:
        console.print(f"文件 / file: {job.file_name}")
