"""The case desk: record, find, act, take back; tasks; rounds of screening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gridmap.domain.cases import lists
from gridmap.domain.cases.model import Case, CaseRow, TaskRow
from gridmap.domain.codes import Code
from gridmap.services.cases import bulk, desk, edits, intake, screening, tasks, where
from gridmap.services.cases.bulk import Chosen
from gridmap.services.cases.screening import ScreeningBoard, ScreeningLine, ScreeningRound
from web.api.cases.case_schemas import (
    AnswerRequest,
    Board,
    BoardLine,
    CaseAnswer,
    CaseLines,
    CaseRequest,
    DoneRequest,
    KeyHeader,
    Lists,
    MaybeKeyHeader,
    MergeRequest,
    NumberPath,
    Outcomes,
    RoundLine,
    RoundPath,
    RoundRequest,
    Rounds,
    SearchQuery,
    StepRequest,
    StepsRequest,
    TaskLine,
    TaskLines,
    TaskPath,
    TaskRequest,
    TasksQuery,
    ToldRequest,
    UndoRequest,
)
from web.api.cases.place_schemas import PointAnswer, PointQuery
from web.api.schemas import Nothing, Problem
from web.context import actor, database, scope

bp = APIBlueprint(
    "cases",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="cases", description="事件办理: recorded, passed on, mediated, ended, followed up")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


@dataclass(frozen=True, slots=True)
class Found:
    """Cases as lines."""

    cases: list[CaseRow]


@dataclass(frozen=True, slots=True)
class ClosedLists:
    """The closed lists by name."""

    lists: dict[str, tuple[Code, ...]]


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks as lines."""

    tasks: list[TaskRow]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one of several cases; the error where it was refused."""

    number: str
    revision: int | None
    refused: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class AllDone:
    """What became of each."""

    cases: list[Done]


@dataclass(frozen=True, slots=True)
class AllRounds:
    """Rounds of screening."""

    rounds: list[ScreeningRound]


@bp.get("/cases", responses={200: CaseLines})
def search_cases(query: SearchQuery) -> Found:
    """Find cases by number (an exact one alone), by its beginning, or by words of summary or place."""
    return Found(desk.search(database(), scope(), query.q, limit=query.limit))


@bp.post("/cases", responses={201: CaseAnswer})
def record_case(header: KeyHeader, body: CaseRequest) -> tuple[Case, int]:
    """Take a case in; the same Idempotency-Key gives the same case."""
    return intake.record(database(), actor(), body.asked(), header.key), 201


@bp.post("/cases/duplicates", responses={200: CaseLines})
def list_duplicates(body: CaseRequest) -> Found:
    """List open cases near in place, time and kind. A person decides whether they are the same matter."""
    return Found(intake.duplicates(database(), scope(), body.asked()))


@bp.get("/cases/lists", responses={200: Lists})
def get_lists(query: Nothing) -> ClosedLists:  # noqa: ARG001 - refuses parameters
    """Return the closed lists: grounds, outcomes, methods, bands, kinds of bodies and tasks."""
    return ClosedLists({name: lists.choices(name) for name in lists.names()})


@bp.get("/cases/tasks", responses={200: TaskLines})
def list_tasks(query: TasksQuery) -> Tasks:
    """List tasks, those due first before others."""
    kinds = tuple(kind for kind in (query.kind or "").split(",") if kind)
    found = tasks.list_tasks(
        database(),
        scope(),
        number=query.number,
        kinds=kinds,
        until=query.until,
        is_open=query.open,
        limit=query.limit,
    )
    return Tasks(found)


@bp.post("/cases/tasks", responses={201: TaskLine})
def make_task(header: MaybeKeyHeader, body: TaskRequest) -> tuple[TaskRow, int]:
    """Give a grid something to do by a day, such as a visit after a finding."""
    given = body.model_dump() | {"grid_key": int(body.grid_key)}
    return tasks.make(database(), actor(), **given, key=header.key), 201


@bp.post("/cases/tasks/<int:task_id>/done", responses={200: TaskLine})
def finish_task(path: TaskPath, body: DoneRequest) -> TaskRow:
    """Mark a task as done, with its result."""
    return tasks.finish(database(), actor(), path.task_id, body.result)


@bp.get("/cases/point", responses={200: PointAnswer})
def find_point(query: PointQuery) -> Mapping[str, object]:
    """Say where a coordinate of any system lies, before anything is kept of it."""
    found = where.propose(
        database(),
        query.lon,
        query.lat,
        source_crs=query.crs or "EPSG:4326",
        accuracy_m=query.accuracy_m or 0.0,
    )
    keys = [str(key) for key in found.grid_keys]
    return {"lon": found.lon, "lat": found.lat, "grid_keys": keys, "confirm": found.confirm}


@bp.get("/cases/<path:number>", responses={200: CaseAnswer})
def get_case(path: NumberPath, query: Nothing) -> Case:  # noqa: ARG001 - refuses parameters
    """Return a case whole, with what may be done next and with which fields; a sealed one `closed`."""
    return desk.find(database(), actor(), path.number)


@bp.post("/cases/<path:number>/open", responses={200: CaseAnswer})
def open_case(path: NumberPath, body: Nothing) -> Case:  # noqa: ARG001 - refuses fields
    """Open a sealed case: its text and place. Each opening leaves a row in the audit."""
    return desk.open_sealed(database(), actor(), path.number)


@bp.post("/cases/<path:number>/steps", responses={200: CaseAnswer})
def act(path: NumberPath, header: KeyHeader, body: StepRequest) -> Case:
    """Make a step. Another's step since `revision` is a conflict (409) that holds both versions."""
    return desk.act(database(), actor(), path.number, body.asked(), body.revision, header.key)


