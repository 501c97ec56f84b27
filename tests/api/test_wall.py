"""Who is told perturbed numbers reads of no single case, and of the place of none: walls, liaison, supervisor."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import LEAST_TOLD
from gridmap.domain.roles import MAY, Action
from gridmap.services.accounts import desk, entry
from gridmap.services.cases.places import places_of
from gridmap.storage.database import Database
from tests.doors import client_of
from web.app import create_app
from web.desk import small_map
from web.rights import ASKED

PAGE = {"Accept": "text/html", "Host": "127.0.0.1"}
DESK = "枫桥镇 综治中心值班岗"
FILLED = {"key": "33068110903290000", "grid_key": "33068110903290000", "z": "14", "x": "13674", "y": "6760"}
WALL = frozenset({Action.SEE_MAP, Action.SEE_COUNTS, Action.SEE_HOTSPOTS})


def browser(database: Database, secret: str) -> FlaskClient:
    client = create_app(database).test_client()
    client.set_cookie("gridmap", secret, domain="127.0.0.1")
    return client


def wall_of(database: Database) -> FlaskClient:
    return browser(database, desk.open_wall(database, Actor.at_the_machine(), DESK))


LOOKING: tuple[tuple[Callable[[Database], FlaskClient], frozenset[Action]], ...] = (
    (wall_of, WALL),
    (lambda town: client_of(town, Role.LIAISON), MAY[Role.LIAISON]),
    (lambda town: client_of(town, Role.SUPERVISOR), MAY[Role.SUPERVISOR]),
)


@pytest.mark.parametrize(("look", "may"), LOOKING, ids=["wall", "liaison", "supervisor"])
def test_nothing_that_may_be_read_names_a_case_or_its_place(
    demo_database: Database, look: Callable[[Database], FlaskClient], may: frozenset[Action]
) -> None:
    client = look(demo_database)
    with demo_database.scoped_session(Scope.whole()) as session:
        query = (
            "select number, uid, incident_id, summary, st_x(geom) as lon, st_y(geom) as lat from incidents"
        )
        cases = session.execute(text(f"{query} where closed_at is null and geom is not null")).all()
    assert len(cases) > 100
    ground = small_map.ground(places_of(demo_database, Scope.whole()))
    assert ground is not None
    single: set[str] = set()
    for case in cases:
        x, y = ground.point(case.lon, case.lat)
        single |= {
            case.number,
            case.uid,
            case.summary,
            f'cx="{x}" cy="{y}"',
            f"M{x} {y - 11}",
            f"M{x - 8} {y - 8}",
        }
        single |= {
            f"dot-{case.incident_id}",
            f"{case.lon:.5f}, {case.lat:.5f}",
            f"[{case.lon:.5f},{case.lat:.5f}",
        }
    read: list[str] = []
    for rule in client.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or ASKED.get(rule.endpoint) not in may:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: FILLED.get(part[1], "1"), rule.rule)
        answer = client.get(path, headers=PAGE)
        assert answer.status_code < 500, path
        if answer.status_code == 200:
            read.append(path)
            told = answer.get_data().decode("utf-8", "replace")
            assert [word for word in single if word in told] == [], path
    assert {"/town", "/wall", "/api/v1/counts"} <= set(read)


@pytest.mark.parametrize("is_wall", [True, False], ids=["a wall", "a person with the scope"])
def test_the_wall_shades_villages_by_the_numbers_that_leave_the_house_whoever_looks(
    demo_database: Database, is_wall: bool
) -> None:
    own = entry.sign_in_by_link(demo_database, entry.first_link(demo_database)).secret
    client = wall_of(demo_database) if is_wall else browser(demo_database, own)
    wall = client.get("/wall?lang=en", headers=PAGE).text
    assert 'id="dot-' not in wall
    first, last = re.findall(r"Cases by village, (\d{4})(?:–(\d{4}))?", wall)[0]
    asked = f"/api/v1/counts?level=3&from={first}-01-01&to={last or first}-12-31"
    told = client_of(demo_database, Role.LIAISON).get(asked).get_json()
    assert told["class"] == "perturbed"
    shaded = {key: int(shade) for key, shade in re.findall(r'data-grid="(\d+)" data-shade="(\d)"', wall)}
    assert set(shaded) == set(told["counts"])
    least = [int(n) for n in re.findall(r"</i>(\d+)(?:–\d+)?</span>", wall)]
    assert len(least) > 2
    assert min(told["counts"].values()) == least[0] >= LEAST_TOLD
    assert shaded == {key: sum(n >= from_ for from_ in least) for key, n in told["counts"].items()}


def test_grids_with_the_same_number_have_the_same_shade_and_every_shade_holds_some() -> None:
    for counts in ({}, {1: 15}, {1: 20, 2: 20, 3: 20, 4: 20, 5: 21}, dict(enumerate(range(15, 43)))):
        found = small_map.shading(counts)
        assert set(found.of) == set(counts)
        assert set(found.of.values()) == set(range(1, len(found.classes) + 1))
        for key, shade in found.of.items():
            least, most = found.classes[shade - 1]
            assert least <= counts[key] <= most
