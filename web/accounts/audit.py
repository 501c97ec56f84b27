"""The audit, for the auditor and the supervisor."""

from __future__ import annotations

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from gridmap.services.accounts import audit, desk
from gridmap.services.ground.places import names_of
from web.accounts.blueprint import bp, show
from web.context import actor, database, scope

_PAGE = 100


class AuditQuery(BaseModel):
    """Which rows."""

    model_config = ConfigDict(extra="ignore")

    post: str = Field("", max_length=100)
    action: str = Field("", max_length=100)
    before: int | None = Field(None, ge=1, le=2**62)
    check: bool = False


@bp.get("/audit/terms")
def list_terms() -> Response:
    """Answer the record of handovers: from when until when each holder had a post."""
    return show(
        "accounts/terms.html",
        terms=desk.list_terms(database(), actor()),
        grids=names_of(database(), scope()),
    )


@bp.get("/audit")
def show_audit() -> Response:
    """Answer rows, newest first; with ``check`` whether the chain is whole, too."""
    asked = AuditQuery.model_validate({k: v for k, v in request.args.items() if v})
    rows = audit.list_entries(
        database(),
        limit=_PAGE + 1,
        before=asked.before,
        post=asked.post or None,
        action=asked.action or None,
    )
    return show(
        "accounts/audit.html",
        rows=rows[:_PAGE],
        older=rows[_PAGE - 1].seq if len(rows) > _PAGE else None,
        asked=asked,
        head=audit.head(database()),
        verdict=audit.verify(database()) if asked.check else None,
    )
