"""Whatever is done in a case, lawful or not, the state beside its steps is what they say; the table is the law."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import ENDED_STAGES, Action, Stage
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.lists import UNTOLD, choices, codes_of
from gridmap.domain.cases.model import Case, Opening, Step
from gridmap.domain.cases.rules import RULES
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput
from gridmap.services.cases import desk, intake
from gridmap.services.cases.refusals import CaseMovedOn
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases.rederive import differing
from gridmap.storage.database import Database
from gridmap.storage.models import Incident
from tests.conftest import MakeDatabase

BEGIN = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)
OPENER = Actor("镇值班", Role.TOWN_DESK, Scope.whole().for_upkeep())
TOWN, AREA = 33068110900000000, 33068110903000000
GRIDS = (TOWN, AREA, AREA + 290_000, AREA + 291_000)
ACTIONS = [a for a in Action if a not in {Action.ACCEPT, Action.WITHDRAW}]


def said(draw: Any, action: Action, now: dt.datetime) -> dict[str, Any]:
    """What a person may say with a step: mostly what it needs, sometimes too little or what is wrong."""
    line = RULES[action]
    out: dict[str, Any] = {}
    for name in (*line.needs, *line.takes):
        if draw(st.integers(0, 9)) == 0:
            continue
        if name in line.lists:
            codes = [c.code for c in choices(line.lists[name], untold=True)]
            out[name] = (
                (draw(st.sampled_from(codes)),) if name == "risk_grounds" else draw(st.sampled_from(codes))
            )
        elif name == "to_grid_key|to_body":
            key = draw(st.sampled_from(["to_grid_key", "to_body"]))
            out[key] = draw(st.sampled_from(GRIDS)) if key == "to_grid_key" else "O001"
        elif name == "until":
            out[name] = now + dt.timedelta(days=draw(st.integers(-2, 40)))
        elif name == "note":
            out[name] = "情况说明"
        elif name == "reporter_hidden":
            out[name] = draw(st.booleans())
        elif name == "bodies":
            out[name] = ("O001", "O002")
    return out


class Desk(RuleBasedStateMachine):
    """One case in the database, and a model that knows only the table."""

    database: Database
    made: ClassVar[Counter[str]]

    @initialize(kind=st.sampled_from(["02", "10"]), grounds=st.sampled_from([(), ("violence",), ("group",)]))
    def take_in(self, kind: str, grounds: tuple[str, ...]) -> None:
        new = NewCase(
            domain="dispute",
            kind=kind,
            occurred_at=BEGIN,
            summary="争议",
            grid_key=GRIDS[2],
            risk="red" if grounds else "green",
            risk_grounds=grounds,
        )
        self.now = BEGIN
        self.case = self.opened(intake.record(self.database, OPENER, new, uuid.uuid4(), now=self.now))
        self.done = 1

    def opened(self, case: Case) -> Case:
        """A case of violence is sealed: its steps are seen by whoever opens it."""
        return desk.open_sealed(self.database, OPENER, case.row.number, now=self.now)

    @rule(data=st.data(), hours=st.integers(0, 60))
    def do_what_is_offered(self, data: st.DataObject, hours: int) -> None:
        """Of what is drawn from all steps little is lawful; so some come from those that the case offers."""
        offered = [step.action for step in self.case.lawful if step.action in ACTIONS]
        if offered:
            self.act(data.draw(st.sampled_from(offered)), data, hours)

    @rule(action=st.sampled_from(ACTIONS), data=st.data(), hours=st.integers(0, 60))
    def do_anything(self, action: Action, data: st.DataObject, hours: int) -> None:
        self.act(action, data, hours)

    def act(self, action: Action, data: st.DataObject, hours: int) -> None:
        self.now += dt.timedelta(hours=hours, seconds=1)
        fields = said(data.draw, action, self.now)
        if action is Action.CORRECT:
            fields["corrects"] = data.draw(st.sampled_from([s.step_id for s in self.case.steps]))
        before = self.case
        allowed = before.state.stage in RULES[action].before
        try:
            self.case = self.opened(
                desk.act(
                    self.database,
                    OPENER,
                    before.row.number,
                    StepAsked(action, **fields),
                    before.row.revision,
                    uuid.uuid4(),
                    now=self.now,
                )
            )
        except (Conflict, InvalidInput, Forbidden, GridmapError):
            self.case = self.opened(before)
            assert (self.case.state, self.case.steps) == (before.state, before.steps)
            return
        assert allowed
        self.done += 1
        self.made[action.value] += 1
        after = RULES[action].after
        if isinstance(after, Stage):
            assert self.case.state.stage == after
        elif after == "same":
            assert self.case.state.stage == before.state.stage

    @rule(seconds=st.integers(0, 90))
    def undo(self, seconds: int) -> None:
        self.now += dt.timedelta(seconds=seconds)
        before = self.case
        try:
            self.case = self.opened(
                desk.undo(self.database, OPENER, before.row.number, before.row.revision, now=self.now)
            )
        except GridmapError:
            return
        self.done -= 1

    @rule()
    def come_too_late(self) -> None:
        with pytest.raises(CaseMovedOn):
            desk.act(
                self.database,
                OPENER,
                self.case.row.number,
                StepAsked(Action.NOTE, note="迟到"),
                self.case.row.revision - 1,
                uuid.uuid4(),
                now=self.now,
            )

    @invariant()
    def what_is_stored_is_what_the_steps_say(self) -> None:
        if not hasattr(self, "case"):
            return
        with self.database.scoped_session(OPENER.scope) as session:
            kept = stored.load(session, self.case.row.incident_id)
            assert list(differing(session, [self.case.row.incident_id])) == []
        assert kept.state == derive(kept.opening, kept.steps)
        live = [s for s in kept.steps if s.undone_at is None]
        assert len(live) == self.done
        state = kept.state
        assert (state.awaiting_key is not None) == (state.stage == Stage.TRANSFERRED)
        assert (state.closed_at is not None) == (state.stage in ENDED_STAGES)
        if state.stage == Stage.RESOLVED or (state.stage == Stage.ARCHIVED and state.solved_level):
            assert state.outcome in codes_of("outcome")
            assert state.outcome != UNTOLD
        signed = [s.to_grid_key for s in live if s.action in {"route", "transfer"}]
        assert state.handler_key in {TOWN, *signed}
        grounds: tuple[str, ...] = ()
        for step in live:
            assert not (step.action == "mediate" and "violence" in grounds)
            if "risk" in step.details:
                grounds = tuple(step.details.get("grounds", ()))
        assert state.risk_grounds == grounds
        assert {s.action for s in self.case.lawful} <= {
            a for a, line in RULES.items() if state.stage in line.before
        }


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("recorded")


def test_the_desk_keeps_to_the_table_whatever_is_asked_of_it(town: Database) -> None:
    class OfTown(Desk):
        database = town
        made: ClassVar[Counter[str]] = Counter()

    run_state_machine_as_test(
        OfTown,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    # Enough of it was lawful to have gone somewhere.
    assert len(OfTown.made) >= 6


def test_for_every_case_of_the_town_the_stored_state_is_what_its_steps_say(town: Database) -> None:
    with town.scoped_session(OPENER.scope) as session:
        ids = list(session.scalars(select(Incident.incident_id)))
        assert len(ids) > 7000
        assert list(differing(session, ids)) == []
        moved = session.scalars(
            select(Incident.incident_id).where(Incident.handler_key != Incident.grid_key)
        ).all()
    assert len(moved) > 700


def test_a_note_of_the_desk_does_not_open_what_its_source_has_told_to_be_closed() -> None:
    opening = Opening(GRIDS[2], BEGIN, "archived", None, BEGIN + dt.timedelta(days=3))
    told = [Step("accept", BEGIN, 1, told_by="source")]
    noted = Step("note", BEGIN + dt.timedelta(days=9), 2, note="已核")
    assert [derive(opening, steps).stage for steps in (told, [*told, noted])] == ["archived", "archived"]
    again = Step("reopen", BEGIN + dt.timedelta(days=10), 3, ground="again")
    assert derive(opening, [*told, noted, again]).stage == "accepted"


moments = st.integers(0, 400).map(lambda h: BEGIN + dt.timedelta(hours=h))
steps = st.lists(
    st.builds(
        Step,
        action=st.sampled_from([*[a.value for a in Action], "签收", "喝茶"]),
        at=moments,
        to_grid_key=st.sampled_from([None, *GRIDS]),
        until=st.none() | moments,
        outcome=st.sampled_from([None, "agreed"]),
        told_by=st.sampled_from(["desk", "source"]),
        undone_at=st.sampled_from([None, None, BEGIN]),
    ),
    max_size=12,
)


@given(
    told=steps,
    stage=st.sampled_from([None, *[s.value for s in Stage]]),
    due=st.none() | moments,
)
def test_whatever_the_steps_are_there_is_one_state(told: list[Step], stage: str | None, due: Any) -> None:
    told = sorted(told, key=lambda s: s.at)
    opening = Opening(GRIDS[2], BEGIN, stage, due, BEGIN if stage in ENDED_STAGES else None)
    state = derive(opening, told)
    assert state == derive(opening, list(told))
    assert state.stage in set(Stage)
    assert state.paused_s >= 0
    if state.stage == Stage.RESOLVED:
        assert state.outcome is not None
    assert state == derive(opening, [s for s in told if s.undone_at is None])
