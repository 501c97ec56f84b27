"""What the town settles of its cases: its limits, its days off, whether photos are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.cases.limits import LimitTable
from gridmap.domain.terms import LONGEST
from gridmap.errors import InvalidInput
from gridmap.services.cases import limits, photos
from web.api.cases.case_schemas import LimitsAnswer
from web.api.schemas import Nothing, Problem, Strict
from web.context import actor, database

bp = APIBlueprint(
    "town_rules",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="town rules", description="期限、工作日历、照片: what the town settles of its cases")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class LimitsRequest(Strict):
    """Limits that are to be in force: one of the two."""

    preset: str | None = Field(
        None, max_length=LONGEST["key"], description="A table that comes with the program."
    )
    file: dict[str, Any] | None = Field(None, description="What a file of limits holds.")
    seen: str | None = Field(
        None,
        max_length=LONGEST["key"],
        description="`mark` of the limits that were looked at; 409 with both versions where others are in force.",
    )


class UndoLimitsRequest(Strict):
    """Whose limits are taken back."""

    seen: str | None = Field(
        None,
        max_length=LONGEST["key"],
        description="`mark` of the limits that were looked at; 409 with both versions where others are in force.",
    )


class PhotosRequest(Strict):
    """Whether the town allows photos of cases."""

    allowed: bool


class PhotosAllowed(BaseModel):
    """Whether the town allows photos of cases."""

    allowed: bool


@bp.get("/cases/limits", responses={200: LimitsAnswer})
def get_limits(query: Nothing) -> Mapping[str, object]:  # noqa: ARG001 - refuses parameters
    """Return the limits in force, with the town's calendar."""
    return _answer(limits.show(database()))


@bp.put("/cases/limits", responses={200: LimitsAnswer})
def put_limits(body: LimitsRequest) -> Mapping[str, object]:
    """Put limits in force; cases keep those that they were given before."""
    if (body.preset is None) == (body.file is None):
        raise InvalidInput(
            "limits-which", "请给出 preset 或 file 其中一项。", "Give either preset or file, and one alone."
        )
    if body.file is not None:
        # What was answered here may be sent back as it is: its own mark says what was looked at.
        told = {name: value for name, value in body.file.items() if name != "mark"}
        seen = body.seen or str(body.file.get("mark") or "") or None
        return _answer(limits.put(database(), actor(), told, "file", seen=seen))
    return _answer(limits.load(database(), actor(), str(body.preset), seen=body.seen))


@bp.post("/cases/limits/undo", responses={200: LimitsAnswer})
def undo_limits(body: UndoLimitsRequest) -> Mapping[str, object]:
    """Put the limits from before the last change in force again. Another's change since `seen` is a conflict (409)."""
    return _answer(limits.take_back(database(), actor(), seen=body.seen))


def _answer(table: LimitTable) -> dict[str, object]:
    return table.as_dict() | {"mark": table.mark}


@bp.get("/cases/photos", responses={200: PhotosAllowed})
def get_photos_allowed(query: Nothing) -> dict[str, bool]:  # noqa: ARG001 - refuses parameters
    """Tell whether the town allows photos of cases."""
    return {"allowed": photos.are_allowed(database())}


@bp.put("/cases/photos", responses={200: PhotosAllowed})
def put_photos_allowed(body: PhotosRequest) -> dict[str, bool]:
    """Allow photos of cases, or end that; those that there are stay."""
    photos.allow(database(), actor(), allowed=body.allowed)
    return {"allowed": body.allowed}
