"""What requests about cases may hold, and the shapes of the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gridmap.domain import terms
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import Decision, NewCase, StepAsked
from gridmap.domain.terms import LONGEST
from web.api.cases.place_schemas import KeyText, Short, SpotSaid
from web.api.schemas import Described, Name, Strict, asked


class KeyHeader(Described):
    """The key of an act: told twice, it is done once."""

    model_config = ConfigDict(populate_by_name=True)

    key: str = Field(alias="Idempotency-Key", description="A new UUID for each act.")


class MaybeKeyHeader(Described):
    """The key of an act, where one is told."""

    model_config = ConfigDict(populate_by_name=True)

    key: str | None = Field(
        None, alias="Idempotency-Key", description="A new UUID for each act; told twice, it is done once."
    )


class NumberPath(BaseModel):
    """A case, by its number for life or its source's number."""

    number: str = Field(max_length=LONGEST["number"])


class SearchQuery(Strict):
    """What is searched for."""

    q: str = Field(
        min_length=1, max_length=LONGEST["words"], description="A number, or words of summary or place."
    )
    limit: int = Field(50, ge=1, le=200)


class CaseRequest(Strict):
    """A case as it is recorded."""

    domain: Short
    kind: Short | None = None
    occurred_at: dt.datetime
    reported_at: dt.datetime | None = None
    summary: str = Field(min_length=1, max_length=LONGEST["summary"])
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = asked(terms.ACCURACY, optional=True)
    crs: Short | None = Field(None, description="gcj02, bd09 or an EPSG code; EPSG:4326 without.")
    grid_key: KeyText | None = Field(None, description="A grid that a person chose.")
    grid_reason: str | None = Field(None, max_length=LONGEST["place"])
    place: str | None = Field(None, max_length=LONGEST["place"])
    scale: Short | None = None
    channel: Short | None = None
    found_by: Short | None = None
    people_count: int | None = asked(terms.PEOPLE, optional=True)
    sum_band: Short | None = None
    severity: int | None = asked(terms.SEVERITY, optional=True)
    risk: Short = "green"
    risk_grounds: list[Short] = Field(default_factory=list, max_length=10)
    committee_is_party: bool = False
    reporter_hidden: bool = False
    code_system: Short | None = None
    number_of_source: str | None = Field(None, max_length=LONGEST["number"])
    linked_to: str | None = Field(None, max_length=LONGEST["number"])

    def asked(self) -> NewCase:
        """Return what the services take."""
        values = self.model_dump() | {"risk_grounds": tuple(self.risk_grounds)}
        values["grid_key"] = None if self.grid_key is None else int(self.grid_key)
        return NewCase(**values)


class DecisionRequest(Strict):
    """What a conference decided."""

    text: str = Field(min_length=1, max_length=LONGEST["agreed"])
    due_on: dt.date
    body_code: Short | None = None


class StepSaid(Strict):
    """A step."""

    action: Action
    at: dt.datetime | None = None
    to_grid_key: KeyText | None = None
    to_body: Short | None = None
    ground: Short | None = None
    until: dt.datetime | None = None
    outcome: Short | None = None
    method: Short | None = None
    agreement: Short | None = None
    fulfilled: Short | None = None
    note: str | None = Field(None, max_length=LONGEST["note"])
    corrects: int | None = None
    risk: Short | None = None
    risk_grounds: list[Short] = Field(default_factory=list, max_length=10)
    lead: Short | None = None
    bodies: list[Short] = Field(default_factory=list, max_length=30)
    decisions: list[DecisionRequest] = Field(default_factory=list, max_length=50)
    again: bool | None = None
    satisfied: bool | None = None
    linked_to: str | None = Field(None, max_length=LONGEST["number"])
    reporter_hidden: bool | None = None

    def asked(self) -> StepAsked:
        """Return what the services take."""
        values = self.model_dump(exclude={"revision", "decisions", "spot"})
        values |= {
            "risk_grounds": tuple(self.risk_grounds),
            "bodies": tuple(self.bodies),
            "decisions": tuple(Decision(d.text, d.due_on, d.body_code) for d in self.decisions),
            "to_grid_key": None if self.to_grid_key is None else int(self.to_grid_key),
        }
        return StepAsked(**values)


class StepRequest(StepSaid):
    """A step, and the revision of the case that whoever acts has seen."""

    revision: int = Field(ge=0)
    spot: SpotSaid | None = Field(None, description="Puts the case's place right with the step.")

    def asked(self) -> StepAsked:
        """Return what the services take."""
        if self.spot is None:
            return super().asked()
        return replace(super().asked(), spot=self.spot.asked())


class SeenCase(Strict):
    """A case as whoever acts has seen it."""

    number: str = Field(max_length=LONGEST["number"])
    revision: int = Field(ge=0)


class StepsRequest(Strict):
    """One step in many cases."""

    cases: list[SeenCase] = Field(min_length=1, max_length=50)
    step: StepSaid


class Outcomes(BaseModel):
    """What became of each case: its revision after the step, or why it was refused."""

    cases: list[Mapping[str, object]]


