"""Jobs: taken by one worker each, watched, cancelled, bounded, and never lost with their worker."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import main
from gridmap.domain.gridkey import Scope, make_key
from gridmap.domain.jobs import Job
from gridmap.domain.query import IncidentQuery
from gridmap.domain.rosters import RosterRules
from gridmap.errors import Busy, Conflict, InvalidInput, NotFound, Unavailable
from gridmap.services.hotspots.kept_forecasts import WeekAsked
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.house import JOB_KINDS
from gridmap.services.imports.incoming import IncomingRequest
from gridmap.services.imports.jobs import ImportRequest
from gridmap.services.imports.records import ImportOptions
from gridmap.services.jobs import desk
from gridmap.services.jobs.files import job_folder, remove_old_jobs
from gridmap.services.jobs.kinds import JobKind, JobKinds, Outcome, Work
from gridmap.services.jobs.recovery import recover
from gridmap.services.jobs.worker import Worker, new_worker_key
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.rules import Rules
from gridmap.services.patrols.ask.rules import StopRule as RuleOfStop
from gridmap.services.patrols.make.beats import BeatsRequest
from gridmap.services.patrols.make.changed import Added, Changed, Taken
from gridmap.services.patrols.make.jobs import PlanAgain, PlanChanged
from gridmap.services.patrols.make.rosters import RosterRequest
from gridmap.services.reports.jobs import ReportJob
from gridmap.services.reports.request import ReportRequest
from gridmap.services.response.jobs import SITING, SitingRequest
from gridmap.services.workspace.jobs import ExportRequest
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue
from gridmap.storage.jobs.presence import present
from tests.towns import environment_of

WHOLE = Scope.whole()
PATIENCE_S = 600
DAY = dt.date(2026, 3, 1)


@dataclass(frozen=True)
class Number:
    """What the tests' jobs are asked."""

    n: int = 0


def kind(name: str, run: Callable[[Number, Work], Outcome], **limits: Any) -> JobKind[Number]:
    return JobKind(name, "试验", "trial", Number, run, **{"most_of_owner": 100, "most_open": 100} | limits)


def table(*kinds: JobKind[Number]) -> JobKinds:
    return {one.name: one for one in kinds}


def echo(asked: Number, _work: Work) -> Outcome:
    return Outcome({"number": asked.n})


@contextmanager
def working(database: Database, kinds: JobKinds) -> Iterator[Worker]:
    worker = Worker(database, kinds)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(database: Database, job: Job, *states: str) -> Job:
    for _ in range(PATIENCE_S * 50):
        told = desk.find_job(database, WHOLE, job.job_id)
        if told.state in states:
            return told
        threading.Event().wait(0.02)
    pytest.fail(f"{told.state} never became {states}")


