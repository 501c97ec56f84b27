"""Files that jobs made: a folder for each in the workspace's own, deleted with its job."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue


def job_folder(home: Path, job_id: str) -> Path:
    """Folder of a job's files; it need not be there."""
    return home / "jobs" / job_id


def make_job_folder(home: Path, job_id: str) -> Path:
    """Make the folder of a job's files, readable by this account alone."""
    folder = job_folder(home, job_id)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def drop_job_folder(home: Path, job_id: str) -> None:
    """Delete the files of a job."""
    shutil.rmtree(job_folder(home, job_id), ignore_errors=True)


def remove_old_jobs(database: Database, now: dt.datetime) -> int:
    """Delete jobs that have been over for longer than the setting says, and files that belong to no job.

    Returns
    -------
    int
        How many jobs were deleted.
    """
    settings = database.settings
    with database.scoped_session(Scope.whole(), write=True) as session:
        gone = queue.remove_ended(session, now - dt.timedelta(days=settings.job_days))
    folder = settings.home / "jobs"
    there = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    with database.scoped_session(Scope.whole()) as session:
        known = queue.known_ids(session, [name for name in there if len(name) == 32])
    for name in set(there) - known:
        drop_job_folder(settings.home, name)
    return len(gone)
