"""Sealed cases: in nothing that is answered to whoever may not open them, counted by the village, opened on record."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select, text

from gridmap.cli.main import main
from gridmap.domain.accounts import OPENING_ROLES, Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.model import Case
from gridmap.domain.cases.sealing import SEALED_KINDS, is_sealed
from gridmap.domain.cases.worklists import LIST_NAMES, Wanted
from gridmap.domain.codes import codes
from gridmap.domain.gridkey import AREA, TOWN, VILLAGE, Scope, ancestor
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import MAY
from gridmap.domain.roles import Action as Right
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.accounts import audit, entry
from gridmap.services.accounts import desk as accounts
from gridmap.services.cases import counts, desk, figures, incidents, intake, tasks, tiles, where, worklists
from gridmap.services.house import IMPORT_KINDS, find_layer
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.reports.meeting import meeting_pack
from gridmap.services.response import ranking
from gridmap.services.workspace.exports import count_left_out, export_layer
from gridmap.storage.database import Database
from gridmap.storage.models import Incident
from gridmap.tilekey import tile_key
from tests.conftest import MakeDatabase
from tests.towns import environment_of
from web.app import create_app
from web.rights import ASKED

NOW = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)
KEEPER = Actor.at_the_machine()
SECRET, HIDDEN_PLACE = "隐秘的家事", "隐秘巷口"
LON, LAT = 120.3988, 29.7630
QUARREL = NewCase(
    domain="dispute",
    kind="02",
    occurred_at=NOW - dt.timedelta(hours=3),
    summary="相邻排水引起争吵",
    lon=LON,
    lat=LAT,
    accuracy_m=20,
    channel="visit",
    found_by="villager",
)
FAMILY = replace(QUARREL, kind="01", summary=SECRET, place=HIDDEN_PLACE)


@dataclass(frozen=True)
class Posts:
    """A town with a post of each kind around one village."""

    town: Database
    village: int
    neighbour: int
    by_name: dict[str, Actor]

    def __getitem__(self, name: str) -> Actor:
        return self.by_name[name]

    def client(self, name: str) -> FlaskClient:
        """A browser that is signed in as a post."""
        link = accounts.make_link(self.town, KEEPER, name)
        client = create_app(self.town).test_client()
        client.set_cookie("gridmap", entry.sign_in_by_link(self.town, link).secret)
        return client


MAY_OPEN = ("值班", "网格岗", "调解", "镇值班", "片区甲")
MAY_NOT = ("管理", "数据", "片区乙", "邻村", "计划", "联络", "监督", "审计", "队伍")


@pytest.fixture(scope="module")
def posts(make_database: MakeDatabase) -> Posts:
    town = make_database("recorded")
    place = intake.record(town, KEEPER, QUARREL, uuid.uuid4(), now=NOW).row.grid_key
    village, area, top = (ancestor(place, level) for level in (VILLAGE, AREA, TOWN))
    with town.scoped_session(Scope.whole()) as session:
        others = set(session.scalars(select(Incident.grid_key).distinct()))
    neighbour = next(
        ancestor(k, VILLAGE) for k in sorted(others) if k % 10**6 and ancestor(k, VILLAGE) != village
    )
    for name, role, grid in (
        ("值班", Role.VILLAGE_DESK, village),
        ("网格岗", Role.GRID_POST, village),
        ("调解", Role.MEDIATOR, village),
        ("邻村", Role.VILLAGE_DESK, neighbour),
        ("片区甲", Role.AREA_DESK, area),
        ("片区乙", Role.AREA_DESK, area),
        ("镇值班", Role.TOWN_DESK, top),
        ("管理", Role.ADMINISTRATOR, 0),
        ("数据", Role.KEEPER, 0),
        ("计划", Role.PLANNER, top),
        ("联络", Role.LIAISON, top),
        ("监督", Role.SUPERVISOR, top),
        ("审计", Role.AUDITOR, top),
        ("队伍", Role.TEAM, top),
    ):
        accounts.add_post(town, KEEPER, name, role, grid, NOW.date())
    for name in ("镇值班", "片区甲"):
        accounts.name_for_sealed(town, KEEPER, name, opens=True)
    names = [post.name for post in accounts.list_posts(town, KEEPER)]
    return Posts(town, village, neighbour, {n: accounts.find_post(town, n).actor for n in names})


@pytest.fixture(scope="module")
def sealed(posts: Posts) -> Case:
    """A family's case that its village has, with a task whose text is secret."""
    case = intake.record(posts.town, posts["值班"], FAMILY, uuid.uuid4(), now=NOW)
    assert (case.row.sealed, case.closed, case.row.summary, case.row.lon) == (True, True, None, None)
    tasks.make(posts.town, posts["值班"], "visit", posts.village, NOW.date(), SECRET, number=case.row.number)
    return case