class Steady:
    """Work that goes on, telling of itself, until it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def __call__(self, asked: Number, work: Work) -> Outcome:
        work.show({"prize": asked.n})
        while not self.go_on.wait(0.01):
            work.tell("plan", 1, 2)
        work.tell("save", 2, 2)
        return Outcome({"number": asked.n})


ASKED: list[tuple[str, Any]] = [
    (
        "hotspot-run",
        HotspotSpec(
            "gi",
            DAY,
            DAY,
            within=33068110901004000,
            level=3,
            max_population=0.2,
            space_bands_m=(0.0, 50.0),
            hours=(22, 6),
            weekdays=(6, 7),
        ),
    ),
    ("week-forecast", WeekAsked("safety", 3, 33068110901004000, DAY)),
    (
        "patrol-plan",
        PatrolRequest(
            DAY, teams=("T1",), rules=Rules(stops=(RuleOfStop(stop="H1", must=True),)), locks=(("a", "b"),)
        ),
    ),
    ("patrol-again", PlanAgain(3, {"H1": "T1"}, ("H2",), 7, 1.5)),
    (
        "patrol-change",
        PlanChanged(
            3, Changed("21:00", ("T1",), (Taken("T2", 120.0, 29.0, "22:00"),), (Added(120.0, 29.0),)), 1
        ),
    ),
    (
        "roster",
        RosterRequest(DAY, ("T1",), RosterRules(rest_h=12.0, most=4), (("T1", DAY),), None, seconds=1.5),
    ),
    ("beats", BeatsRequest(("T1",), 4, None, 30.0, 2.0, seconds=1.5)),
    ("siting", SitingRequest(2, "median", seconds=1.5)),
    (
        "export",
        ExportRequest(
            "incidents", "csv", query=IncidentQuery(33068110901004000, DAY, flags=frozenset({"open"}))
        ),
    ),
    ("report", ReportJob(ReportRequest(DAY, DAY, 3), Path("/assets"))),
    ("incoming", IncomingRequest(automatic=True)),
    ("import", ImportRequest("teams", Path("/teams.csv"), ImportOptions(mapping={"编号": "code"}))),
]


def test_what_a_job_of_any_kind_is_asked_comes_out_of_the_table_as_it_went_in(blank: Database) -> None:
    assert {name for name, _ in ASKED} == set(JOB_KINDS)
    for name, asked in ASKED:
        job = desk.submit(blank, WHOLE, JOB_KINDS[name], asked)
        kept = desk.find_job(blank, WHOLE, job.job_id)
        assert JOB_KINDS[name].decode(kept.parameters) == asked


def test_workers_that_look_at_once_never_take_one_job_twice(blank: Database) -> None:
    seen: list[int] = []
    trial = kind("trial", lambda asked, _: (seen.append(asked.n), Outcome())[1], most_running=4)
    jobs = [desk.submit(blank, WHOLE, trial, Number(n)) for n in range(24)]
    start = threading.Barrier(3)

    def work_off(_: int) -> int:
        worker, done = Worker(blank, table(trial)), 0
        start.wait(PATIENCE_S)
        while worker.run_next():
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work_off, range(3))) == len(jobs)
    assert sorted(seen) == list(range(24))
    told = [desk.find_job(blank, WHOLE, job.job_id) for job in jobs]
    assert {(job.state, job.attempts) for job in told} == {("done", 1)}


def test_jobs_are_taken_in_the_order_in_which_they_were_asked_for(blank: Database) -> None:
    seen: list[int] = []
    trial = kind("trial", lambda asked, _: (seen.append(asked.n), Outcome())[1])
    for n in range(5):
        desk.submit(blank, WHOLE, trial, Number(n))
    worker = Worker(blank, table(trial))
    while worker.run_next():
        pass
    assert seen == [0, 1, 2, 3, 4]


def test_progress_and_what_there_is_so_far_are_seen_while_it_runs_and_not_after(blank: Database) -> None:
    steady = Steady()
    trial = kind("trial", steady)
    job = desk.submit(blank, WHOLE, trial, Number(3))
    assert (job.state, job.step) == ("queued", "wait")
    with working(blank, table(trial)):
        running = until(blank, job, "running")
        while running.step != "plan":
            running = until(blank, job, "running")
        assert (running.done, running.total, running.so_far) == (1, 2, {"prize": 3})
        assert running.worker
        steady.go_on.set()
        ended = until(blank, job, "done")
    assert (ended.step, ended.done, ended.total, ended.so_far) == ("save", 2, 2, None)
    assert ended.result == {"number": 3}
    assert ended.is_over


def test_cancel_stops_a_job_that_runs_and_one_that_waits_and_leaves_one_that_is_over(blank: Database) -> None:
    steady = Steady()
    trial, other = kind("trial", steady), kind("other", echo)
    over = desk.submit(blank, WHOLE, other, Number(1))
    Worker(blank, table(other)).run_next()
    running, waiting = (desk.submit(blank, WHOLE, trial, Number(n)) for n in (1, 2))
    with working(blank, table(trial)):
        until(blank, running, "running")
        assert desk.cancel_job(blank, WHOLE, waiting.job_id).state == "cancelled"
        desk.cancel_job(blank, WHOLE, running.job_id)
        ended = until(blank, running, "cancelled", "done")
    assert (ended.state, ended.result) == ("cancelled", None)
    assert not steady.go_on.is_set()
    assert desk.find_job(blank, WHOLE, waiting.job_id).attempts == 0
    assert desk.cancel_job(blank, WHOLE, over.job_id).state == "done"


def test_what_is_saved_already_is_not_given_up(blank: Database) -> None:
    def saved(_asked: Number, work: Work) -> Outcome:
        (job,) = desk.list_jobs(blank, WHOLE)
        desk.cancel_job(blank, WHOLE, job.job_id)
        work.tell("save", 1, 1)
        return Outcome({"number": 9})

    trial = kind("trial", saved)
    job = desk.submit(blank, WHOLE, trial, Number())
    Worker(blank, table(trial)).run_next()
    ended = desk.find_job(blank, WHOLE, job.job_id)
    assert (ended.state, ended.result) == ("done", {"number": 9})


def test_a_job_that_fails_says_why_in_both_languages_and_no_more(blank: Database) -> None:
    def refused(_asked: Number, _work: Work) -> Outcome:
        raise InvalidInput("no", "不行。", "No.")

    def broken(_asked: Number, _work: Work) -> Outcome:
        raise ZeroDivisionError("secret detail")

    kinds = kind("refused", refused), kind("broken", broken), kind("echo", echo)
    jobs = [desk.submit(blank, WHOLE, one, Number(5)) for one in kinds]
    worker = Worker(blank, table(*kinds))
    while worker.run_next():
        pass
    told = [desk.find_job(blank, WHOLE, job.job_id) for job in jobs]
    assert [job.state for job in told] == ["failed", "failed", "done"]
    assert told[0].problem is not None
    assert (told[0].problem.code, told[0].problem.zh, told[0].problem.en) == ("no", "不行。", "No.")
    assert told[1].problem is not None
    assert told[1].problem.code == "internal"
    assert "secret" not in str(told[1])


def test_a_full_queue_and_a_person_with_too_many_jobs_are_refused_with_when_to_try_again(
    blank: Database,
) -> None:
    trial = kind("trial", echo, most_open=3, most_of_owner=2)
    for owner in ("ann", "ann", "ben"):
        desk.submit(blank, WHOLE, trial, Number(), owner=owner)
    with pytest.raises(Unavailable) as full:
        desk.submit(blank, WHOLE, trial, Number(), owner="cho")
    assert (full.value.code, full.value.status) == ("jobs-full", 503)
    assert full.value.retry_after_s > 0
    Worker(blank, table(trial)).run_next()
    desk.submit(blank, WHOLE, trial, Number(), owner="ann")
    Worker(blank, table(trial)).run_next()
    desk.submit(blank, WHOLE, trial, Number(), owner="dan")
    roomy = kind("trial", echo, most_open=9, most_of_owner=1)
    with pytest.raises(Busy) as busy:
        desk.submit(blank, WHOLE, roomy, Number(), owner="dan")
    assert (busy.value.code, busy.value.status) == ("jobs-of-owner", 409)
    assert busy.value.retry_after_s > 0
    assert busy.value.zh != busy.value.en


def test_submissions_at_once_do_not_overfill_the_queue(blank: Database) -> None:
    trial = kind("trial", echo, most_open=4)

    def ask(n: int) -> bool:
        try:
            desk.submit(blank, WHOLE, trial, Number(n))
        except Unavailable:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(ask, range(12))) == 4


def test_a_kind_that_runs_as_often_as_it_may_lets_other_kinds_by(blank: Database) -> None:
    steady = Steady()
    trial, other = kind("trial", steady, most_running=1), kind("other", echo)
    first, second = (desk.submit(blank, WHOLE, trial, Number(n)) for n in (1, 2))
    third = desk.submit(blank, WHOLE, other, Number(3))
    with working(blank, table(trial, other)):
        until(blank, first, "running")
        worker = Worker(blank, table(trial, other))
        assert worker.run_next()
        assert not worker.run_next()
        assert desk.find_job(blank, WHOLE, third.job_id).state == "done"
        assert desk.find_job(blank, WHOLE, second.job_id).state == "queued"
        steady.go_on.set()
        until(blank, second, "done")


def _taken(database: Database, trial: JobKind[Number], key: int) -> Job:
    with database.scoped_session(WHOLE, write=True) as session:
        job = queue.claim(session, {trial.name: 9}, key, "gone")
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("repeatable", "cancelling", "state"),
    [
        (True, False, "queued"),
        (False, False, "failed"),
        (True, True, "cancelled"),
        (False, True, "cancelled"),
    ],
)
def test_a_job_of_a_dead_worker_is_taken_up_again_or_ends_with_a_reason(
    blank: Database, repeatable: bool, cancelling: bool, state: str
) -> None:
    trial = kind("trial", echo, repeatable=repeatable)
    job = desk.submit(blank, WHOLE, trial, Number(1))
    _taken(blank, trial, new_worker_key())
    if cancelling:
        desk.cancel_job(blank, WHOLE, job.job_id)
    assert recover(blank, table(trial)) == 1
    found = desk.find_job(blank, WHOLE, job.job_id)
    assert found.state == state
    if state == "failed":
        assert found.problem is not None
        assert found.problem.code == "job-worker-died"
        assert "重新运行" in found.problem.zh
    if state == "queued":
        # Whatever kills every worker that takes it up must not go round for ever.
        _taken(blank, trial, new_worker_key())
        recover(blank, table(trial))
        assert desk.find_job(blank, WHOLE, job.job_id).state == "failed"


def test_a_job_of_a_worker_that_lives_is_left_alone_however_long_it_says_nothing(blank: Database) -> None:
    trial, key = kind("trial", echo), new_worker_key()
    job = desk.submit(blank, WHOLE, trial, Number(1))
    with present(blank, key):
        _taken(blank, trial, key)
        with blank.owner_engine() as engine, engine.begin() as owner:
            owner.execute(text("set local gridmap.scope_lo = 0"))
            owner.execute(text(f"set local gridmap.scope_hi = {WHOLE.hi}"))
            changed = owner.execute(text("update gridmap.jobs set heartbeat_at = now() - interval '1 day'"))
            assert changed.rowcount == 1
        assert recover(blank, table(trial)) == 0
        assert desk.find_job(blank, WHOLE, job.job_id).state == "running"
    assert recover(blank, table(trial)) == 1


def test_a_worker_whose_job_was_taken_from_it_neither_goes_on_nor_ends_it(blank: Database) -> None:
    kept: list[int] = []

    def robbed(asked: Number, work: Work) -> Outcome:
        work.tell("read", 0, 2)
        # It runs without being there, as after the database was started again.
        recover(blank, table(trial))
        work.tell("plan", 1, 2)
        kept.append(asked.n)
        return Outcome()

    trial = kind("trial", robbed, repeatable=True)
    job = desk.submit(blank, WHOLE, trial, Number(1))
    Worker(blank, table(trial)).run_next()
    assert kept == []
    assert desk.find_job(blank, WHOLE, job.job_id).state == "queued"


@pytest.mark.parametrize(("repeatable", "state"), [(True, "queued"), (False, "failed")])
def test_a_worker_that_ends_in_order_puts_its_job_back_or_says_why_it_ended(
    blank: Database, repeatable: bool, state: str
) -> None:
    trial = kind("trial", Steady(), repeatable=repeatable)
    job = desk.submit(blank, WHOLE, trial, Number(1))
    with working(blank, table(trial)):
        until(blank, job, "running")
    found = desk.find_job(blank, WHOLE, job.job_id)
    assert found.state == state
    assert found.worker_key is None
    assert (found.problem.code if found.problem else None) == (None if repeatable else "job-server-ended")


def test_a_scope_sees_cancels_and_works_within_only_what_is_its_own(blank: Database) -> None:
    here, there = (Scope.of_grid(make_key(town)) for town in (330681109, 330681110))
    seen: list[Scope] = []
    trial = kind("trial", lambda _, work: (seen.append(work.scope), Outcome())[1])
    mine, other, whole = (desk.submit(blank, s, trial, Number()) for s in (here, there, WHOLE))
    assert [job.job_id for job in desk.list_jobs(blank, here)] == [mine.job_id]
    for job in (other, whole):
        for look in (desk.find_job, desk.cancel_job, desk.job_file):
            with pytest.raises(NotFound):
                look(blank, here, job.job_id)
    worker = Worker(blank, table(trial))
    while worker.run_next():
        pass
    assert seen == [here, there, WHOLE]


def test_a_worker_that_has_done_its_share_ends_and_leaves_the_rest_to_others(blank: Database) -> None:
    trial = kind("trial", echo)
    jobs = [desk.submit(blank, WHOLE, trial, Number()) for _ in range(3)]
    Worker(blank, table(trial), most=2).run()
    assert [desk.find_job(blank, WHOLE, job.job_id).state for job in jobs] == ["done", "done", "queued"]
    with working(blank, table(trial)):
        until(blank, jobs[2], "done")


def test_a_file_is_kept_until_its_job_is_old(blank: Database) -> None:
    def write(_asked: Number, work: Work) -> Outcome:
        file = work.folder / "found.csv"
        file.write_text("a,b\n", "utf-8")
        return Outcome({"rows": 1}, file)

    def fail(_asked: Number, work: Work) -> Outcome:
        (work.folder / "half.csv").write_text("a", "utf-8")
        raise InvalidInput("no", "不行。", "No.")

    kinds = kind("write", write), kind("fail", fail), kind("echo", echo)
    wrote, failed, without = (desk.submit(blank, WHOLE, one, Number()) for one in kinds)
    with pytest.raises(Conflict) as early:
        desk.job_file(blank, WHOLE, wrote.job_id)
    assert early.value.code == "job-not-done"
    worker = Worker(blank, table(*kinds))
    while worker.run_next():
        pass
    home, now = blank.settings.home, dt.datetime.now(dt.UTC)
    assert desk.job_file(blank, WHOLE, wrote.job_id).read_text("utf-8") == "a,b\n"
    assert not job_folder(home, failed.job_id).exists()
    with pytest.raises(NotFound):
        desk.job_file(blank, WHOLE, without.job_id)
    stray = job_folder(home, "stray")
    stray.mkdir()
    assert remove_old_jobs(blank, now) == 0
    assert job_folder(home, wrote.job_id).exists()
    assert not stray.exists()
    assert remove_old_jobs(blank, now + dt.timedelta(days=blank.settings.job_days, minutes=1)) == 3
    assert not job_folder(home, wrote.job_id).exists()
    with pytest.raises(NotFound):
        desk.find_job(blank, WHOLE, wrote.job_id)


def test_a_job_s_number_can_be_copied_from_the_list_to_the_next_command(
    blank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [desk.submit(blank, WHOLE, SITING, SitingRequest()) for _ in range(3)]
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(main, ["jobs", "list"], env=environment_of(blank))
    assert done.exit_code == 0, done.output
    for job in jobs:
        assert job.job_id in done.output