class UndoRequest(Strict):
    """The revision of the case that whoever takes a step back has seen."""

    revision: int = Field(ge=0)


class ToldRequest(Strict):
    """What is told of a case, all of it as it is right."""

    revision: int = Field(ge=0)
    reason: str = Field(min_length=1, max_length=LONGEST["reason"])
    told: CaseRequest


class MergeRequest(Strict):
    """The case that goes, and why."""

    other: str = Field(max_length=LONGEST["number"])
    reason: str = Field(min_length=1, max_length=LONGEST["reason"])


class TasksQuery(Strict):
    """Which tasks."""

    number: str | None = Field(None, max_length=LONGEST["number"])
    kind: str | None = Field(None, max_length=LONGEST["codes"], description="Kinds, separated by commas.")
    until: dt.date | None = None
    open: bool = True
    limit: int = Field(200, ge=1, le=1000)


class TaskPath(BaseModel):
    """A task."""

    task_id: int = Field(ge=1, le=2**62)


class TaskRequest(Strict):
    """Something that a grid is to do by a day."""

    kind: Literal["follow_up", "visit", "decision", "household_visit", "risk_review", "confirmation"]
    grid_key: KeyText
    due_on: dt.date
    text: str = Field(min_length=1, max_length=LONGEST["agreed"])
    number: str | None = Field(None, max_length=LONGEST["number"])
    post: Short | None = None
    body_code: Short | None = None
    origin: Short | None = Field(None, description="As hotspot 12/3 or screening 4.")
    reason: Short | None = Field(None, description="Of a household visit: why.")


class DoneRequest(Strict):
    """What came of a task."""

    result: str = Field(min_length=1, max_length=LONGEST["result"])


class RoundPath(BaseModel):
    """A round of screening."""

    round_id: int = Field(ge=1, le=2**62)


class RoundRequest(Strict):
    """A round of screening for every grid of a level under one root."""

    name: str = Field(min_length=1, max_length=LONGEST["round"])
    root_key: KeyText
    level: int = Field(3, ge=1, le=4)
    begins_on: dt.date
    ends_on: dt.date
    text: str | None = Field(None, max_length=LONGEST["round_text"])


class AnswerRequest(Strict):
    """What a grid answers."""

    grid_key: KeyText
    answer: Literal["done", "nothing", "found"]
    n: int = asked(terms.FOUND)


class CaseLine(BaseModel):
    """A case as a line of a list."""

    number: str
    incident_id: int
    uid: str
    domain: str
    kind: str | None
    summary: str | None
    place: str | None
    grid_key: str
    handler_key: str
    body_code: str | None
    awaiting_key: str | None
    awaiting_body: str | None
    stage: str
    risk: str
    occurred_at: dt.datetime
    due_at: dt.datetime | None
    closed_at: dt.datetime | None
    deferred: bool
    reopened: int
    outcome: str | None
    revision: int
    lon: float | None
    lat: float | None
    sealed: bool
    reporter_hidden: bool


class CaseLines(BaseModel):
    """Cases."""

    cases: list[CaseLine]


class TaskLine(BaseModel):
    """A task."""

    task_id: int
    kind: str
    number: str | None
    grid_key: str
    body_code: str | None
    post: str | None
    due_on: dt.date
    text: str
    made_by: str
    done_at: dt.datetime | None
    result: str | None
    done_by: str | None
    sealed: bool = False


class TaskLines(BaseModel):
    """Tasks, those due first before others."""

    tasks: list[TaskLine]


class CaseAnswer(BaseModel):
    """A case whole: its line, what was told, its state, steps, what may follow, tasks, bodies and similar cases."""

    row: CaseLine
    told: Mapping[str, object]
    state: Mapping[str, object]
    steps: list[Mapping[str, object]]
    lawful: list[Mapping[str, object]]
    barred: list[str]
    tasks: list[TaskLine]
    bodies: list[Mapping[str, object]]
    similar: list[Mapping[str, object]]
    times: dict[str, dt.datetime | None]
    undo_until: dt.datetime | None
    closed: bool
    duplicates_linked: list[str]
    body_kind: str | None
    co_body_kinds: list[str]


class Lists(BaseModel):
    """The closed lists of the desk, by name."""

    lists: dict[str, list[Name]]


class LimitsAnswer(BaseModel):
    """The limits in force."""

    name_zh: str
    name_en: str
    source: str
    calendar: Mapping[str, object]
    rules: list[Mapping[str, object]]
    mark: str


class RoundLine(BaseModel):
    """A round."""

    round_id: int
    name: str
    text: str | None
    level: int
    root_key: str
    begins_on: dt.date
    ends_on: dt.date
    made_by: str


class Rounds(BaseModel):
    """Rounds, the newest first."""

    rounds: list[RoundLine]


class BoardLine(BaseModel):
    """One grid of a round; `answer` is null until it has answered."""

    grid_key: str
    name_zh: str
    name_en: str
    answer: str | None
    n: int | None
    post: str | None
    at: dt.datetime | None


class Board(BaseModel):
    """A round with its answers."""

    round: RoundLine
    lines: list[BoardLine]
    answered: int
    nothing: int
    found: int
