"""Who may ask for what: every address of the server in one table, and one guard before all of them.

An endpoint that is not in the table is refused to everybody, and a test reads the table beside the application's own
map of addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, unquote

from flask import Response, g, redirect, request

from gridmap.domain.accounts import Actor, SignedIn
from gridmap.domain.legible import legible
from gridmap.domain.roles import Action, may, require
from gridmap.errors import Forbidden, InvalidInput, NotSignedIn
from gridmap.services.accounts import audit, desk, entry
from web.context import database
from web.door import variable_of

OPEN = frozenset(
    {
        "healthz",
        "static",
        "pages.built_file",
        "pages.favicon",
        "accounts.sign_in_page",
        "accounts.sign_in",
        "accounts.openid_begin",
        "accounts.openid_back",
        "accounts.enter",
        "accounts.enter_by_button",
    }
)
"""Answered to anybody: whether the server lives, the sign-in, and files that are the same everywhere."""

A = Action
ASKED: Mapping[str, Action] = MappingProxyType(
    {
        "pages.index": A.SEE_MAP,
        "pages.map_page": A.SEE_MAP,
        "live.revision": A.SEE_MAP,
        "desk.show": A.SEE_CASES,
        "desk.search": A.SEE_CASES,
        "bodies.show": A.SEE_CASES,
        "bodies.announce": A.ACT_ON_CASE,
        "bodies.call_off": A.ACT_ON_CASE,
        "card.show": A.SEE_SERVICES,
        "card.border": A.SEE_MAP,
        "card.board": A.SEE_COUNTS,
        "card.put_post": A.ACT_ON_CASE,
        "card.remove_post": A.ACT_ON_CASE,
        "card.put_volunteers": A.ACT_ON_CASE,
        "grid_posts.get_posts": A.SEE_SERVICES,
        "grid_posts.put_post": A.ACT_ON_CASE,
        "grid_posts.remove_post": A.ACT_ON_CASE,
        "grid_posts.put_volunteers": A.ACT_ON_CASE,
        "clinics.list_clinics": A.SEE_SERVICES,
        "clinics.announce_clinic": A.ACT_ON_CASE,
        "clinics.call_clinic_off": A.ACT_ON_CASE,
        "official.show": A.MAKE_FORMS,
        "official.hand_in": A.MAKE_FORMS,
        "official.cases": A.SEE_CASES,
        "official.file": A.MAKE_FORMS,
        "official.papers": A.ACT_ON_CASE,
        "forms.get_form": A.MAKE_FORMS,
        "forms.hand_in": A.MAKE_FORMS,
        "sources.show": A.IMPORT,
        "sources.make": A.IMPORT,
        "sources.run": A.IMPORT,
        "sources.remove": A.IMPORT,
        "sources.wizard": A.IMPORT,
        "sources.save": A.IMPORT,
        "ogc.landing": A.EXPORT,
        "ogc.conformance": A.EXPORT,
        "ogc.definition": A.EXPORT,
        "ogc.list_collections": A.EXPORT,
        "ogc.one_collection": A.EXPORT,
        "ogc.items": A.EXPORT,
        "ogc.one_item": A.EXPORT,
        "ogc.tile": A.EXPORT,
        "open311.services": A.EXPORT,
        "open311.requests": A.EXPORT,
        "open311.one": A.EXPORT,
        "bulk.act": A.ACT_ON_CASE,
        "bulk.undo": A.ACT_ON_CASE,
        "case.show": A.SEE_CASES,
        "case.qr": A.SEE_CASES,
        "case.new": A.RECORD_CASE,
        "case.record": A.RECORD_CASE,
        "case.grids": A.RECORD_CASE,
        "case.named_places": A.RECORD_CASE,
        "case.open_case": A.SEE_SEALED,
        "case.back_to_case": A.SEE_CASES,
        "case.act": A.ACT_ON_CASE,
        "case.undo": A.ACT_ON_CASE,
        "case.edit": A.ACT_ON_CASE,
        "case.change": A.ACT_ON_CASE,
        "case.merge": A.ACT_ON_CASE,
        "case.finish_task": A.ACT_ON_CASE,
        "brought.show": A.IMPORT,
        "brought.one": A.IMPORT,
        "brought.undo": A.IMPORT,
        "phone.begin": A.SEE_CASES,
        "phone.show": A.SEE_CASES,
        "phone.case": A.SEE_CASES,
        "phone.worker": A.SEE_CASES,
        "screening.show": A.SEE_CASES,
        "screening.board": A.SEE_CASES,
        "screening.sheet": A.SEE_CASES,
        "screening.qr": A.SEE_CASES,
        "screening.begin": A.ACT_ON_CASE,
        "screening.answer": A.ACT_ON_CASE,
        "town.show": A.SEE_COUNTS,
        "town.meaning": A.SEE_COUNTS,
        "town.wall": A.SEE_COUNTS,
        "route.show": A.SEE_PLANS,
        "handover.show": A.SEE_CASES,
        "handover.give": A.RECORD_CASE,
        "handover.take": A.RECORD_CASE,
        "openapi": A.SEE_MAP,
        "workspace.get_workspace": A.SEE_MAP,
        "grids.list_grids": A.SEE_MAP,
        "grids.get_grid": A.SEE_MAP,
        "tiles.ground_tile": A.SEE_MAP,
        "counts.get_counts": A.SEE_COUNTS,
        "counts.get_summary": A.SEE_COUNTS,
        "incidents.get_timeline": A.SEE_COUNTS,
        "incidents.list_incidents": A.SEE_CASES,
        "cases.search_cases": A.SEE_CASES,
        "cases.get_case": A.SEE_CASES,
        "cases.get_lists": A.SEE_CASES,
        "cases.get_limits": A.SEE_CASES,
        "cases.list_tasks": A.SEE_CASES,
        "cases.list_rounds": A.SEE_CASES,
        "cases.get_board": A.SEE_CASES,
        "cases.record_case": A.RECORD_CASE,
        "cases.list_duplicates": A.RECORD_CASE,
        "cases.open_case": A.SEE_SEALED,
        "cases.act": A.ACT_ON_CASE,
        "cases.act_each": A.ACT_ON_CASE,
        "cases.undo": A.ACT_ON_CASE,
        "cases.change": A.ACT_ON_CASE,
        "cases.merge": A.ACT_ON_CASE,
        "cases.make_task": A.ACT_ON_CASE,
        "cases.finish_task": A.ACT_ON_CASE,
        "cases.begin_round": A.ACT_ON_CASE,
        "cases.answer": A.ACT_ON_CASE,
        "incidents.get_incident": A.SEE_CASES,
        "tiles.incident_tile": A.SEE_CASES,
        "field.list_teams": A.SEE_TEAMS,
        "field.list_nearest": A.SEE_TEAMS,
        "field.get_track": A.SEE_TEAMS,
        "field.list_migrant_clusters": A.SEE_SERVICES,
        "field.list_organisations": A.SEE_SERVICES,
        "dispatch.list_dispatches": A.SEE_TEAMS,
        "dispatch.get_dispatch": A.SEE_TEAMS,
        "dispatch.list_times": A.SEE_TEAMS,
        "dispatch.rank_teams": A.SEND_TEAM,
        "dispatch.send_team": A.SEND_TEAM,
        "dispatch.mark_arrived": A.SEND_TEAM,
        "dispatch.cancel_dispatch": A.SEND_TEAM,
        "dispatch.finish_dispatch": A.SEND_TEAM,
        "coverage.get_coverage": A.SEE_TEAMS,
        "coverage.start_siting": A.PLACE_SERVICES,
        "hotspots.list_hotspot_runs": A.SEE_HOTSPOTS,
        "hotspots.get_hotspot_run": A.SEE_HOTSPOTS,
        "hotspots.compare_hotspot_runs": A.SEE_HOTSPOTS,
        "hotspots.export_hotspot_run": A.SEE_HOTSPOTS,
        "hotspots.start_hotspot_run": A.RUN_HOTSPOTS,
        "hotspots.delete_hotspot_run": A.RUN_HOTSPOTS,
        "patrols.list_patrol_plans": A.SEE_PLANS,
        "patrols.get_patrol_plan": A.SEE_PLANS,
        "patrols.compare_patrol_plans": A.SEE_PLANS,
        "patrols.export_patrol_plan": A.SEE_PLANS,
        "patrols.start_patrol_plan": A.PLAN_PATROLS,
        "patrols.start_patrol_replan": A.PLAN_PATROLS,
        "patrols.delete_patrol_plan": A.PLAN_PATROLS,
        "patrol-evidence.get_patrol_visits": A.SEE_PLANS,
        "patrol-evidence.get_live": A.SEE_PLANS,
        "patrol-evidence.get_effect": A.SEE_PLANS,
        "patrol-evidence.add_check_in": A.CHECK_IN,
        "patrol-evidence.delete_check_in": A.CHECK_IN,
        "jobs.list_jobs": A.SEE_JOBS,
        "jobs.get_job": A.SEE_JOBS,
        "jobs.cancel_job": A.SEE_JOBS,
        "jobs.get_job_file": A.SEE_JOBS,
        "workspace.get_export": A.EXPORT,
        "accounts.sign_out": A.OWN_ACCOUNT,
        "accounts.try_post": A.OWN_ACCOUNT,
        "accounts.own_page": A.OWN_ACCOUNT,
        "accounts.change_password": A.OWN_ACCOUNT,
        "accounts.end_session": A.OWN_ACCOUNT,
        "accounts.turn_on_code": A.OWN_ACCOUNT,
        "accounts.turn_off_code": A.OWN_ACCOUNT,
        "accounts.list_posts": A.MANAGE_POSTS,
        "accounts.add_post": A.MANAGE_POSTS,
        "accounts.change_post": A.MANAGE_POSTS,
        "accounts.show_audit": A.SEE_AUDIT,
        "metrics": A.SEE_SERVICE,
    }
)
"""What each endpoint asks for."""

WRITTEN_DOWN: Mapping[str, str] = MappingProxyType(
    {
        "incidents.list_incidents": "search",
        "cases.search_cases": "search",
        "cases.get_case": "see_case",
        "accounts.show_audit": "see_audit",
        "desk.search": "search",
        "case.show": "see_case",
        "phone.case": "see_case",
        "brought.one": "see_import",
        "case.named_places": "search",
        "incidents.get_incident": "see_case",
        "workspace.get_export": "export",
        "hotspots.export_hotspot_run": "export",
        "patrols.export_patrol_plan": "export",
        "jobs.get_job_file": "export",
        "ogc.items": "export",
        "ogc.one_item": "see_case",
        "open311.requests": "export",
        "open311.one": "see_case",
        "official.show": "see_form",
        "official.cases": "search",
        "official.file": "export",
        "official.papers": "export",
        "forms.get_form": "see_form",
        "field.get_track": "see_track",
    }
)
"""Readings that leave a row in the audit, and what it is called there; every request to change something does, too."""

WRITTEN_BY_SERVICE = frozenset({"case.open_case", "cases.open_case"})
"""What writes its own row before anything is handed out: one row for one opening."""

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_PAGES = frozenset({"application/x-www-form-urlencoded"})
_PAGES = (
    "pages.",
    "accounts.",
    "desk.",
    "bulk.",
    "bodies.",
    "official.",
    "sources.",
    "card.",
    "case.",
    "town.",
    "handover.",
    "route.",
    "screening.",
    "phone.",
    "brought.",
    "round.",
    "field_page.",
)
"""Blueprints whose answers are read by people: who is not signed in is led to the sign-in."""

_TYPED = ("q", "text", "place")
"""Parameters that hold what somebody typed."""

_WALL = frozenset({A.SEE_MAP, A.SEE_COUNTS, A.SEE_HOTSPOTS})


def guard() -> Response | None:
    """Let a request pass, or refuse it; before routing is told of, for every method and every address.

    Raises
    ------
    NotSignedIn
        When nobody is signed in.
    Forbidden
        When the role may not do this, or the address is in no table.
    InvalidInput
        When the body is neither JSON nor a form of the program's own pages.
    """
    endpoint = request.endpoint
    if endpoint in OPEN:
        _check_type()
        return None
    if (actor := _found()) is None:
        if (endpoint or "").startswith(_PAGES) and request.method in _READING and _wants_page():
            asked = request.full_path.rstrip("?")
            return redirect(f"/sign-in?next={quote(asked, safe='')}", 303)  # type: ignore[return-value]
        raise NotSignedIn(
            "not-signed-in",
            "请先登录。程序请使用令牌：Authorization: Bearer …",
            "Sign in first. Programs show a token: Authorization: Bearer …",
        )
    g.actor = actor
    if endpoint is None:
        # No such address, or not by this method: routing tells which.
        return None
    action = ASKED.get(endpoint)
    if action is None:
        raise Forbidden(
            "address-unlisted",
            "这个地址未列入权限表，不对任何岗位开放。",
            "This address is in no table of rights, so it is open to nobody.",
        )
    try:
        require(actor, action)
        _check_wall(action)
    except Forbidden:
        _write_down(actor, endpoint, "refused")
        raise
    _check_type()
    changing = request.method not in _READING and endpoint not in WRITTEN_BY_SERVICE
    if changing or endpoint in WRITTEN_DOWN:
        # Before the work is done: nothing is changed or handed out without its row.
        _write_down(actor, endpoint, "asked")
    return None


def _check_wall(action: Action) -> None:
    if g.get("signed_in") is not None and g.signed_in.kind == "wall" and action not in _WALL:
        raise Forbidden(
            "wall-sees-numbers",
            "大屏只显示汇总数。请在工作台登录查看。",
            "A wall shows aggregates only. Sign in at a desk.",
        )


def may_now(action: Action) -> bool:
    """Tell whether whoever asks may do something else than what is asked: a page shows no more than that."""
    on_a_wall = g.get("signed_in") is not None and g.signed_in.kind == "wall"
    return may(g.actor.role, action) and (not on_a_wall or action in _WALL)


def _found() -> Actor | None:
    """Whoever asks, by a program's token or a browser's session."""
    header = request.headers.get("Authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        program = entry.which_program(database(), token.strip()) if kind.casefold() == "bearer" else None
        return None if program is None else entry.actor_of_program(program)
    secret = request.cookies.get(cookie_name())
    # A page that asks whether something changed is no sign of a person: its session goes idle all the same.
    alive = request.endpoint != "live.revision"
    signed_in = entry.who(database(), secret, touch=alive) if secret else None
    if signed_in is None or not _is_whom_the_proxy_names(signed_in):
        return None
    g.signed_in = signed_in
    return signed_in.post.actor


def _is_whom_the_proxy_names(signed_in: SignedIn) -> bool:
    """Tell whether a session is that of the post which the proxy in front names now, where it names one."""
    header = database().settings.sign_on_header
    if header is None or signed_in.kind == "wall":
        return True
    told = request.environ.get(variable_of(header))
    return not told or post_named(told) == signed_in.post.name


def post_named(told: str) -> str:
    """Read the post's name of a header; empty where it can be no post's."""
    try:
        # Headers are bytes: a proxy sends UTF-8, or percent-encoded text.
        return desk.tidy_name(unquote(told.encode("latin-1").decode("utf-8"), errors="strict"))
    except (UnicodeError, InvalidInput):
        return ""


def cookie_name() -> str:
    """Name of the session's cookie: browsers do not keep ports apart, and two workspaces may run on one machine."""
    port = request.host.rpartition(":")[2]
    return f"gridmap_{port}" if port.isdigit() else "gridmap"


