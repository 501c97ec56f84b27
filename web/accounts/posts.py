"""Posts, for the administrator: added, given a role and a grid, locked, reset, handed over."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Response, request

from gridmap.domain.accounts import OPENING_ROLES, Role
from gridmap.domain.gridkey import UNASSIGNED
from gridmap.errors import GridmapError, InvalidInput
from gridmap.services.accounts import desk
from gridmap.services.ground.places import grid_of, names_of
from web.accounts.blueprint import bp, show
from web.context import actor, database, scope


def _page(failed: GridmapError | None = None, link: str | None = None, named: str = "") -> Response:
    return show(
        "accounts/posts.html",
        failed=failed,
        posts=desk.list_posts(database(), actor()),
        tokens=desk.list_tokens(database(), actor()),
        roles=list(Role),
        opening_roles=OPENING_ROLES,
        grids=names_of(database(), scope()),
        link=None if link is None else f"{request.host_url}enter/{link}",
        named=named,
        today=_today().isoformat(),
        given=request.form if failed else {},
    )


@bp.get("/posts")
def list_posts() -> Response:
    """Answer the page of posts."""
    return _page()


@bp.post("/posts")
def add_post() -> Response:
    """Add a post; the page shows the address with which its holder signs in first."""
    name = request.form.get("name", "")
    try:
        post, link = desk.add_post(database(), actor(), name, _role(), _grid(), _day())
    except GridmapError as error:
        return _page(error)
    return _page(link=link, named=post.name)


@bp.post("/posts/change")
def change_post() -> Response:
    """Change one post in one way, as the button says that was pressed."""
    name, what = request.form.get("name", ""), request.form.get("what", "")
    link: str | None = None
    try:
        if what == "role":
            desk.set_role(database(), actor(), name, _role())
        elif what == "scope":
            desk.set_grid(database(), actor(), name, _grid())
        elif what in {"sealed", "sealed_end"}:
            desk.name_for_sealed(database(), actor(), name, opens=what == "sealed")
        elif what == "lock":
            desk.lock(database(), actor(), name)
        elif what == "unlock":
            desk.unlock(database(), actor(), name)
        elif what == "reset":
            link = desk.reset(database(), actor(), name)
        elif what == "handover":
            link = desk.hand_over(database(), actor(), name, _day())
        elif what == "link":
            link = desk.make_link(database(), actor(), name)
        else:
            raise InvalidInput("post-change", "没有这项操作。", "There is no such change.")
    except GridmapError as error:
        return _page(error)
    return _page(link=link, named=name)


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise InvalidInput("post-role", "没有这个角色。", "There is no such role.") from None


def _grid() -> int:
    named = request.form.get("grid", "").strip()
    return UNASSIGNED if not named else grid_of(database(), scope(), named)


def _day() -> dt.date:
    given = request.form.get("on", "")
    try:
        return dt.date.fromisoformat(given) if given else _today()
    except ValueError:
        raise InvalidInput("post-day", "日期应形如 2026-11-28。", "A day looks like 2026-11-28.") from None


def _today() -> dt.date:
    return dt.datetime.now(ZoneInfo(database().settings.timezone)).date()
