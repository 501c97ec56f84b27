"""The same forty hostile names through every page, table, export and file: nothing but text arises from them.

They are put below every door, straight into the tables, as an older version or another program might have; what the
doors themselves say to each is the last part.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import unicodedata
import uuid
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pyogrio
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.legible import legible
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict, GridmapError
from gridmap.files.gpx import Place, write_gpx
from gridmap.files.layers import FORMATS
from gridmap.files.papers import Paper, write_papers
from gridmap.files.xml_text import writable
from gridmap.ingest.rows import parse_table
from gridmap.services.accounts import desk as posts
from gridmap.services.accounts import entry
from gridmap.services.cases import screening
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.house import EXPORT_LAYERS
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep.files import export_plan
from gridmap.services.patrols.make import plans
from gridmap.services.reports.building import build_hotspot_report
from gridmap.services.reports.request import ReportRequest
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from gridmap.storage.models.cases import Incident
from gridmap.storage.models.grids import Grid
from tests.conftest import MakeDatabase
from tests.doors import client_of
from tests.hostile_names import MARK, NAMES, REFUSED_EVERYWHERE, TEXTS, TOWN, Hostile, spoil, spoil_the_rest
from tests.towns import environment_of
from tests.walking import is_read, paths
from web.app import create_app
from web.assets import vendor_folder

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
DAYS = dt.date(2026, 5, 1), dt.date(2026, 10, 31)
# What begins a formula for a program that splits at any of these.
SPLITS = re.compile(r"[;,|\t\r\n；，]")
RUNS = tuple("=+-@＝＋－＠")


@pytest.fixture(scope="module")
def spoilt(make_database: MakeDatabase) -> Database:
    """The demonstration town, in which everything that has a name has one of the forty, with a run and a plan of it."""
    town = make_database("demo")
    spoil(town)
    spoil_the_rest(town)
    run_hotspots(town, WHOLE, HotspotSpec("gi", *DAYS, domain="policing", seed=7))
    return town


@pytest.fixture(scope="module")
def keeper(spoilt: Database) -> FlaskClient:
    return client_of(spoilt)


class Read(HTMLParser):
    """What a page is made of: its elements and attributes with a mark, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.arisen: list[str] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = [tag] if tag in {"script", "style", "title", "textarea"} else []
        names = [tag, *(name for name, _ in attrs)]
        addresses = [
            v or "" for name, v in attrs if name in {"href", "src", "action", "formaction", "xlink:href"}
        ]
        runs = [
            a for a in addresses if re.match(r"[\s\0]*(javascript|vbscript|data:text/html)", a, re.IGNORECASE)
        ]
        handlers = [name for name in names if name.startswith("on")]
        self.arisen += [n for n in names if MARK in n] + runs + handlers
        self.texts += [v for name, v in attrs if v and name not in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        if self._inside == ["script"]:
            self.scripts.append(data)
        else:
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.arisen += [data] if MARK in data else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = []
        self.arisen += [tag] if MARK in tag else []


def seen_in(said: str) -> set[str]:
    """Kinds of the names that stand in a text whole; what breaks lines or joins blanks changes nothing."""
    flat = _flat(said)
    return {name.kind for name in NAMES if _flat(name.text) in flat}


def _flat(said: str) -> str:
    return re.sub(r"\s+", "", said)


def check_page(page: str) -> set[str]:
    read = Read(page)
    assert read.arisen == [], read.arisen
    assert not any("49" in t and "{{" not in t and f"#{49}" in t for t in read.texts)
    return seen_in("\n".join(read.texts))


def get(client: FlaskClient, address: str) -> TestResponse:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, (address, answer.status_code, answer.text[:300])
    assert not any(MARK in f"{name}{value}".casefold() for name, value in answer.headers)
    return answer


def test_there_are_forty() -> None:
    assert len(NAMES) == len({name.kind for name in NAMES}) == len(set(TEXTS)) == 40


def test_no_page_makes_an_element_of_a_name(spoilt: Database, keeper: FlaskClient) -> None:
    with spoilt.scoped_session(WHOLE) as session:
        numbers = list(
            session.scalars(
                select(Incident.uid)
                .where(Incident.summary.in_(TEXTS))
                .order_by(Incident.incident_id)
                .limit(40)
            )
        )
    assert len(numbers) == 40
    every = {name.kind for name in NAMES}
    for language in ("zh", "en"):
        assert (
            set().union(
                *(check_page(get(keeper, f"/cases/{number}?lang={language}").text) for number in numbers)
            )
            == every
        )
        assert check_page(get(keeper, f"/posts?lang={language}").text) == every
        for page in (
            "desk", "desk?which=all", "town", "town/meaning", "wall", "handover", "cases/new", "cases/places?place=x5s",
            "audit", "map", "search?q=x5s", "search?q=%3Cx5s%3E%22%27", "audit?post=%3Cx5s%3E%22",
            f"audit?action={MARK}%22+onfocus=1", "sign-in?next=javascript:x5s",
        ):  # fmt: skip
            answer = get(keeper, f"/{page}{'&' if '?' in page else '?'}lang={language}")
            check_page(answer.text)
    assert len(check_page(get(keeper, "/desk").text) | check_page(get(keeper, "/search?q=x5s").text)) > 10
    person = create_app(spoilt).test_client()
    person.set_cookie(
        "gridmap", entry.sign_in_by_link(spoilt, entry.first_link(spoilt), device=TEXTS[1]).secret
    )
    assert NAMES[1].kind in check_page(get(person, "/account").text)
    refused = keeper.get("/cases/%3Cx5s%3E%0d%0aSet-Cookie:x5s=1", headers={"Accept": "text/html"})
    assert refused.status_code in {404, 422}
    assert check_page(refused.text) == set()


def test_every_answer_of_the_api_is_json_that_no_browser_takes_for_a_page(keeper: FlaskClient) -> None:
    seen: set[str] = set()
    for address in (
        "grids?geometry=false", "teams", "organisations", "migrant-clusters", "incidents?limit=100", "screening-rounds",
        "cases/tasks?limit=100", "cases?q=x5s&limit=50", "patrol-plans", "hotspot-runs", "cases/lists", "workspace",
        "jobs", "dispatches",
    ):  # fmt: skip
        answer = get(keeper, f"/api/v1/{address}")
        assert answer.mimetype in {"application/json", "application/geo+json"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        seen |= seen_in(json.dumps(json.loads(answer.text), ensure_ascii=False).replace('\\"', '"'))
    assert len(seen) >= 25


def in_terminal(town: Database, *words: str) -> str:
    done = CliRunner().invoke(main, [*words], env=environment_of(town) | {"COLUMNS": "4000"})
    assert done.exit_code == 0, done.output
    shown = done.output.replace("\n", "")
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}], words
    return done.output