def signed_in() -> SignedIn:
    """Return the session of whoever asks.

    Raises
    ------
    Forbidden
        When a program asks, which has none.
    """
    found: SignedIn | None = g.get("signed_in")
    if found is None:
        raise Forbidden(
            "session-needed",
            "此操作只能在浏览器登录后进行，不能使用令牌。",
            "This is done by whoever is signed in with a browser, not with a token.",
        )
    return found


def _check_type() -> None:
    """Refuse bodies in other types than JSON and, for the pages' own forms, that of forms."""
    if request.method in _READING or not request.content_length:
        return
    is_form = request.mimetype in _FORM_PAGES and not request.path.startswith("/api/")
    if request.mimetype != "application/json" and not is_form:
        raise InvalidInput(
            "body-not-json",
            "请求内容应为 JSON（Content-Type: application/json）。",
            "The body must be JSON (Content-Type: application/json).",
        )


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "text/html"


def _write_down(actor: Actor, endpoint: str, outcome: str) -> None:
    named = WRITTEN_DOWN.get(endpoint, endpoint)
    # The question holds codes and days; searched words may be anything, so only their number is kept.
    asked: dict[str, str | int] = {
        k: legible(v) for k, v in request.args.items() if k not in {*_TYPED, "next"}
    }
    if words := "".join(request.args.get(name, "") for name in _TYPED):
        asked["searched_characters"] = len(words)
    audit.record(
        database(),
        actor,
        named,
        legible(f"{request.method} {request.path}"),
        outcome,
        **asked,
    )
