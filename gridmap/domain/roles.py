"""What each role may do: one table, and what is not in it is refused.

An action is a verb of the desk. Every address of the server and every page asks for one of them (``web/rights.py``); on
which rows it is done is the scope's matter, which the database keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from gridmap.domain.accounts import OPENING_ROLES, Actor, Role
from gridmap.errors import Forbidden


class Action(StrEnum):
    """A verb of the desk."""

    SEE_MAP = "see_map"
    """Ground, grids, and the workspace's name."""
    SEE_COUNTS = "see_counts"
    """Numbers of incidents by grid, kind and day; no single case."""
    SEE_CASES = "see_cases"
    """Single cases of the scope, in lists and on the map."""
    RECORD_CASE = "record_case"
    ACT_ON_CASE = "act_on_case"
    SEE_SEALED = "see_sealed"
    """Open a sealed case that one's grid has, or that one is named for; each opening is written down."""
    SEE_SERVICES = "see_services"
    """Organisations and migrant clusters, for services."""
    SEE_TEAMS = "see_teams"
    SEND_TEAM = "send_team"
    SEE_HOTSPOTS = "see_hotspots"
    RUN_HOTSPOTS = "run_hotspots"
    SEE_PLANS = "see_plans"
    PLAN_PATROLS = "plan_patrols"
    CHECK_IN = "check_in"
    """Say that a stop of a patrol was visited."""
    PLACE_SERVICES = "place_services"
    IMPORT = "import"
    EXPORT = "export"
    """Take records out as a file."""
    REPORT = "report"
    """Make documents of aggregates."""
    MAKE_FORMS = "make_forms"
    """Fill the forms that the law asks for, with true numbers; each is written down."""
    SEE_JOBS = "see_jobs"
    """One's own work that costs, and its files."""
    OWN_ACCOUNT = "own_account"
    MANAGE_POSTS = "manage_posts"
    SEE_AUDIT = "see_audit"
    SEE_PROCESS = "see_process"
    """How cases went, without their texts."""
    SEE_SERVICE = "see_service"
    """How the service does: numbers for Prometheus, none of a case."""


A = Action
_EVERYBODY = frozenset({A.SEE_MAP, A.OWN_ACCOUNT})
_NUMBERS = frozenset({A.SEE_COUNTS, A.SEE_HOTSPOTS, A.SEE_JOBS})
_DESK = _NUMBERS | {
    A.SEE_CASES,
    A.RECORD_CASE,
    A.ACT_ON_CASE,
    A.SEE_SERVICES,
    A.SEE_TEAMS,
    A.SEE_PROCESS,
    A.EXPORT,
    A.REPORT,
    A.MAKE_FORMS,
}

_MAY: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Action) - {A.SEE_SEALED},
        Role.KEEPER: _EVERYBODY
        | _NUMBERS
        | {A.SEE_CASES, A.SEE_SERVICES, A.SEE_TEAMS, A.SEE_PLANS, A.IMPORT, A.EXPORT, A.RUN_HOTSPOTS},
        Role.TOWN_DESK: _EVERYBODY
        | _DESK
        | {
            A.SEND_TEAM,
            A.RUN_HOTSPOTS,
            A.SEE_PLANS,
            A.PLAN_PATROLS,
            A.CHECK_IN,
            A.PLACE_SERVICES,
            A.IMPORT,
        },
        Role.AREA_DESK: _EVERYBODY | _DESK | {A.SEND_TEAM, A.SEE_PLANS, A.CHECK_IN},
        Role.VILLAGE_DESK: _EVERYBODY | _DESK,
        Role.GRID_POST: _EVERYBODY
        | {A.SEE_COUNTS, A.SEE_CASES, A.RECORD_CASE, A.ACT_ON_CASE, A.SEE_SERVICES},
        Role.MEDIATOR: _EVERYBODY | {A.SEE_CASES, A.ACT_ON_CASE, A.SEE_SERVICES},
        Role.PLANNER: _EVERYBODY
        | _NUMBERS
        | {
            A.SEE_TEAMS,
            A.RUN_HOTSPOTS,
            A.SEE_PLANS,
            A.PLAN_PATROLS,
            A.CHECK_IN,
            A.PLACE_SERVICES,
            A.REPORT,
            A.MAKE_FORMS,
        },
        Role.TEAM: _EVERYBODY | {A.SEE_PLANS, A.CHECK_IN},
        Role.LIAISON: _EVERYBODY | _NUMBERS | {A.REPORT},
        Role.SUPERVISOR: _EVERYBODY | {A.SEE_COUNTS, A.SEE_AUDIT, A.SEE_PROCESS, A.SEE_SERVICE},
        Role.AUDITOR: _EVERYBODY | {A.SEE_AUDIT},
    }
)

MAY: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {role: may | ({A.SEE_SEALED} if role in OPENING_ROLES else set()) for role, may in _MAY.items()}
)


def may(role: Role, action: Action) -> bool:
    """Tell whether a role may do something."""
    return action in MAY.get(role, frozenset())


def require(actor: Actor, action: Action) -> None:
    """Refuse what the actor's role may not do.

    Raises
    ------
    Forbidden
    """
    if not may(actor.role, action):
        raise Forbidden(
            "role-may-not",
            "您的岗位没有这项权限。如需使用，请联系管理员调整岗位角色。",
            "Your post's role may not do this. Ask the administrator to change the role if the duty needs it.",
        )


ROLE_NAMES: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: ("管理员", "administrator"),
        Role.KEEPER: ("数据管理岗", "data keeper"),
        Role.TOWN_DESK: ("镇综治中心值班岗", "town desk"),
        Role.AREA_DESK: ("片区值班岗", "area desk"),
        Role.VILLAGE_DESK: ("村级值班岗", "village desk"),
        Role.GRID_POST: ("网格岗", "grid post"),
        Role.MEDIATOR: ("调解岗", "mediator"),
        Role.PLANNER: ("巡防计划岗", "patrol planner"),
        Role.TEAM: ("队伍", "team"),
        Role.LIAISON: ("警务联络岗", "police liaison"),
        Role.SUPERVISOR: ("监督岗", "supervisor"),
        Role.AUDITOR: ("审计岗", "auditor"),
    }
)
"""What each role is called, in Chinese and in English."""