def test_no_table_of_the_terminal_is_steered(spoilt: Database) -> None:
    # What has line ends stands in several lines of a table's column.
    every = {_flat(legible(name.text)) for name in NAMES if "\n" not in name.text}
    assert len(every) == 38
    shown = {
        words: _flat(in_terminal(spoilt, *words.split()))
        for words in (
            "grids list", "users list", "tokens list", "audit list", "cases list", "cases tasks", "cases lists",
            "cases screening list", "hotspots list", "jobs list", "reports list", "dispatch list", "migrants groups",
            "coverage show", "patrols list", "limits show",
        )
    }  # fmt: skip
    for words in ("users list", "tokens list", "cases screening list"):
        told = shown[words].replace("│", "").replace("┃", "")
        assert [name for name in every if name not in told] == [], words
    assert sum(name in shown["grids list"] for name in every) > 25


def check_cells(rows: list[list[str]]) -> None:
    for cell in (cell for row in rows for cell in row):
        begins = cell.strip('"').startswith(RUNS)
        assert not begins or re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell), cell


def check_csv(content: str) -> None:
    """Read as programs of other countries read it: at whatever they split, no cell is a formula."""
    for separator in ",;\t|":
        check_cells(list(csv.reader(io.StringIO(content), delimiter=separator)))
    for part in SPLITS.split(content):
        bare = part.strip("\"'")
        assert not part.strip('"').startswith(RUNS) or re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", bare), part


def check_xlsx(path: Path) -> set[str]:
    texts: list[str] = []
    for sheet in openpyxl.load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None
                texts += [cell.value] if isinstance(cell.value, str) else []
    check_cells([texts])
    return set(texts)