@bp.post("/cases/steps", responses={200: Outcomes})
def act_each(header: KeyHeader, body: StepsRequest) -> AllDone:
    """Make one step in up to 50 cases, each for itself: what is refused of one leaves the others."""
    chosen = [Chosen(c.number, c.revision) for c in body.cases]
    done = bulk.act_each(database(), actor(), chosen, body.step.asked(), header.key)
    return AllDone(
        [Done(one.number, one.revision, one.refused.as_dict() if one.refused else None) for one in done]
    )


@bp.post("/cases/<path:number>/told", responses={200: CaseAnswer})
def change(path: NumberPath, header: KeyHeader, body: ToldRequest) -> Case:
    """Put right what was told of a case, and its place: everything as it is right, with a reason."""
    return edits.change(
        database(), actor(), path.number, body.told.asked(), body.revision, body.reason, header.key
    )


@bp.post("/cases/<path:number>/merged", responses={200: CaseAnswer})
def merge(path: NumberPath, header: KeyHeader, body: MergeRequest) -> Case:
    """Merge another case, the same matter, into this one: it is withdrawn, kept and named here."""
    return edits.merge(database(), actor(), path.number, body.other, body.reason, header.key)


@bp.post("/cases/<path:number>/undo", responses={200: CaseAnswer})
def undo(path: NumberPath, body: UndoRequest) -> Case:
    """Take one's own newest step back within the minute."""
    return desk.undo(database(), actor(), path.number, body.revision)


@bp.get("/screening-rounds", responses={200: Rounds})
def list_rounds(query: Nothing) -> AllRounds:  # noqa: ARG001 - refuses parameters
    """List rounds of screening, the newest first."""
    return AllRounds(screening.rounds(database(), scope()))


@bp.post("/screening-rounds", responses={201: RoundLine})
def begin_round(body: RoundRequest) -> tuple[ScreeningRound, int]:
    """Begin a round for every grid of a level under one root."""
    given = body.model_dump() | {"root_key": int(body.root_key)}
    return screening.begin(database(), actor(), **given), 201


@bp.get("/screening-rounds/<int:round_id>", responses={200: Board})
def get_board(path: RoundPath, query: Nothing) -> ScreeningBoard:  # noqa: ARG001 - refuses parameters
    """Return a round with the answer of every grid; what is not answered is null, never nothing found."""
    return screening.board(database(), scope(), path.round_id)


@bp.post("/screening-rounds/<int:round_id>/answers", responses={200: BoardLine})
def answer(path: RoundPath, body: AnswerRequest) -> ScreeningLine:
    """Answer for a grid: done, nothing found, or so many found."""
    return screening.answer(database(), actor(), path.round_id, int(body.grid_key), body.answer, n=body.n)
