"""Every address that answers a reading, walked by every role: none tells of a case what its role may not learn.

The addresses are those of the application's own map, so that a new one is walked, or fails for want of what it is
asked with.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action as Step
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.sealing import SEALED_KINDS
from gridmap.domain.cases.worklists import LIST_NAMES
from gridmap.domain.gridkey import AREA, TOWN, VILLAGE, Scope, ancestor
from gridmap.domain.profiles import Profile
from gridmap.domain.roles import MAY, Action
from gridmap.services.accounts import desk as accounts
from gridmap.services.cases import desk, intake, photos, screening, tasks
from gridmap.services.house import EXPORT_LAYERS
from gridmap.services.imports import profiles
from gridmap.services.reports.features import collections
from gridmap.storage.database import Database
from gridmap.storage.models import Incident
from gridmap.tilekey import tile_key
from tests.conftest import MakeDatabase
from tests.doors import client_of
from tests.walking import is_read, paths
from web.rights import ASKED

KEEPER = Actor.at_the_machine()
LON, LAT = 120.3988, 29.7630
ZOOM = 16
FORMATS = ("geojson", "gpkg", "csv", "xlsx")


@dataclass
class Told:
    """Cases with what of them must not be told, by who must not learn it."""

    town: Database
    village: int
    neighbour: int
    now: dt.datetime
    sealed: list[str] = field(default_factory=list)
    """Numbers of the sealed cases."""
    of_committee: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    """Words and coordinates of the place of a case whose reporter is protected."""
    words: set[str] = field(default_factory=set)
    """Texts, places, coordinates and numbers of the sealed cases."""
    against: set[str] = field(default_factory=set)
    """What must not be told of the committee's case."""
    protected: str = ""
    """Number of the case whose reporter is protected."""
    micro: int = 0
    """The micro-grid in which that one lies."""
    filled: dict[str, list[str]] = field(default_factory=dict)
    """What a part of an address is filled with, by its name."""


def _case(told: Told, n: int, **more: object) -> NewCase:
    """Return a case whose text, place and coordinates are in no other."""
    new = NewCase(
        domain="dispute",
        kind="02",
        occurred_at=told.now - dt.timedelta(hours=30, minutes=n),
        summary=f"隐秘的事{chr(0x4E00 + n)}",
        place=f"隐秘巷口{chr(0x4E00 + n)}",
        lon=LON + n / 100_000 + 4e-6,
        lat=LAT + n / 100_000 + 4e-6,
        accuracy_m=9,
        channel="visit",
        found_by="villager",
    )
    return replace(new, **more)  # type: ignore[arg-type]


def _marks(new: NewCase) -> set[str]:
    return {str(new.summary), str(new.place), _point(new)}


def _point(new: NewCase) -> str:
    """Return how the coordinates stand in an answer, in either order, however they are parted: to a metre."""
    lon, lat = (f"{axis:.5f}".replace(".", "[.]") for axis in (new.lon or 0, new.lat or 0))
    return f"{lon}.{{1,60}}?{lat}|{lat}.{{1,60}}?{lon}"


def _filled(told: Told) -> dict[str, list[str]]:
    with told.town.scoped_session(Scope.whole().for_upkeep()) as session:
        ids = select(Incident.incident_id).where(Incident.number.in_([*told.sealed[:2], *told.of_committee]))
        hidden = [str(i) for i in session.scalars(ids)]
    x, y = _tile()
    grids = [told.village, told.village + 1]
    return {
        "number": [told.sealed[0], told.sealed[-1], *told.of_committee],
        "incident_id": hidden,
        "uid": [*told.sealed[:1], *told.of_committee],
        "grid_key": [str(g) for g in grids],
        "layer": [*EXPORT_LAYERS],
        "format": [*FORMATS],
        "kind": ["teams", "organisations", "migrants"],
        "noun": ["teams", "organisations", "migrants"],
        "version": ["1"],
        "z": [str(ZOOM)],
        "x": [str(x)],
        "y": [str(y)],
        "west": [str(x - 1)],
        "east": [str(x + 1)],
        "north": [str(y - 1)],
        "south": [str(y + 1)],
        "matrices": ["WebMercatorQuad"],
        "team": ["T01"],
    }