@pytest.mark.parametrize("layer", EXPORT_LAYERS)
def test_every_export_holds_the_names_as_text_and_comes_back(
    spoilt: Database, tmp_path: Path, layer: str
) -> None:
    of_layer = next(found for name, found in EXPORT_LAYERS.items() if name == layer)
    wanted = {name.text for name in NAMES}
    written = []
    for ending in FORMATS:
        path = tmp_path / f"out{ending}"
        written.append(ending)
        export_layer(spoilt, WHOLE, of_layer, path, query=IncidentQuery())
        if ending == ".csv":
            content = path.read_text("utf-8-sig")
            check_csv(content)
            back = parse_back(path, layer)
        elif ending == ".xlsx":
            found = check_xlsx(path)
            assert any(t.startswith("'=HYPERLINK") for t in found)
            continue
        elif ending == ".geojson":
            told = json.loads(path.read_text("utf-8"))
            back = {v for f in told["features"] for v in f["properties"].values() if isinstance(v, str)}
        else:
            table = pyogrio.read_dataframe(path, read_geometry=False)
            back = {v for column in table for v in table[column] if isinstance(v, str)}
        lost = {t for t in wanted if t not in back}
        assert lost == set(), (ending, lost)
    assert written == [".geojson", ".gpkg", ".csv", ".xlsx"]


