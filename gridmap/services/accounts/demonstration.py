"""The demonstration town's posts: one of each role, which anybody who is signed in there may try."""

from __future__ import annotations

import datetime as dt

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.services.accounts import audit
from gridmap.storage.accounts import posts
from gridmap.storage.database import Database

_TOWN, _AREA, _VILLAGE = 33068110900000000, 33068110903000000, 33068110903290000
POSTS: tuple[tuple[str, Role, int], ...] = (
    ("示范 管理员", Role.ADMINISTRATOR, UNASSIGNED),
    ("示范 数据管理岗", Role.KEEPER, UNASSIGNED),
    ("枫桥镇 综治中心值班岗", Role.TOWN_DESK, _TOWN),
    ("乐山片区 值班岗", Role.AREA_DESK, _AREA),
    ("枫源村 值班岗", Role.VILLAGE_DESK, _VILLAGE),
    ("枫源村 网格岗 1", Role.GRID_POST, _VILLAGE),
    ("枫源村 调解岗", Role.MEDIATOR, _VILLAGE),
    ("枫桥镇 巡防计划岗", Role.PLANNER, _TOWN),
    ("枫桥镇 巡防队 T01", Role.TEAM, _TOWN),
    ("枫桥镇 警务联络岗", Role.LIAISON, _TOWN),
    ("枫桥镇 监督岗", Role.SUPERVISOR, _TOWN),
    ("枫桥镇 审计岗", Role.AUDITOR, _TOWN),
)

NAMED_FOR_SEALED = frozenset({"枫桥镇 综治中心值班岗", "乐山片区 值班岗"})
"""The two that open every sealed case in their grids."""


def add_posts(database: Database, today: dt.date) -> None:
    """Add the posts that are not there yet."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        for name, role, grid_key in POSTS:
            if posts.find_post(session, name) is None:
                made = posts.add_post(session, name, role, grid_key, today, demonstration=True)
                if name in NAMED_FOR_SEALED:
                    posts.set_opens_sealed(session, made.post_id, opens=True)
        audit.note(session, Actor.at_the_machine(), "demonstration_posts")
