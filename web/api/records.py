"""Single records put right, moved, merged and withdrawn, and every import and act with its way back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.terms import LONGEST
from gridmap.services import single_records
from gridmap.services.house import HISTORY_KINDS
from gridmap.services.imports import acts, history
from gridmap.storage.imports.runs import KeptRun
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "single",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="records", description="单条记录与导入: single records, imports and the way back")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)

Kind = Literal["teams", "organisations", "migrants", "fixed_points", "grids"]
Code = Annotated[str, Field(min_length=1, max_length=LONGEST["code"])]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST["reason"], description="Why; it is kept.")]


class KindPath(BaseModel):
    """A kind of record."""

    kind: Kind


class RecordPath(BaseModel):
    """A record by its code; a grid by its key."""

    kind: Kind
    code: Code


class ImportPath(BaseModel):
    """An import or act by its number."""

    import_id: int = Field(ge=1, le=2**63 - 1)


class WordsQuery(Strict):
    """Which records."""

    q: str = Field("", max_length=LONGEST["words"], description="Words of the code or name.")


class ManyQuery(Strict):
    """How many."""

    limit: int = Field(50, ge=1, le=500)


class FieldsRequest(Strict):
    """What is put right, and why."""

    fields: dict[Code, Annotated[str, Field(max_length=LONGEST["note"])]] = Field(
        min_length=1,
        max_length=LONGEST["code"],
        description="Field to text as a person writes it; an empty one empties the field, but for a grid's.",
    )
    reason: Reason
    seen: str | None = Field(
        None, max_length=64, description="The version that was read: another one since is a 409."
    )


class NewRequest(Strict):
    """A new record, and why."""

    code: Code
    fields: dict[Code, Annotated[str, Field(max_length=LONGEST["note"])]] = Field(
        min_length=1,
        max_length=LONGEST["code"],
        description="Field to text as a person writes it; what is not there has its usual value.",
    )
    reason: Reason


class MergeRequest(Strict):
    """Which record is merged into this one, and why."""

    other: Code
    reason: Reason


class WhyRequest(Strict):
    """Why."""

    reason: Reason


class RecordsAnswer(BaseModel):
    """Records in force, and those that are withdrawn."""

    records: list[dict[str, object]]
    withdrawn: list[dict[str, object]]


class RecordAnswer(BaseModel):
    """A record with its version."""

    fields: dict[str, object]
    version: str


class ActAnswer(BaseModel):
    """Number of what was done, under which it is listed and taken back."""

    import_id: int


class ImportAnswer(BaseModel):
    """An import or act, and what it did."""

    import_id: int
    at: str
    what: str = Field(description="Name of its records, such as incidents.")
    file: str
    post: str | None
    act: str | None
    code: str | None
    reason: str | None
    inserted: int
    updated: int
    unchanged: int
    refused: int
    undone_at: str | None
    undone_why: str | None


class ImportsAnswer(BaseModel):
    """Imports and acts, the newest first."""

    imports: list[ImportAnswer]


class UndoneAnswer(BaseModel):
    """What was taken back."""

    restored: int = Field(description="Rows that are as before.")
    withdrawn: int = Field(description="Rows that it had brought.")
    left: list[str] = Field(description="Records that have changed since, and stay as they are.")


def _plain(row: dict[str, object]) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, value in row.items():
        if name.endswith("_key") and value is not None:
            out[name] = str(value)
        elif value is None or isinstance(value, str | int | float | bool):
            out[name] = value
        else:
            out[name] = value.isoformat() if isinstance(value, dt.date) else str(value)
    return out


def _import(run: KeptRun) -> dict[str, object]:
    return {
        "import_id": run.run_id,
        "at": run.at.isoformat(),
        "what": run.noun,
        "file": run.file_name,
        "post": run.post,
        "act": run.act,
        "code": run.key,
        "reason": run.reason,
        "inserted": run.inserted,
        "updated": run.updated,
        "unchanged": run.unchanged,
        "refused": run.refused,
        "undone_at": run.undone_at.isoformat() if run.undone_at else None,
        "undone_why": run.undone_why,
    }


@bp.get("/records/<string:kind>", responses={200: RecordsAnswer})
def list_records(path: KindPath, query: WordsQuery) -> dict[str, object]:
    """List the records of a kind, at most 500, and those that are withdrawn."""
    rows, gone = single_records.listed(database(), actor(), path.kind, query.q.strip())
    return {
        "records": [_plain(row) for row in rows],
        "withdrawn": [{"code": one.key, "at": one.at.isoformat(), "why": one.why} for one in gone],
    }


@bp.post("/records/<string:kind>", responses={201: ActAnswer})
def add_record(path: KindPath, body: NewRequest) -> tuple[dict[str, int], int]:
    """Enter a new fixed point; records of other kinds are brought in by files."""
    done = single_records.add(database(), actor(), path.kind, body.code, body.fields, body.reason)
    return {"import_id": done}, 201


@bp.get("/records/<string:kind>/<path:code>", responses={200: RecordAnswer})
def get_record(path: RecordPath, query: Nothing) -> dict[str, object]:  # noqa: ARG001 - refuses parameters
    """Return a record in force with the version that `change` compares."""
    found = single_records.find(database(), actor(), path.kind, path.code)
    return {"fields": _plain(found.row), "version": found.version}


@bp.post("/records/<string:kind>/<path:code>/change", responses={200: ActAnswer})
def change_record(path: RecordPath, body: FieldsRequest) -> dict[str, int]:
    """Put fields of a record right, or move it."""
    done = single_records.change(
        database(), actor(), path.kind, path.code, body.fields, body.reason, seen=body.seen
    )
    return {"import_id": done}


@bp.post("/records/<string:kind>/<path:code>/merge", responses={200: ActAnswer})
def merge_record(path: RecordPath, body: MergeRequest) -> dict[str, int]:
    """Merge another record into this one: what it lacks it gets, and the other is withdrawn."""
    kind = single_records.kind_of(path.kind)
    return {"import_id": acts.merge(database(), actor(), kind, path.code, body.other, body.reason)}


@bp.post("/records/<string:kind>/<path:code>/withdraw", responses={200: ActAnswer})
def withdraw_record(path: RecordPath, body: WhyRequest) -> dict[str, int]:
    """Withdraw a record: kept and marked."""
    kind = single_records.kind_of(path.kind)
    return {"import_id": acts.withdraw(database(), actor(), kind, path.code, body.reason)}


@bp.post("/records/<string:kind>/<path:code>/restore", responses={200: ActAnswer})
def restore_record(path: RecordPath, body: WhyRequest) -> dict[str, int]:
    """Put a withdrawn record back into force."""
    kind = single_records.kind_of(path.kind)
    return {"import_id": acts.restore(database(), actor(), kind, path.code, body.reason)}


@bp.get("/imports", responses={200: ImportsAnswer})
def list_imports(query: ManyQuery) -> dict[str, object]:
    """List imports and acts, the newest first."""
    return {"imports": [_import(r) for r in history.list_imports(database(), scope(), limit=query.limit)]}


@bp.post("/imports/<int:import_id>/undo", responses={200: UndoneAnswer})
def undo_import(path: ImportPath, body: WhyRequest) -> dict[str, object]:
    """Take an import or act back: changed rows are as before, new ones are withdrawn."""
    done = history.undo_import(database(), actor(), HISTORY_KINDS, path.import_id, body.reason)
    return {"restored": done.restored, "withdrawn": done.removed, "left": [key for key, _, _ in done.left]}