def _tile() -> tuple[int, int]:
    code = int(tile_key([LON], [LAT])[0]) >> 2 * (22 - ZOOM)
    return (
        sum((code >> (2 * b) & 1) << b for b in range(ZOOM)),
        sum((code >> (2 * b + 1) & 1) << b for b in range(ZOOM)),
    )


@pytest.fixture(scope="module")
def told(make_database: MakeDatabase) -> Told:
    """A town with a sealed case of each kind, one of a committee, one with a protected reporter, and all they have."""
    town = make_database("hot")
    now = dt.datetime.now(dt.UTC)
    first = intake.record(town, KEEPER, _case(Told(town, 0, 0, now), 0), uuid.uuid4(), now=now).row
    village = ancestor(first.grid_key, VILLAGE)
    with town.scoped_session(Scope.whole()) as session:
        known = set(session.scalars(select(Incident.grid_key).distinct()))
    neighbour = next(
        ancestor(k, VILLAGE) for k in sorted(known) if k % 10**6 and ancestor(k, VILLAGE) != village
    )
    told = Told(town, village, neighbour, now)
    accounts.add_post(town, KEEPER, "值班", Role.VILLAGE_DESK, village, now.date())
    post = accounts.find_post(town, "值班").actor
    photos.allow(town, KEEPER, allowed=True)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")

    def keep(n: int, **more: object) -> str:
        new = _case(told, n, **more)
        number = intake.record(town, post, new, uuid.uuid4(), now=now).row.number
        told.words.update({number} | _marks(new))
        told.sealed.append(number)
        return number

    for n, (domain, kind) in enumerate(sorted(SEALED_KINDS), 1):
        keep(n, domain=domain, kind=kind)
    # One that was open first, with all that hangs on a case, and another case that names it.
    late = keep(20)
    photos.add(town, post, late, picture.getvalue(), uuid.uuid4())
    case = desk.find(town, post, late)
    noted = StepAsked(Step.NOTE, note="隐秘的备注")
    case = desk.act(town, post, late, noted, case.row.revision, uuid.uuid4(), now=now)
    beside = desk.find(town, post, first.number)
    link = StepAsked(Step.LINK, linked_to=late, note="同一件事")
    desk.act(town, post, first.number, link, beside.row.revision, uuid.uuid4(), now=now)
    tasks.make(town, post, "visit", village, now.date(), "隐秘的任务", number=late)
    harm = StepAsked(Step.ASSESS, risk="red", risk_grounds=("violence",))
    desk.act(town, post, late, harm, case.row.revision, uuid.uuid4(), now=now)
    told.words |= {"隐秘的备注", "隐秘的任务"}
    of_committee = _case(told, 30, committee_is_party=True)
    told.of_committee.append(intake.record(town, post, of_committee, uuid.uuid4(), now=now).row.number)
    told.against = {*told.of_committee} | _marks(of_committee)
    hidden = _case(told, 40, reporter_hidden=True, summary="夜里施工扰民")
    passed = intake.record(town, post, hidden, uuid.uuid4(), now=now)
    away = StepAsked(Step.ROUTE, to_grid_key=neighbour, ground="emergency")
    desk.act(town, post, passed.row.number, away, passed.row.revision, uuid.uuid4(), now=now)
    told.protected, told.micro = passed.row.number, passed.row.grid_key
    told.places = _marks(hidden) - {str(hidden.summary)}
    screening.begin(
        town, KEEPER, "排查", ancestor(village, TOWN), VILLAGE, now.date(), now.date() + dt.timedelta(days=3)
    )
    profiles.save(
        town, KEEPER, Profile("省平台", mapping={"编号": "uid", "内容": "summary", "领域": "domain"})
    )
    told.filled = _filled(told) | {"open_number": [first.number, passed.row.number]}
    return told