def check_answer(answer: TestResponse, address: str) -> set[str]:
    """Read what an address answers as whatever opens it would; return the names that stand in it as text."""
    named = answer.headers.get("Content-Disposition", "")
    if MARK in named:
        # A file may be called by its name: as one word, in no folder, with what is seen.
        (told,) = re.findall(r"attachment; filename\*=UTF-8''([A-Za-z0-9_.~%-]+)$", named)
        assert not re.search(r'[\\/:*?"<>|]', unquote(told)), named
        assert unquote(told).isprintable(), named
    said = [f"{n}{v}" for n, v in answer.headers if n not in {"Link", "Content-Disposition"}]
    assert not any(MARK in header.casefold() for header in said), address
    content, kind = answer.get_data(), answer.mimetype
    if kind == "text/html":
        return check_page(answer.text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff", address
    if kind.endswith("json"):
        told = json.dumps(json.loads(answer.text), ensure_ascii=False) if answer.text else ""
        return seen_in(told.replace('\\"', '"').replace("\\\\", "\\"))
    if kind == "text/csv":
        check_csv(content.decode("utf-8-sig"))
    elif kind == "image/svg+xml":
        drawn = [f"{e.tag} {' '.join(e.attrib)}" for e in ET.fromstring(answer.text).iter()]
        assert not [d for d in drawn if MARK in d or "script" in d or " on" in d], address
    elif content.startswith(b"PK\x03\x04"):
        check_packed(content, address)
    elif kind == "application/pdf":
        assert not re.search(rb"/(JavaScript|JS|Launch|URI)\b", content), address
    return set()


def check_packed(content: bytes, address: str) -> None:
    """Read a workbook or a document: no formula, no field, nothing that leads anywhere."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        texts = {n: parts.read(n).decode() for n in parts.namelist() if n.endswith((".xml", ".rels"))}
    for part in texts.values():
        ET.fromstring(part)
    said = "\n".join(texts.values())
    assert not re.search(r"<(w:instrText|w:fldSimple|w:hyperlink|hyperlink|f)[ >]", said), address
    assert 'TargetMode="External"' not in said, address


def test_no_address_of_the_application_makes_anything_of_a_name(
    spoilt: Database, plan: dict[str, Any], keeper: FlaskClient
) -> None:
    with spoilt.scoped_session(WHOLE) as session:
        numbers = session.scalars(
            select(Incident.number).where(Incident.summary.in_(TEXTS), Incident.sealed.is_(False)).limit(3)
        ).all()
        ids = session.scalars(select(Incident.incident_id).where(Incident.number.in_(numbers))).all()
        village = session.scalar(
            select(Grid.grid_key).where(Grid.level == 3, Grid.valid_to.is_(None)).limit(1)
        )
    listed = {
        "number": [str(n) for n in numbers],
        "incident_id": [str(n) for n in ids],
        "uid": [str(numbers[0])],
        "grid_key": [str(TOWN), str(village)],
        "patrol_id": [str(plan["patrol_id"])],
        "code": [f"HX{n:02}" for n in range(0, len(NAMES), 3)],
        "key": [f"HX{n:02}" for n in range(0, len(NAMES), 3)],
        "team": [str(plan["routes"][0]["team_code"])],
        "layer": [*EXPORT_LAYERS],
        "format": ["csv", "xlsx"],
        "kind": ["teams", "organisations", "migrants"],
        "noun": ["teams", "organisations", "migrants", "fixed_points", "projects", "rulings"],
        "z": ["10"], "x": ["854"], "y": ["423"],
    }  # fmt: skip

    def filled(endpoint: str, name: str) -> list[str]:
        wing = endpoint.partition(".")[0]
        if name == "number" and endpoint in {"phone.case", "ogc.one_item", "open311.one"}:
            return listed["incident_id"]
        if name == "number" and wing in {"brought", "screening"}:
            return ["1", "2", "3"]
        if name == "name" and wing in {"ogc", "ogc_tiles"}:
            return ["grids", "incidents", "teams", "organisations"]
        if name == "name" and wing in {"sources", "profiles"}:
            return TEXTS[:3]
        if name == "name":
            return ["gbt31000"]
        return listed.get(name, ["1"])

    seen: set[str] = set()
    answered: dict[str, int] = {}
    for rule in keeper.application.url_map.iter_rules():
        if not is_read(rule):
            continue
        for path, _ in paths(rule, filled):
            answer = keeper.get(path, headers={"Accept": "text/html, */*"})
            assert answer.status_code < 500, (path, answer.text[:300])
            seen |= check_answer(answer, path)
            answered[rule.endpoint] = answered.get(rule.endpoint, 0) + (answer.status_code == 200)
    assert seen == {name.kind for name in NAMES}
    assert sum(n > 0 for n in answered.values()) > 100


def parse_back(path: Path, layer: str) -> set[str]:
    """What a CSV holds, with the apostrophes taken back as the import does."""
    import pyarrow as pa

    from gridmap.files.cells import restore_cells

    with path.open(encoding="utf-8-sig", newline="") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    return set(restore_cells(pa.chunked_array([cells])).to_pylist())


@pytest.fixture(scope="module")
def plan(spoilt: Database) -> dict[str, Any]:
    asked = PatrolRequest(on=dt.date(2026, 11, 1), seed=7, seconds=None, iterations=2_000)
    return plans.plan_patrols(spoilt, WHOLE, asked)


def test_a_plan_s_files_make_nothing_of_a_name(
    spoilt: Database, plan: dict[str, Any], keeper: FlaskClient, tmp_path: Path
) -> None:
    for route, name in zip(plan["routes"], TEXTS, strict=False):
        route["name_zh"] = name
    stops = [visit for route in plan["routes"] for visit in route["visits"]]
    for n, visit in enumerate(stops):
        visit["name_zh"], visit["words_zh"] = TEXTS[n % 40], TEXTS[(n + 7) % 40]
        for street in visit["leg"]["streets"]:
            street["name"] = TEXTS[(n + 3) % 40]
    assert stops
    for ending in ("gpx", "html", "csv", "xlsx", "geojson"):
        path = tmp_path / f"plan.{ending}"
        export_plan(plan, path, "Asia/Shanghai")
        if ending == "html":
            assert len(check_page(path.read_text("utf-8"))) >= min(40, len(stops)) - 4
        elif ending == "gpx":
            tags = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}
            assert tags <= {"gpx", "metadata", "name", "wpt", "desc", "trk", "trkseg", "trkpt"}, tags
        elif ending == "csv":
            check_csv(path.read_text("utf-8-sig"))
        elif ending == "xlsx":
            check_xlsx(path)
        else:
            json.loads(path.read_text("utf-8"))
    for command in ("patrols show", "patrols visits"):
        in_terminal(spoilt, *command.split(), str(plan["patrol_id"]))
    answer = get(keeper, f"/api/v1/patrol-plans/{plan['patrol_id']}/export?format=gpx")
    assert re.fullmatch(r"attachment; filename=[\w.-]+", answer.headers["Content-Disposition"])


def test_gpx_holds_forty_places_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "forty.gpx"
    write_gpx(path, [], places=[Place(name, 120.4, 29.8, name) for name in TEXTS], name=TEXTS[0])
    root = ET.parse(path).getroot()
    names = [e.text or "" for e in root.iter("{http://www.topografix.com/GPX/1/1}name")]
    assert len(names) == 41
    assert {e.tag.rpartition("}")[2] for e in root.iter()} == {"gpx", "metadata", "name", "wpt", "desc"}
    kept = sum(_flat(name) in {_flat(n) for n in names} for name in TEXTS)
    assert kept >= 38, "only what XML cannot hold is left out"


def test_papers_hold_forty_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "forty.docx"
    papers = [Paper(name, ((name, name),), ((name, name),), (name,)) for name in TEXTS]
    write_papers(papers, path, footer=TEXTS[1])
    check_packed(path.read_bytes(), path.name)
    with zipfile.ZipFile(path) as parts:
        read = ET.fromstring(parts.read("word/document.xml"))
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    assert not [e.tag for e in read.iter() if not e.tag.startswith(word) or MARK in e.tag]
    said = _flat("".join(e.text or "" for e in read.iter(f"{word}t")))
    assert sum(_flat(writable(name)) in said for name in TEXTS) == 40


def test_the_report_its_map_and_its_tables_make_nothing_of_a_name(spoilt: Database, tmp_path: Path) -> None:
    purpose = NAMES[0].text + NAMES[3].text
    request = ReportRequest(*DAYS, level=3, permutations=19, seed=1, purpose=purpose)
    build_hotspot_report(spoilt, WHOLE, request, tmp_path / "r.html", assets=vendor_folder())
    page = (tmp_path / "r.html").read_text("utf-8")
    read = Read(page)
    assert read.arisen == []
    own = "\n".join(script for script in read.scripts if "bindPopup" in script)
    assert own
    assert "<x5s" not in own
    assert "</script" not in own
    assert purpose in "\n".join(read.texts)
    tables = [unquote(a) for a in re.findall(r"data:text/csv[^,]*,([^\"]+)", page)]
    assert len(tables) + len(list((tmp_path / "r-tables").glob("*.csv"))) >= 4
    for file in (tmp_path / "r-tables").glob("*.csv"):
        check_csv(file.read_text("utf-8-sig"))
    # The popups are markup of the report's own; inside it the names are text.
    for popup in re.findall(r'bindPopup\(("(?:[^"\\]|\\.)*")', own):
        check_page(json.loads(popup))


def test_what_a_file_says_of_itself_is_shown_as_it_is(spoilt: Database, tmp_path: Path) -> None:
    tried = 0
    for name in TEXTS:
        safe = name.replace("/", "_")[:60]
        path = tmp_path / f"{safe}.csv"
        path.write_text(f"code,name_zh,kind,{MARK}\nQ1,队,bad [/x],\n", "utf-8")
        done = CliRunner().invoke(
            main,
            ["teams", "import", str(path), "--dry-run"],
            env=environment_of(spoilt) | {"COLUMNS": "4000"},
        )
        assert done.exit_code == 1, done.output
        assert "bad [/x]" in done.output
        assert "\x1b" not in done.output
        assert _flat(legible(path.name)) in _flat(done.output)
        for book in tmp_path.glob("*-refused.xlsx"):
            check_xlsx(book)
            book.unlink()
        tried += 1
    assert tried == 40


def test_the_refused_workbook_holds_no_formula(tmp_path: Path) -> None:
    from gridmap.ingest.rows import write_refused

    path = tmp_path / "teams.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["code", "name_zh", "kind", "=1+1", "@x5s"])
        rows.writerows([f"H{n}", t, t, t, t] for n, t in enumerate(TEXTS))
    parsed = parse_table(path, "teams")
    assert parsed.refused_rows == 40, "none of them is a kind of team"
    write_refused(tmp_path / "refused.xlsx", parsed)
    assert check_xlsx(tmp_path / "refused.xlsx")


def doors(town: Database, client: FlaskClient, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """Every door that takes a name or a text, by what it is for."""
    day = dt.date(2026, 11, 1)

    def post(name: str) -> None:
        posts.add_post(town, KEEPER, name, Role.GRID_POST, 0, day)

    def token(name: str) -> None:
        posts.add_token(town, KEEPER, name, Role.LIAISON, 0, dt.datetime.now(dt.UTC) + dt.timedelta(days=1))

    def round_(name: str) -> None:
        screening.begin(town, KEEPER, name, TOWN, 3, day, day)

    def purpose(name: str) -> None:
        ReportRequest(*DAYS, level=3, purpose=name)

    def case(field: str) -> Any:
        def take(name: str) -> TestResponse:
            told = {
                "domain": "dispute",
                "kind": "02",
                "summary": "x",
                "occurred_at": "2026-10-30T08:00:00+08:00",
            }
            return client.post(
                "/api/v1/cases",
                # As any client writes it: half a character, too.
                data=json.dumps(told | {"lon": 120.41, "lat": 29.776, field: name}),
                content_type="application/json",
                headers={"Idempotency-Key": str(uuid.uuid4())},
            )

        return take

    def file(name: str) -> None:
        path = tmp_path / "t.csv"
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as out:
            csv.writer(out).writerows(
                [["code", "name_zh", "kind"], ["HD1", name, "professional patrol team"]]
            )
        parsed = parse_table(path, "teams")
        if parsed.refused_rows:
            first = parsed.refused.iloc[0]
            raise Conflict(first["code"], first["reason_zh"], first["reason_en"])

    yield from {
        "post": post, "token": token, "round": round_, "purpose": purpose, "team's name in a file": file,
        "summary": case("summary"), "place": case("place"), "source's number": case("number_of_source"),
    }.items()  # fmt: skip


def answer_of(take: Any, name: str) -> str | None:
    """Return a door's refusal by its code; None where the name is taken."""
    refused: GridmapError | None = None
    answer = None
    try:
        answer = take(name)
    except GridmapError as error:
        refused = error
    if refused is not None:
        assert refused.zh
        assert refused.en
        return refused.code
    if answer is None or answer.status_code == 201:
        return None
    assert answer.status_code == 422, answer.text
    assert set(answer.get_json()) == {"code", "message_zh", "message_en"}
    return str(answer.get_json()["code"])


def test_each_door_takes_a_name_as_text_or_says_clearly_why_not(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    town = make_database("villages")
    client = client_of(town)
    tried = list(doors(town, client, tmp_path))
    assert len(tried) == 8
    for door, take in tried:
        told = {name.kind: answer_of(take, name.text) for name in (*NAMES, *REFUSED_EVERYWHERE)}
        unseen = [name.kind for name in (*NAMES, *REFUSED_EVERYWHERE) if name.is_unseen]
        assert [kind for kind in unseen if told[kind] is None] == [], door
        assert told["a very long text"] is not None, door
        assert [kind for kind, code in told.items() if code is None], door


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.kind)
def test_a_name_in_an_address_is_answered_and_never_echoed_as_markup(
    keeper: FlaskClient, name: Hostile
) -> None:
    from urllib.parse import quote

    written = quote(name.text, safe="")
    for address in (f"/cases/{written}", f"/search?q={written}", f"/desk?which={written}", f"/sign-in?next={written}",
                    f"/audit?post={written}", f"/api/v1/teams/{written}/track", f"/api/v1/cases/{written}",
                    f"/map?text={written}", f"/enter/{written}", f"/town?domain={written}"):  # fmt: skip
        answer = keeper.get(address, headers={"Accept": "text/html"})
        assert answer.status_code < 500, address
        assert not any(MARK in str(value) for key, value in answer.headers if key not in {"Location", "Link"})
        if answer.mimetype == "text/html":
            assert Read(answer.text).arisen == [], address
        else:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_saved_mapping_s_name_is_text(spoilt: Database, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("码\nQ1\n", "utf-8")
    done = CliRunner().invoke(
        main, ["teams", "import", str(tmp_path / "t.csv"), "--use", f"no [/{MARK}]\x1b[31m", "--dry-run"],
        env=environment_of(spoilt),
    )  # fmt: skip
    assert done.exit_code == 1
    assert f"no [/{MARK}]\\x1b[31m" in done.output
    assert "\x1b" not in done.output
