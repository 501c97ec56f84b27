"""Who is at work in a soak, and what each may ask for."""

from __future__ import annotations

import datetime as dt
import string
import uuid
from dataclasses import dataclass
from typing import Any

import requests

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.roles import Action
from gridmap.services.accounts import desk
from gridmap.storage.database import Database

PATIENCE_S = 600.0
TOWN, AREA = 33068110900000000, 33068110901000000
VILLAGES = (33068110901004000, 33068110901241000)
STAFF: tuple[tuple[Role, int], ...] = (
    (Role.ADMINISTRATOR, 0),
    (Role.KEEPER, 0),
    *[(Role.TOWN_DESK, TOWN)] * 2,
    *[(Role.AREA_DESK, AREA)] * 2,
    *[(Role.VILLAGE_DESK, village) for village in VILLAGES * 2],
    *[(Role.GRID_POST, village) for village in VILLAGES * 2],
    (Role.MEDIATOR, TOWN),
    (Role.PLANNER, TOWN),
    (Role.TEAM, TOWN),
    (Role.LIAISON, TOWN),
    (Role.SUPERVISOR, TOWN),
    (Role.AUDITOR, 0),
)
"""Twenty posts, at least one of each role, and where they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a post may ask for, and what is right to be answered."""

    path: str
    needs: Action
    status: int = 200


READS = (
    Asked("/", Action.SEE_MAP),
    Asked("/map", Action.SEE_MAP),
    Asked("/account", Action.OWN_ACCOUNT),
    Asked("/api/v1/workspace", Action.SEE_MAP),
    Asked("/api/v1/grids?level=3&geometry=false", Action.SEE_MAP),
    Asked("/api/v1/counts?level=3", Action.SEE_COUNTS),
    Asked("/api/v1/counts?level=4&domain=dispute", Action.SEE_COUNTS),
    Asked("/api/v1/timeline?step=week", Action.SEE_COUNTS),
    Asked("/town", Action.SEE_COUNTS),
    Asked("/desk", Action.SEE_CASES),
    Asked("/field/", Action.SEE_CASES),
    Asked("/screening", Action.SEE_CASES),
    Asked("/api/v1/incidents?limit=50", Action.SEE_CASES),
    Asked("/api/v1/cases?q=FQ25&limit=50", Action.SEE_CASES),
    Asked("/api/v1/cases/tasks?limit=50", Action.SEE_CASES),
    Asked("/api/v1/organisations", Action.SEE_SERVICES),
    Asked("/api/v1/teams", Action.SEE_TEAMS),
    Asked("/api/v1/dispatches", Action.SEE_TEAMS),
    Asked("/api/v1/coverage", Action.SEE_TEAMS),
    Asked("/api/v1/hotspot-runs", Action.SEE_HOTSPOTS),
    Asked("/api/v1/patrol-plans", Action.SEE_PLANS),
    Asked("/api/v1/exports/teams.csv", Action.EXPORT),
    Asked("/imports", Action.IMPORT),
    Asked("/forms", Action.MAKE_FORMS),
    Asked("/posts", Action.MANAGE_POSTS),
    Asked("/audit", Action.SEE_AUDIT),
    Asked("/metrics", Action.SEE_SERVICE),
    # What must be refused, and how.
    Asked("/api/v1/no-such-address", Action.SEE_MAP, 404),
    Asked("/api/v1/grids?level=9", Action.SEE_MAP, 422),
    Asked("/api/v1/cases/no-such-case", Action.SEE_CASES, 404),
)


class Post:
    """A post that is signed in.

    Parameters
    ----------
    address : str
        Of the server, without a slash at its end.
    link : str
        Signs in once.
    """

    def __init__(self, address: str, link: str, role: Role, grid_key: int) -> None:
        self.address, self.role, self.grid_key = address, role, grid_key
        self.http = requests.Session()
        self.http.trust_env = False
        entered = self.http.post(
            f"{address}/enter/{link}", headers={"Origin": address}, allow_redirects=False, timeout=PATIENCE_S
        )
        if entered.status_code != 303 or not self.http.cookies:
            raise RuntimeError(f"{role} could not sign in: {entered.status_code} {entered.text[:300]}")

    def get(self, path: str) -> requests.Response:
        """Ask for an address."""
        return self.http.get(self.address + path, timeout=PATIENCE_S)

    def tell(self, path: str, told: dict[str, Any]) -> requests.Response:
        """Tell the API something, with a key of its own."""
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Origin": self.address}
        return self.http.post(self.address + path, json=told, headers=headers, timeout=PATIENCE_S)


def sign_in_all(database: Database, address: str) -> list[Post]:
    """Make the posts and sign each in by its link."""
    made = []
    for number, (role, place) in enumerate(STAFF):
        name = f"soak {role.value} {string.ascii_lowercase[number]}"
        held_from = dt.date(2026, 1, 1)
        _, link = desk.add_post(database, Actor.at_the_machine(), name, role, place, held_from)
        made.append(Post(address, link, role, place))
    return made
