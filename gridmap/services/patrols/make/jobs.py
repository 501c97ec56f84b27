"""Plans as jobs: made, solved again with wishes, changed during the shift."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.services.jobs.kinds import JobKind, Outcome, Work
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.make.beats import BeatsRequest, make_beats
from gridmap.services.patrols.make.changed import Changed
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.services.patrols.make.plans import plan_patrols, solve_again
from gridmap.services.patrols.make.rosters import RosterRequest, make_week


@dataclass(frozen=True, slots=True)
class PlanAgain:
    """A kept plan is solved again; see :func:`gridmap.services.patrols.make.plans.solve_again`."""

    patrol_id: int
    locks: dict[str, str] | None = None
    leave_out: tuple[str, ...] | None = None
    seed: int | None = None
    seconds: float | None = None
    iterations: int | None = None


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """A kept plan is changed from a time on; see :func:`gridmap.services.patrols.make.changes.replan_patrol`."""

    patrol_id: int
    changed: Changed
    seed: int | None = None
    seconds: float | None = None
    iterations: int | None = None


def _plan(asked: PatrolRequest, work: Work) -> Outcome:
    made = plan_patrols(
        work.database, work.scope, asked, owner=work.owner, on_progress=work.tell, on_better=work.show
    )
    return Outcome({"number": int(made["patrol_id"])})


def _again(asked: PlanAgain, work: Work) -> Outcome:
    made = solve_again(
        work.database,
        work.scope,
        asked.patrol_id,
        locks=asked.locks,
        leave_out=asked.leave_out,
        seed=asked.seed,
        seconds=asked.seconds,
        iterations=asked.iterations,
        owner=work.owner,
        on_progress=work.tell,
    )
    return Outcome({"number": int(made["patrol_id"])})


def _change(asked: PlanChanged, work: Work) -> Outcome:
    made = replan_patrol(
        work.database,
        work.scope,
        asked.patrol_id,
        asked.changed,
        seed=asked.seed,
        seconds=asked.seconds,
        iterations=asked.iterations,
        owner=work.owner,
        on_progress=work.tell,
    )
    return Outcome({"number": int(made["patrol_id"])})


def _roster(asked: RosterRequest, work: Work) -> Outcome:
    made = make_week(work.database, work.scope, asked, owner=work.owner, on_progress=work.tell)
    return Outcome({"number": int(made["roster_id"])})


def _beats(asked: BeatsRequest, work: Work) -> Outcome:
    made = make_beats(work.database, asked, owner=work.owner, on_progress=work.tell)
    return Outcome({"beats": len(made["beats"])})


PATROL_PLAN = JobKind("patrol-plan", "巡防计划", "patrol plan", PatrolRequest, _plan)
PATROL_AGAIN = JobKind("patrol-again", "重新求解计划", "solving a plan again", PlanAgain, _again)
PATROL_CHANGE = JobKind(
    "patrol-change", "班次中调整计划", "changing a plan during its shift", PlanChanged, _change
)
ROSTER = JobKind("roster", "一周班表", "roster of a week", RosterRequest, _roster)
BEATS = JobKind("beats", "划分巡区", "division into beats", BeatsRequest, _beats)
