"""The record of handovers: from when until when each holder had a post."""

from __future__ import annotations

import datetime as dt

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.domain.accounts import Role, Term
from gridmap.domain.terms import LONGEST
from gridmap.services.accounts import desk
from web.api.schemas import Problem, Strict
from web.context import actor, database

bp = APIBlueprint(
    "terms",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="posts", description="岗位: duties at a grid, handed over with dates")],
    abp_responses={403: Problem, 422: Problem, 503: Problem},
)


class TermsQuery(Strict):
    """Of which post; of every one in the scope by default."""

    post: str | None = Field(None, min_length=1, max_length=LONGEST["post"])


class TermAnswer(BaseModel):
    """One holder's time at a post; no name of a person is kept."""

    post: str
    role: Role
    grid_key: str
    valid_from: dt.date
    valid_to: dt.date | None = Field(description="Day of the handover; null for the present holder.")


class Terms(BaseModel):
    """Terms by post, the newest first."""

    terms: list[TermAnswer]


@bp.get("/posts/terms", responses={200: Terms})
def list_terms(query: TermsQuery) -> dict[str, object]:
    """List from when until when each holder had a post."""
    return {"terms": [_shown(term) for term in desk.list_terms(database(), actor(), query.post)]}


def _shown(term: Term) -> dict[str, str | None]:
    return {
        "post": term.post,
        "role": term.role.value,
        "grid_key": str(term.grid_key),
        "valid_from": term.valid_from.isoformat(),
        "valid_to": None if term.valid_to is None else term.valid_to.isoformat(),
    }