def _queries(told: Told, endpoint: str) -> list[str]:
    """Return the questions that an address is asked besides none."""
    number, place = quote(told.sealed[0]), quote("隐秘巷口")
    days = f"from={told.now - dt.timedelta(days=9):%Y-%m-%d}&to={told.now + dt.timedelta(days=1):%Y-%m-%d}"
    grid, micro, month = told.village, told.village + 1, f"{told.now:%Y-%m}"
    of_cases = [days, f"{days}&domain=dispute&kind=01", f"grid={micro}", f"{days}&q={quote('隐秘')}"]
    asked = {
        "desk.show": [f"list={name}" for name in LIST_NAMES] + [f"list=open&grid={micro}", f"list=all&q={place}"],
        "desk.search": [f"q={number}", f"q={number[:15]}", f"q={place}", f"q={quote('隐秘的')}"],
        "cases.search_cases": [f"q={number}&limit=50", f"q={number[:15]}", f"q={place}", f"q={quote('隐秘的')}"],
        "case.named_places": [f"place={place}", f"place={quote('巷口')}"],
        "cases.find_point": [f"lon={LON}&lat={LAT}&accuracy_m=50"],
        "field.list_nearest": [f"lon={LON}&lat={LAT}&k=3"],
        "cases.list_tasks": ["open=true&limit=500", f"number={number}"],
        "dispatch.list_dispatches": [f"incident={number}", "limit=500"],
        "incidents.list_incidents": [f"{q}&limit=500" for q in of_cases],
        "counts.get_counts": [f"{q}&level={level}" for q in of_cases for level in (3, 4)],
        "counts.get_shares": [f"{q}&level=4" for q in of_cases],
        "counts.get_summary": of_cases,
        "incidents.get_timeline": of_cases,
        "workspace.get_columns": of_cases[:1],
        "official.columns": [f"period={month}&level=3"],
        "official.show": [f"period={month}&level=3", f"period={month}&level=3&grid={grid}"],
        "official.cases": [f"period={month}&level=3&row=total&column=received"],
        "official.file": [f"period={month}&level=3"],
        "official.meeting": [f"period={month}"],
        "official.village": [f"period={month}"],
        "forms.get_form": [f"period={month}&level=3"],
        "forms.get_meeting": [f"period={month}"],
        "ogc.items": ["limit=1000", f"bbox={LON - 1e-4},{LAT - 1e-4},{LON + 1e-3},{LAT + 1e-3}", *of_cases[:2]],
        "open311.requests": ["service_code=dispute:01", "status=open"],
        "town.show": ["level=4", f"grid={micro}&level=4"],
        "hotspots.export_hotspot_run": [f"format={name}" for name in FORMATS],
        "task.new": [f"number={number}", f"origin={number}"],
        "case.new": [f"lon={LON}&lat={LAT}&domain=dispute&kind=01"],
        "grids.list_grids": [f"q={place}"],
        "records.show": [f"q={place}"],
        "patrol-evidence.get_live": [],
    }  # fmt: skip
    return ["", *asked.get(endpoint, [])]


def _own(told: Told, endpoint: str, name: str) -> list[str] | None:
    """Return what a part of an address is filled with where its name means another thing elsewhere."""
    wing = endpoint.partition(".")[0]
    ids = told.filled["incident_id"]
    if endpoint in {"phone.case", "ogc.one_item", "open311.one"} and name == "number":
        return ids
    if endpoint == "screening.sheet" or (wing == "screening" and name == "number"):
        return ["1"]
    if endpoint in {"case.show", "cases.get_case"} and name == "number":
        return [*told.filled["number"], *told.filled["open_number"]]
    if name == "name":
        return {
            "ogc": [found.name for found in collections(told.town, KEEPER)],
            "ogc_tiles": ["grids", "roads"],
            "workspace": ["gbt31000", "省平台"],
            "official": ["gbt31000", "省平台"],
        }.get(wing, ["省平台"])
    if wing == "tiles" and name == "layer":
        return ["grids", "roads", "water"]
    return None


def _addresses(told: Told, rule: Rule) -> Iterator[str]:
    def filled(endpoint: str, name: str) -> list[str]:
        return _own(told, endpoint, name) or told.filled.get(name) or ["1"]

    for path, given in paths(rule, filled):
        if given.get("layer", "incidents") != "incidents" and given.get("format", "csv") != "csv":
            # What lies beside cases is written from the same rows in every format.
            continue
        queries = _queries(told, rule.endpoint)
        if given.get("layer") == "incidents":
            queries = [*queries, f"grid={told.village + 1}"]
        for query in queries:
            yield f"{path}?{query}" if query else path