def rows_of(audit_of: Database, action: str, number: str) -> int:
    return sum(e.object == number for e in audit.list_entries(audit_of, limit=10_000, action=action))


def test_the_database_seals_the_kinds_that_the_list_names(posts: Posts) -> None:
    pairs = {
        (d, k) for d in codes("domain") for k in ("01", "02", "other", *(kind for _, kind in SEALED_KINDS))
    }
    with posts.town.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        for n, ((domain, kind), by_risk) in enumerate(itertools.product(sorted(pairs), (False, True))):
            row = Incident(
                uid=f"seal {n}",
                domain=domain,
                kind=kind,
                sealed_by_risk=by_risk,
                occurred_at=NOW,
                stage="accepted",
                grid_key=0,
                handler_key=0,
                placed_by="person",
            )
            session.add(row)
            session.flush()
            session.refresh(row)
            assert row.sealed is is_sealed(domain, kind, by_risk=by_risk)
        session.rollback()


@pytest.mark.parametrize("name", MAY_NOT)
def test_a_sealed_case_is_in_nothing_that_is_answered_to_whoever_may_not_open_it(
    posts: Posts, sealed: Case, name: str, tmp_path: Path
) -> None:
    town, scope = posts.town, posts[name].scope
    number, key = sealed.row.number, sealed.row.incident_id
    said = []
    for listed in LIST_NAMES:
        said += worklists.work_list(town, scope, Wanted(listed), limit=10_000, now=NOW).rows
    for words in (number, number[:15], sealed.row.uid, SECRET, HIDDEN_PLACE):
        said += desk.search(town, scope, words)
    said += desk.list_open(town, scope, limit=10_000)
    said += intake.duplicates(town, scope, FAMILY, now=NOW)
    said += tasks.list_tasks(town, scope, is_open=None)
    assert not [row for row in said if row.number == number]
    assert tasks.list_tasks(town, scope, number=number) == []
    assert HIDDEN_PLACE not in str(where.by_words(town, scope, HIDDEN_PLACE))
    features = incidents.incident_features(town, scope, IncidentQuery(), limit=20_000, now=NOW)["features"]
    assert key not in {f["id"] for f in features}
    file = tmp_path / "out.csv"
    export_layer(town, scope, find_layer("incidents"), file)
    assert number not in file.read_text("utf-8-sig")
    for asked in (
        lambda: desk.find(town, posts[name], number),
        lambda: incidents.incident_story(town, scope, key),
        lambda: ranking.rank_for_incident(town, posts[name], sealed.row.uid, at=NOW),
        lambda: desk.act(
            town, posts[name], number, StepAsked(Action.NOTE, note="x"), sealed.row.revision, uuid.uuid4()
        ),
        lambda: desk.undo(town, posts[name], number, sealed.row.revision, now=NOW),
    ):
        with pytest.raises(NotFound):
            asked()
    with pytest.raises((NotFound, Forbidden)):
        desk.open_sealed(town, posts[name], number)
    client = posts.client(name)
    addresses = [
        *(f"/api/v1{a}" for a in (f"/cases/{number}", f"/incidents/{key}", f"/incidents/{number}/teams")),
        *(f"/cases/{number}{a}" for a in ("", "/qr.svg")),
        *(f"/desk?list={listed}" for listed in LIST_NAMES),
        *(f"/api/v1/cases?q={q}" for q in (number, SECRET)),
        f"/search?q={number}",
        "/town",
        "/wall",
        "/handover",
        "/api/v1/cases/tasks",
        "/api/v1/dispatches",
        "/api/v1/incidents?limit=500",
        "/api/v1/exports/incidents.csv?from=2026-11-01&to=2026-11-05",
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if f"/{number}" in address or f"/{key}" in address:
            assert answer.status_code in {403, 404}, address
            continue
        # The field of the search holds what was searched for; nothing else holds the number.
        told = answer.text
        for again in (f'value="{number}"', f"q={number}", f"“{number}”"):
            told = told.replace(again, "")
        assert number not in told, address
        assert SECRET not in told, address
        assert HIDDEN_PLACE not in told, address


def test_no_map_shows_a_sealed_case_not_even_to_whoever_may_open_it(posts: Posts, sealed: Case) -> None:
    for name in (*MAY_OPEN, *MAY_NOT):
        shift = 2 * (22 - 16)
        code = int(tile_key([LON], [LAT])[0]) >> shift
        x = sum((code >> (2 * b) & 1) << b for b in range(16))
        y = sum((code >> (2 * b + 1) & 1) << b for b in range(16))
        query = IncidentQuery(domains=("dispute",), kinds=("01",))
        assert tiles.incident_tile(posts.town, posts[name].scope, 16, x, y, query) == b""
    micro = counts.count_by_grid(posts.town, posts["值班"].scope, IncidentQuery(kinds=("01",)), level=4)
    assert micro["counts"] == {}
    assert micro["total"] == micro["unassigned"]


@pytest.mark.parametrize("name", ["值班", "镇值班"])
def test_the_pack_of_a_meeting_is_the_same_whether_or_not_its_maker_may_open_sealed_cases(
    posts: Posts, sealed: Case, name: str
) -> None:
    town, actor = posts.town, posts[name]
    number, due = sealed.row.number, NOW.date()
    tasks.make(town, posts["值班"], "decision", posts.village, due, SECRET, number=number)
    closed = replace(actor, scope=actor.scope.opening(None))
    late = NOW + dt.timedelta(days=300)
    made, plain = (meeting_pack(town, who, "2026-11", now=late) for who in (actor, closed))
    assert worklists.totals(town, actor.scope, Wanted("overdue"), now=late) != worklists.totals(
        town, closed.scope, Wanted("overdue"), now=late
    )
    assert made.html == plain.html
    assert number not in made.html
    assert SECRET not in made.html
    assert 'href="/forms/meeting.pdf?period=2026-10"' in posts.client(name).get("/forms?period=2026-10").text
    assert "meeting.pdf" not in posts.client("计划").get("/forms?period=2026-10").text
    assert posts.client("计划").get("/forms/meeting.pdf?period=2026-10").status_code == 403


@pytest.mark.parametrize("name", [*MAY_OPEN, "邻村", "片区乙", "管理"])
def test_every_headline_is_what_lists_have_and_what_is_sealed_and_is_the_same_for_all(
    posts: Posts, sealed: Case, name: str
) -> None:
    town, scope = posts.town, posts[name].scope
    grids = [None, posts.village, ancestor(posts.village, AREA), posts.neighbour]
    for grid, more in itertools.product(grids, ({}, {"kinds": ("01",)}, {"flags": frozenset({"open"})})):
        query = IncidentQuery(grid, **more)  # type: ignore[arg-type]
        listed = incidents.incident_features(town, scope, query, limit=20_000, now=NOW)
        assert listed["total"] == len(listed["features"]) + listed["sealed"]
        whole = incidents.incident_features(town, scope.for_upkeep(), query, limit=1, now=NOW)
        assert (whole["total"], whole["sealed"]) == (listed["total"], 0)
        by_grid = counts.count_by_grid(town, scope, query, level=VILLAGE, now=NOW)
        assert (by_grid["total"], by_grid["sealed"]) == (listed["total"], listed["sealed"])
        table = figures.by_grid(town, scope, query, VILLAGE, now=NOW)
        assert (table.total.reported, table.total.sealed) == (listed["total"], listed["sealed"])
        days = incidents.timeline(town, scope, query, now=NOW)["points"]
        assert sum(n for _, n in days) == listed["total"]
    for figure in figures.glance(town, scope, NOW).figures:
        whole_figures = {f.name: f for f in figures.glance(town, scope.for_upkeep(), NOW).figures}
        assert figure.now == whole_figures[figure.name].now or figure.name == "teams_out"
    kept = incidents.incident_features(town, scope, IncidentQuery(text=SECRET), now=NOW)
    assert (kept["total"], kept["sealed"]) == (0, 0)


def test_a_part_of_a_number_tells_what_is_listed_and_nothing_of_what_is_sealed(
    posts: Posts, sealed: Case
) -> None:
    town, scope = posts.town, posts["片区乙"].scope
    whole = Wanted("all", IncidentQuery(posts.village), counted="reported", level=VILLAGE)
    assert worklists.work_list(town, scope, whole, now=NOW).held_back > 0
    # How a sealed case stands, who has it and what risk it is, is sealed, too.
    for part in (
        whole._replace(name="overdue"),
        whole._replace(risk=sealed.row.risk),
        whole._replace(handler=sealed.row.handler_key),
    ):
        assert worklists.work_list(town, scope, part, now=NOW).held_back == 0


@pytest.mark.parametrize("name", MAY_OPEN)
def test_the_handler_and_the_two_named_posts_see_it_marked_and_open_it_each_alone_on_record(
    posts: Posts, sealed: Case, name: str
) -> None:
    town, actor, number = posts.town, posts[name], sealed.row.number
    found = desk.find(town, actor, number)
    (line,) = desk.search(town, actor.scope, number)
    assert (found.closed, line.sealed, line.summary, line.place, line.lon) == (True, True, None, None, None)
    assert (found.row.summary, found.steps, found.tasks, found.told.summary) == (None, (), (), "")
    assert desk.search(town, actor.scope, SECRET) == []
    assert SECRET not in str(tasks.list_tasks(town, actor.scope, is_open=None))
    before = rows_of(town, "open_sealed", number)
    opened = desk.open_sealed(town, actor, number)
    assert (opened.row.summary, opened.row.place, opened.closed) == (SECRET, HIDDEN_PLACE, False)
    assert {t.text for t in opened.tasks} == {SECRET}
    client = posts.client(name)
    page = client.get(f"/cases/{number}")
    assert page.status_code == 200
    assert SECRET not in page.text
    assert SECRET in client.post(f"/cases/{number}/open", data={}).text
    assert SECRET not in client.get(f"/api/v1/cases/{number}").text
    answer = client.post(f"/api/v1/cases/{number}/open", json={})
    assert answer.get_json()["row"]["summary"] == SECRET
    assert rows_of(town, "open_sealed", number) == before + 3
    assert SECRET not in str(audit.list_entries(town, limit=10_000))


def test_the_keeper_at_the_machine_opens_none_unless_it_acts_as_such_a_post(
    posts: Posts, sealed: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_of(posts.town).items():
        monkeypatch.setenv(name, value)
    run = CliRunner()
    number = sealed.row.number
    refused = run.invoke(main, ["cases", "open", number])
    assert SECRET not in refused.output
    assert SECRET in run.invoke(main, ["--as", "镇值班", "cases", "open", number]).output
    shown = run.invoke(main, ["--as", "镇值班", "cases", "show", number]).output
    assert number in shown
    assert SECRET not in shown


def test_steps_are_made_by_those_who_may_open_it_and_it_goes_where_it_is_passed(posts: Posts) -> None:
    town = posts.town
    case = intake.record(town, posts["值班"], FAMILY, uuid.uuid4(), now=NOW)

    def step(name: str, case: Case, action: Action, hours: float, **said: object) -> Case:
        asked = StepAsked(action, **said)  # type: ignore[arg-type]
        at = NOW + dt.timedelta(hours=hours)
        return desk.act(town, posts[name], case.row.number, asked, case.row.revision, uuid.uuid4(), now=at)

    case = step("镇值班", case, Action.ASSESS, 1, risk="yellow", risk_grounds=("group",))
    area = ancestor(posts.village, AREA)
    case = step("值班", case, Action.TRANSFER, 2, to_grid_key=area, ground="beyond_means")
    # The area's desk is asked to sign; it has no name of its own on the list of two.
    assert desk.find(town, posts["片区乙"], case.row.number).closed
    case = step("片区乙", case, Action.SIGN, 3)
    assert desk.open_sealed(town, posts["片区乙"], case.row.number).row.summary == SECRET
    with pytest.raises(NotFound):
        desk.find(town, posts["值班"], case.row.number)


def test_what_was_told_of_violence_once_stays_sealed_whatever_the_risk_is_later(posts: Posts) -> None:
    town, actor = posts.town, posts["值班"]
    case = intake.record(
        town, actor, replace(QUARREL, risk="red", risk_grounds=("violence",)), uuid.uuid4(), now=NOW
    )
    assert case.row.sealed
    calm = StepAsked(Action.ASSESS, risk="green")
    case = desk.act(town, actor, case.row.number, calm, case.row.revision, uuid.uuid4(), now=NOW)
    assert (case.row.risk, case.row.sealed, case.closed) == ("green", True, True)


def test_a_sealed_case_tells_before_it_is_opened_no_ground_of_its_risk_and_not_how_it_ended(
    posts: Posts,
) -> None:
    town, actor, client = posts.town, posts["值班"], posts.client("值班")
    case = intake.record(
        town, actor, replace(QUARREL, risk="red", risk_grounds=("violence", "minors")), uuid.uuid4(), now=NOW
    )
    number, untold = (
        case.row.number,
        ("risk_grounds", "co_bodies", "outcome", "method", "agreement", "fulfilled"),
    )
    told = client.get(f"/api/v1/cases/{number}").get_json()
    assert (told["closed"], told["state"]["risk"]) == (True, "red")
    assert [told["state"][name] or None for name in untold] == [None] * len(untold)
    assert (told["state"]["sealed_by_risk"], told["barred"]) == (False, [])
    opened = client.post(f"/api/v1/cases/{number}/open", json={}).get_json()
    assert sorted(opened["state"]["risk_grounds"]) == ["minors", "violence"]
    assert opened["barred"]


def test_at_most_two_posts_are_named_each_change_is_written_down_and_the_administrator_opens_none(
    posts: Posts,
) -> None:
    town = posts.town
    with pytest.raises(Conflict, match="镇值班"):
        accounts.name_for_sealed(town, KEEPER, "邻村", opens=True)
    with pytest.raises(InvalidInput, match="值班岗"):
        accounts.name_for_sealed(town, KEEPER, "管理", opens=True)
    accounts.name_for_sealed(town, KEEPER, "片区甲", opens=False)
    assert accounts.find_post(town, "片区甲").actor.scope.opens == ancestor(posts.village, AREA)
    page = posts.client("管理").post("/posts/change", data={"name": "片区甲", "what": "sealed"})
    assert page.status_code == 200
    assert accounts.find_post(town, "片区甲").opens_sealed
    written = [e.object for e in audit.list_entries(town, action="post_sealed")]
    assert written.count("片区甲") == 3
    assert {role for role in Role if Right.SEE_SEALED in MAY[role]} == OPENING_ROLES
    assert all(Right.ACT_ON_CASE in MAY[role] for role in OPENING_ROLES)
    assert Role.ADMINISTRATOR not in OPENING_ROLES
    assert ASKED["case.open_case"] is ASKED["cases.open_case"] is Right.SEE_SEALED


def test_a_file_leaves_sealed_cases_out_for_everybody_and_says_how_many(
    posts: Posts, sealed: Case, tmp_path: Path
) -> None:
    layer = find_layer("incidents")
    query = IncidentQuery(grid=posts.village)
    left = {
        count_left_out(posts.town, posts[n].scope, layer, query) for n in ("值班", "镇值班", "片区乙", "数据")
    }
    (n,) = left
    assert n > 0
    for name in ("值班", "镇值班"):
        file = tmp_path / f"{name}.csv"
        export_layer(posts.town, posts[name].scope, layer, file, query=query)
        assert sealed.row.number not in file.read_text("utf-8-sig")


def test_a_file_brings_sealed_cases_in_and_corrects_them_and_no_list_of_imports_tells_of_them(
    posts: Posts, tmp_path: Path
) -> None:
    town, keeper = posts.town, posts["数据"]

    def bring(summary: str, lon: float = LON, *, doubtful: bool = False) -> ImportResult:
        file = tmp_path / "cases.csv"
        line = f"seal-1,dispute,01,2026-10-01T09:00:00+08:00,{summary},{lon},{LAT}"
        file.write_text(f"uid,domain,kind,occurred_at,summary,lon,lat\n{line}\n", "utf-8")
        options = ImportOptions(accept_doubtful=doubtful)
        return import_records(
            town, keeper.scope, IMPORT_KINDS["incidents"], file, options, actor=keeper, now=NOW
        )

    assert bring("隐秘甲").inserted == 1
    assert bring("隐秘乙").updated == 1
    with town.scoped_session(Scope.whole().for_upkeep()) as session:
        assert session.scalar(select(Incident.summary).where(Incident.uid == "seal-1")) == "隐秘乙"
    far = bring("隐秘丙", LON + 0.05)
    assert (far.committed, far.refused) == (False, 1)
    assert far.parsed is not None
    # The file's own row is told again; what is stored is not.
    assert "隐秘乙" not in far.parsed.refused.to_string()
    assert bring("隐秘丙", LON + 0.05, doubtful=True).updated == 1
    runs = history.list_imports(town, keeper.scope, limit=3)
    assert len(runs) == 3
    for run in runs:
        shown = history.show_import(town, keeper.scope, IMPORT_KINDS, run.run_id)
        assert "隐秘" not in str(shown)
        assert "seal-1" not in str(shown)
    undone = history.undo_import(town, keeper, IMPORT_KINDS, runs[0].run_id, "导错了", now=NOW)
    assert (undone.restored, "seal-1" in str(undone)) == (1, False)
    with town.scoped_session(Scope.whole().for_upkeep()) as session:
        assert session.scalar(select(Incident.summary).where(Incident.uid == "seal-1")) == "隐秘乙"


def test_the_page_of_a_sealed_case_that_is_not_opened_says_for_whom_it_waits_and_nothing_of_what_it_is_about(
    posts: Posts, tmp_path: Path
) -> None:
    town = posts.town
    told = {
        "incidents": "uid,domain,kind,occurred_at,summary,lon,lat\n"
        f"seal-2,dispute,01,2026-10-01T09:00:00+08:00,{SECRET},{LON},{LAT}\n",
        "incident_steps": "uid,at,action,to_body,note\nseal-2,2026-10-02T09:00:00+08:00,移送,县局,隐秘一句\n",
    }
    for noun, lines in told.items():
        file = tmp_path / f"{noun}.csv"
        file.write_text(lines, "utf-8")
        scope = posts["数据"].scope
        assert import_records(town, scope, IMPORT_KINDS[noun], file, ImportOptions(), now=NOW).committed
    handler = posts.client("值班")
    page = handler.get("/cases/seal-2?lang=zh", follow_redirects=True).text
    shown = page.split("<main")[1].split("</main>")[0]
    assert "→ 县局</b> 待签收" in shown
    assert "由承办岗位代记" in shown
    assert "隐秘" not in shown
    english = handler.get("/cases/seal-2?lang=en", follow_redirects=True).text
    assert "whoever has the case says whether it was signed for" in english


def _import(posts: Posts, tmp_path: Path, noun: str, text: str, **options: bool) -> ImportResult:
    file = tmp_path / f"{noun}.csv"
    file.write_text(text, "utf-8")
    keeper = posts["数据"]
    return import_records(
        posts.town,
        keeper.scope,
        IMPORT_KINDS[noun],
        file,
        ImportOptions(**options),  # type: ignore[arg-type]
        actor=keeper,
        now=NOW,
    )


def test_what_is_listed_of_an_import_tells_nothing_of_a_sealed_case_s_steps(
    posts: Posts, tmp_path: Path
) -> None:
    line = f"seal-steps,dispute,01,2026-10-01T09:00:00+08:00,隐秘的事,{LON},{LAT}"
    assert _import(
        posts, tmp_path, "incidents", f"uid,domain,kind,occurred_at,summary,lon,lat\n{line}\n"
    ).inserted
    of_steps = "uid,at,action,note\nseal-steps,2026-10-02T09:00:00+08:00,note,{}\n"
    assert _import(posts, tmp_path, "incident_steps", of_steps.format("隐秘的说明甲")).inserted == 1
    compared = _import(posts, tmp_path, "incident_steps", of_steps.format("隐秘的说明乙"), dry_run=True)
    assert [row.what for row in compared.rows] == ["changed"]
    assert _import(posts, tmp_path, "incident_steps", of_steps.format("隐秘的说明乙")).updated == 1
    keeper = posts["数据"]
    runs = history.list_imports(posts.town, keeper.scope, limit=2)
    told = [
        compared.rows,
        *(history.show_import(posts.town, keeper.scope, IMPORT_KINDS, r.run_id) for r in runs),
    ]
    assert "隐秘" not in str(told)
    assert "seal-steps" not in str(told)
    with posts.town.scoped_session(Scope.whole().for_upkeep()) as session:
        number = session.scalar(select(Incident.incident_id).where(Incident.uid == "seal-steps"))
    assert str(number) not in str(told)


def test_what_is_listed_of_an_import_is_sealed_when_its_case_is_sealed_later(
    posts: Posts, tmp_path: Path
) -> None:
    rows = "uid,domain,kind,occurred_at,summary,lon,lat\n"
    line = "late-seal,dispute,02,2026-10-01T09:00:00+08:00,{},{},{}\n"
    assert _import(posts, tmp_path, "incidents", rows + line.format("后来隐秘甲", LON, LAT)).inserted == 1
    assert _import(posts, tmp_path, "incidents", rows + line.format("后来隐秘乙", LON, LAT)).updated == 1
    keeper = posts["数据"]
    (changed, *_) = history.list_imports(posts.town, keeper.scope, limit=1)
    assert "后来隐秘甲" in str(history.show_import(posts.town, keeper.scope, IMPORT_KINDS, changed.run_id))
    case = desk.find(posts.town, posts["镇值班"], "late-seal")
    harm = StepAsked(Action.ASSESS, risk="red", risk_grounds=("violence",))
    desk.act(posts.town, posts["值班"], case.row.number, harm, case.row.revision, uuid.uuid4(), now=NOW)
    shown = history.show_import(posts.town, keeper.scope, IMPORT_KINDS, changed.run_id)
    assert "后来隐秘" not in str(shown)
    assert "late-seal" not in str(shown)
    again = _import(posts, tmp_path, "incidents", rows + line.format("后来隐秘丙", LON, LAT), dry_run=True)
    assert [(row.what, row.name, row.fields) for row in again.rows] == [("changed", "保密 / sealed", ())]


def test_a_file_is_asked_about_a_sealed_case_by_its_village_and_told_neither_domain_day_nor_distance(
    posts: Posts, tmp_path: Path
) -> None:
    rows = "uid,domain,kind,occurred_at,summary,lon,lat\n"
    line = "seal-far,{},{},2026-10-01T09:00:00+08:00,x,{},{}\n"
    assert _import(posts, tmp_path, "incidents", rows + line.format("dispute", "01", LON, LAT)).inserted == 1
    with posts.town.scoped_session(Scope.whole()) as session:
        by_distance = (
            "select ST_X(label_point), ST_Y(label_point), grid_key from grids where level = 3 and valid_to is null"
            " order by label_point <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"
        )
        villages = session.execute(text(by_distance), {"lon": LON, "lat": LAT}).all()
    own = next((lon, lat) for lon, lat, key in villages if key == posts.village)
    other = villages[-1][0], villages[-1][1]
    # Within its village, or a little beyond, is no other matter: where the case lies cannot be found by trying.
    tried = [
        _import(posts, tmp_path, "incidents", rows + line.format("dispute", "01", *at), dry_run=True)
        for at in (own, (LON + 0.0102, LAT), (LON - 0.0102, LAT), (LON, LAT + 0.0092))
    ]
    assert [done.refused for done in tried] == [0] * len(tried)
    for domain, kind, place in (("dispute", "01", other), ("safety", "", own)):
        asked = _import(posts, tmp_path, "incidents", rows + line.format(domain, kind, *place), dry_run=True)
        assert asked.refused == 1
        assert asked.parsed is not None
        (why,) = asked.parsed.refused.to_dict("records")
        assert "保密" in why["reason_zh"]
        assert not [
            word for word in ("km", "2026", "矛盾纠纷") if word in why["reason_zh"] + why["reason_en"]
        ]


def test_what_reads_like_a_sealed_case_is_asked_about_without_its_number(
    posts: Posts, tmp_path: Path
) -> None:
    rows = "domain,kind,occurred_at,summary,lon,lat\n"
    line = f"dispute,01,2026-10-01T07:11:00+08:00,{{}},{LON},{LAT}\n"
    assert _import(posts, tmp_path, "incidents", rows + line.format("甲")).inserted == 1
    with posts.town.scoped_session(Scope.whole().for_upkeep()) as session:
        uid = session.scalar(select(Incident.uid).where(Incident.summary == "甲"))
    asked = _import(posts, tmp_path, "incidents", rows + line.format("乙"))
    assert (asked.committed, asked.refused) == (False, 1)
    assert asked.parsed is not None
    assert "保密" in asked.parsed.refused.to_string()
    assert str(uid) not in asked.parsed.refused.to_string()


def test_a_link_to_a_case_that_is_not_seen_is_told_to_nobody_who_does_not_see_it(posts: Posts) -> None:
    town, village = posts.town, posts["值班"]
    open_one, other = (intake.record(town, village, QUARREL, uuid.uuid4(), now=NOW) for _ in range(2))
    link = StepAsked(Action.LINK, linked_to=other.row.number, note="同一件事")
    desk.act(town, village, open_one.row.number, link, open_one.row.revision, uuid.uuid4(), now=NOW)
    assert other.row.number in str(desk.find(town, posts["片区乙"], open_one.row.number))
    harm = StepAsked(Action.ASSESS, risk="red", risk_grounds=("violence",))
    desk.act(town, village, other.row.number, harm, other.row.revision, uuid.uuid4(), now=NOW)
    assert other.row.number not in str(desk.find(town, posts["片区乙"], open_one.row.number))
    assert other.row.number in str(desk.find(town, village, open_one.row.number))


def test_a_case_of_the_committee_is_hidden_from_its_village_and_goes_past_it(posts: Posts) -> None:
    town = posts.town
    of_village = ("值班", "网格岗", "调解")
    new = replace(QUARREL, committee_is_party=True, summary="征地补偿公示有争议")
    told = intake.record(town, posts["值班"], new, uuid.uuid4(), now=NOW)
    number, area = told.row.number, ancestor(posts.village, AREA)
    assert (told.state.handler_key, told.closed, told.row.summary) == (area, True, None)
    for name in of_village:
        with pytest.raises(NotFound):
            desk.find(town, posts[name], number)
        seen = incidents.incident_features(town, posts[name].scope, IncidentQuery(), limit=20_000, now=NOW)
        assert number not in str(seen)
        assert seen["total"] == len(seen["features"]) + seen["sealed"]
    case = desk.find(town, posts["片区乙"], number)
    assert (case.row.summary, case.state.handler_key) == (new.summary, area)
    back = StepAsked(Action.ROUTE, to_grid_key=posts.village)
    with pytest.raises(Conflict, match="当事人"):
        desk.act(town, posts["片区乙"], number, back, case.row.revision, uuid.uuid4(), now=NOW)
    on = StepAsked(Action.ROUTE, to_grid_key=posts.neighbour, ground="committee_is_party")
    desk.act(town, posts["片区乙"], number, on, case.row.revision, uuid.uuid4(), now=NOW)
    assert desk.find(town, posts["邻村"], number).row.summary == new.summary
    whole = counts.count_by_grid(town, posts["镇值班"].scope, IncidentQuery(posts.village), level=3)["total"]
    own = counts.count_by_grid(town, posts["值班"].scope, IncidentQuery(posts.village), level=3)["total"]
    assert whole > own


def test_what_tells_who_reported_is_shown_to_the_desks_of_the_place_only(posts: Posts) -> None:
    town = posts.town
    new = replace(QUARREL, reporter_hidden=True, place="桥头第三家", summary="夜里施工扰民")
    case = intake.record(town, posts["值班"], new, uuid.uuid4(), now=NOW)
    number = case.row.number
    for name in ("值班", "网格岗", "片区乙", "镇值班"):
        seen = desk.find(town, posts[name], number)
        assert (seen.told.channel, seen.told.found_by, seen.row.place) == ("visit", "villager", new.place)
    (line,) = desk.search(town, posts["镇值班"].scope, number)
    assert (line.place, line.lon, line.grid_key, line.summary) == (None, None, posts.village, new.summary)
    assert desk.search(town, posts["调解"].scope, "桥头第三家") == []
    pass_on = StepAsked(Action.ROUTE, to_grid_key=posts.neighbour, ground="emergency")
    case = desk.act(town, posts["值班"], number, pass_on, case.row.revision, uuid.uuid4(), now=NOW)
    for name in ("调解", "邻村"):
        seen = desk.find(town, posts[name], number)
        assert (seen.told.channel, seen.told.found_by, seen.row.place, seen.row.lon) == (None,) * 4
        assert (seen.told.lon, seen.row.grid_key, seen.recorded_by) == (None, posts.village, None)
        assert "桥头第三家" not in posts.client(name).get(f"/cases/{number}").text
    back = desk.undo(town, posts["值班"], number, case.row.revision, now=NOW)
    accept = next(s for s in back.steps if s.action == "accept")
    told = StepAsked(Action.CORRECT, corrects=accept.step_id, note="反映人同意公开", reporter_hidden=False)
    desk.act(town, posts["值班"], number, told, back.row.revision, uuid.uuid4(), now=NOW)
    assert desk.find(town, posts["调解"], number).row.place == "桥头第三家"