def _text(answer: TestResponse) -> str:
    """Return all that an answer holds as text: what is packed is unpacked."""
    content = answer.get_data()
    if answer.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"\n".join(parts.read(name) for name in parts.namelist())
    return content.decode("utf-8", "replace")


def _walk(told: Told, client: FlaskClient, may: frozenset[Action]) -> Iterator[tuple[str, str]]:
    """Yield each address that was answered, with its text; what was asked is no answer and is left out."""
    for rule in client.application.url_map.iter_rules():
        if not is_read(rule) or ASKED.get(rule.endpoint) not in may:
            continue
        for address in _addresses(told, rule):
            answer = client.get(address, headers={"Accept": "text/html, */*", "Accept-Encoding": "identity"})
            assert answer.status_code < 500, address
            yield f"{answer.status_code} {address}", _text(answer)


def _unasked(address: str, text: str, words: set[str]) -> list[str]:
    """Return which words an answer tells that its question did not hold."""
    asked = unquote(address)
    return [word for word in words if word not in asked and re.search(word, text)]


OUTSIDE: tuple[tuple[Role, str], ...] = (
    (Role.ADMINISTRATOR, "whole"),
    (Role.AREA_DESK, "area"),
    (Role.VILLAGE_DESK, "neighbour"),
    (Role.PLANNER, "town"),
)


def _grid(told: Told, where: str) -> int:
    return {
        "whole": 0,
        "town": ancestor(told.village, TOWN),
        "area": ancestor(told.village, AREA),
        "neighbour": told.neighbour,
        "village": told.village,
    }[where]


@pytest.mark.parametrize(("role", "where"), OUTSIDE, ids=[f"{r.value} of the {w}" for r, w in OUTSIDE])
def test_no_address_tells_of_a_sealed_case_to_whoever_may_not_open_it(
    told: Told, role: Role, where: str
) -> None:
    client = client_of(told.town, role, _grid(told, where))
    walked, wrong = 0, {}
    for address, text in _walk(told, client, MAY[role]):
        walked += address.startswith("200 ")
        words = told.words
        if "/audit" in address:
            # That a sealed case was opened, and which, is what the audit is for.
            words = words - set(told.sealed)
        if found := _unasked(address, text, words):
            wrong[address] = found
    assert wrong == {}
    assert walked > 20


@pytest.mark.parametrize("role", [Role.VILLAGE_DESK, Role.MEDIATOR], ids=str)
def test_no_address_tells_the_village_of_a_case_in_which_its_committee_is_a_party(
    told: Told, role: Role
) -> None:
    client = client_of(told.town, role, told.village)
    walk = list(_walk(told, client, MAY[role]))
    wrong = {address: found for address, text in walk if (found := _unasked(address, text, told.against))}
    assert wrong == {}
    assert sum(address.startswith("200 ") for address, _ in walk) > 10


@pytest.mark.parametrize(
    ("role", "where"),
    [(Role.MEDIATOR, "village"), (Role.VILLAGE_DESK, "neighbour")],
    ids=["a mediator", "its handler"],
)
def test_no_address_tells_where_a_protected_reporter_is_to_whoever_is_no_desk_of_the_place(
    told: Told, role: Role, where: str
) -> None:
    client = client_of(told.town, role, _grid(told, where))
    walk = list(_walk(told, client, MAY[role]))
    wrong = {address: found for address, text in walk if (found := _unasked(address, text, told.places))}
    assert wrong == {}
    for asked in ("grid={}&limit=500", "grid={}&limit=500&domain=dispute"):
        listed = client.get(f"/api/v1/incidents?{asked.format(told.micro)}").get_json()
        assert told.protected not in {f["properties"]["number"] for f in listed["features"]}
        assert listed["total"] == len(listed["features"]) + listed["sealed"]
    assert told.protected not in client.get(f"/desk?list=open&grid={told.micro}").text
