"""Loading the demonstration town, through the same doors as anybody's own files."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import VILLAGE, Scope
from gridmap.errors import Conflict, InvalidInput
from gridmap.services.accounts import demonstration
from gridmap.services.cases import bodies, follow, grid_posts
from gridmap.services.cases.bodies import ClinicAsked
from gridmap.services.cases.grid_posts import GridPost
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.ground.road_imports import import_roads
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.storage.cases.steps import solved_of_late
from gridmap.storage.database import Database
from gridmap.storage.ground import boundaries as versions
from gridmap.storage.ground import grids as stored
from gridmap.storage.teams import teams as field
from gridmap.storage.workspace import settings as workspace

Progress = Callable[[str, int, int], None]

GRIDS = ("town.geojson", "areas.geojson", "villages.geojson", "micro_grids.geojson")
RECORDS = (
    ("roads", "roads.geojson"),
    ("organisations", "organisations.csv"),
    ("teams", "teams.csv"),
    ("migrants", "migrant_clusters.csv"),
    ("incidents", "incidents.csv"),
    ("incident_steps", "incident_steps.csv"),
    ("team_positions", "team_positions.csv"),
    ("fixed_points", "fixed_points.csv"),
)
FIRST, NEWEST = 1, 2
"""Editions of the town's year."""
_NEW_IN_THE_SECOND = frozenset({"fixed_points.csv"})
LAST_DAY = dt.date(2026, 10, 31)
_LOCK = 0x746F776E  # "town" in ASCII: two servers that start on an empty workspace load it once
_THEMES = ("water", "land", "places")
_MIN_ZOOM_OF_RANK = {1: 9, 2: 12, 3: 13, 4: 14}


def is_wanted(database: Database) -> bool:
    """Tell whether the workspace is empty, or the town's loading was cut short."""
    with database.scoped_session(Scope.whole()) as session:
        state = workspace.read_settings(session).get("demo")
        return state == "loading" or (state is None and workspace.is_empty(session))


def load_town(
    database: Database,
    *,
    folder: Path | None = None,
    edition: int = NEWEST,
    now: dt.datetime | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Load the demonstration town into an empty workspace; go on where an earlier try was cut short.

    The first edition keeps its dates. The second is moved so that its last day is today, without what would lie
    ahead; it has lawful courses, day teams and every kind of body. The night of team positions is moved to last
    night, because positions are deleted after 30 days.

    Parameters
    ----------
    database : Database
    folder : Path, optional
        Where the town's files are; those of the installation by default.
    edition : {1, 2}
    now : datetime, optional
        Aware; the present by default.
    on_progress : callable, optional
        Called with ``(file, done, total)``.

    Raises
    ------
    Conflict
        When the workspace holds somebody's own grids.
    InvalidInput
        When a file of the town is damaged.
    """
    with database.exclusive(_LOCK):
        _load(
            database,
            folder or data_folder(),
            edition,
            now or dt.datetime.now(dt.UTC),
            on_progress or (lambda _step, _done, _total: None),
        )


def _load(database: Database, folder: Path, edition: int, now: dt.datetime, say: Progress) -> None:
    whole = Scope.whole()
    if not is_wanted(database):
        raise Conflict(
            "workspace-not-empty",
            "工作区已有网格，不会再载入示范镇。请用另一个 GRIDMAP_HOME。",
            "The workspace has grids, so the demonstration town is not loaded. Use another GRIDMAP_HOME.",
        )
    with database.scoped_session(whole, write=True) as session:
        # A loading that goes on after midnight goes on with the dates that it began with.
        began = workspace.read_settings(session).get("demo_began")
        told = now if began is None else dt.datetime.fromisoformat(began)
        workspace.write_settings(session, demo="loading", kinds=_kinds(folder), demo_began=told.isoformat())
    total = len(RECORDS) + 2
    say("grids", 0, total)
    result = import_boundaries(database, whole, [folder / name for name in GRIDS], BoundaryOptions())
    if result.errors:
        first = result.errors[0]
        raise InvalidInput(
            "town-damaged", f"示范镇数据有误：{first.zh}", f"The town's data is damaged: {first.en}"
        )
    say("basemap", 1, total)
    with database.scoped_session(whole, write=True) as session:
        for theme in _THEMES:
            versions.add_basemap(session, theme, _features(folder / f"{theme}.geojson"))
        if not stored.has_history(session):
            _add_history(session, folder / "former_villages.geojson")
    with told_files(folder, edition, told, database.settings.timezone) as files:
        _bring(database, files, now, lambda name, n: say(name, n + 2, total))
    demonstration.add_posts(database, now.date())
    if edition != FIRST:
        _serve_grids(database, now.astimezone(ZoneInfo(database.settings.timezone)).date())
        _follow_up(database, now)
    with database.scoped_session(whole, write=True) as session:
        newest = max((t["position_at"] for t in field.list_teams(session) if t["position_at"]), default=None)
        if newest is not None and now > newest:
            versions.shift_positions(session, (now - newest).days)
        workspace.write_settings(session, demo="loaded", demo_edition=edition, demo_began=None)
        workspace.touch(session)
    say("done", total, total)


_OFFICE_HOURS = {str(day): [["08:30", "11:30"], ["13:30", "17:00"]] for day in range(1, 6)}
_VOLUNTEERS = ("publicity", "information", "mediation", "safety", "service")


def _serve_grids(database: Database, today: dt.date) -> None:
    """Give villages their posts and volunteers, and bodies their clinics of the next weeks."""
    actor = Actor.at_the_machine()
    with database.scoped_session(actor.scope) as session:
        villages = stored.list_grids(session, level=VILLAGE, geometry=False)
    for n, village in enumerate(villages):
        key, name = int(village["grid_key"]), village["name_zh"]
        for duty, title in (("committee", "村（居）委会"), ("grid_post", "网格岗 1"), ("mediator", "调解岗")):
            grid_posts.put(database, actor, GridPost(key, duty, f"{name} {title}", None, _OFFICE_HOURS))
        counts = {role: 1 + (n * 7 + k * 3) % 6 for k, role in enumerate(_VOLUNTEERS)}
        grid_posts.count_volunteers(database, actor, key, counts)
    courts = [
        body for body in bodies.directory(database) if body["kind"] in {"court", "lawyer", "justice_office"}
    ]
    announced = bodies.clinics(database, today, today + dt.timedelta(days=30))
    for n, body in enumerate([] if announced else courts):
        asked = ClinicAsked(
            body["code"],
            ("outreach", "outpatient")[n % 2],
            today + dt.timedelta(days=2 + 3 * n),
            dt.time(9),
            dt.time(11, 30),
            grid_key=int(villages[(n * 11) % len(villages)]["grid_key"]),
        )
        bodies.announce(database, actor, asked)


def _follow_up(database: Database, now: dt.datetime) -> None:
    """Give the disputes that were solved of late their follow-ups, as a desk's own solutions leave them."""
    with database.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        for incident_id in solved_of_late(session):
            follow.tasks_of_told(session, database.settings.timezone, incident_id, now)


def _bring(
    database: Database, files: Mapping[str, Path], now: dt.datetime, say: Callable[[str, int], None]
) -> None:
    whole = Scope.whole()
    for n, (noun, name) in enumerate(kind for kind in RECORDS if kind[1] in files):
        say(name, n)
        path = files[name]
        # The town's year may end after a clock that runs late.
        clock = max(now, dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        if noun == "roads":
            done = import_roads(database, whole, path, ImportOptions()).result
        else:
            done = import_records(database, whole, IMPORT_KINDS[noun], path, ImportOptions(), now=clock)
        if done.refused:
            raise InvalidInput(
                "town-damaged",
                f"示范镇文件 {name} 有 {done.refused} 行无法使用。",
                f"{done.refused} rows of the town's {name} cannot be used.",
            )


@contextmanager
def told_files(folder: Path, edition: int, now: dt.datetime, zone: str) -> Iterator[dict[str, Path]]:
    """Give the files of an edition by name, for as long as the block lasts.

    Parameters
    ----------
    folder : Path
    edition : {1, 2}
    now : datetime
        Aware; the second edition's last day becomes this day, without what would lie ahead of it.
    zone : str
    """
    files = {name: folder / name for _, name in RECORDS if name not in _NEW_IN_THE_SECOND}
    if edition == FIRST:
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="gridmap-town-") as made:
        for _, name in RECORDS:
            newer = folder / f"edition_{edition}" / name
            if newer.is_file():
                files[name] = newer
        for name in ("incidents.csv", "incident_steps.csv"):
            files[name] = _moved(files[name], Path(made) / name, now, zone)
        yield files


def _moved(source: Path, target: Path, now: dt.datetime, zone: str) -> Path:
    rows = pd.read_csv(source, dtype="str", keep_default_na=False)
    local = ZoneInfo(zone)
    days = pd.Timedelta(days=(now.astimezone(local).date() - LAST_DAY).days)
    ahead = np.zeros(len(rows), bool)
    for column in (c for c in rows.columns if c.endswith("_at") or c in {"at", "until"}):
        told = pd.to_datetime(rows[column].mask(rows[column] == ""), utc=True, format="ISO8601") + days
        if column not in {"due_at", "until"}:
            ahead |= (told > pd.Timestamp(now)).to_numpy()
        rows[column] = told.dt.tz_convert(local).map(lambda at: at.isoformat(), na_action="ignore").fillna("")
    rows[~ahead].to_csv(target, index=False)
    return target


def _kinds(folder: Path) -> dict[str, list[dict[str, str]]]:
    kinds = read_kinds(folder)
    return {
        domain: [{"code": k["code"], "zh": k["zh"], "en": k["en"]} for k in items]
        for domain, items in kinds.items()
        if not domain.startswith("_")
    }


def _features(path: Path) -> list[dict[str, Any]]:
    out = []
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        p = feature["properties"]
        rank = p.get("rank")
        out.append(
            {
                "kind": p["kind"],
                "name_zh": p.get("name_zh"),
                "name_en": p.get("name_en"),
                "rank": rank,
                "width_m": p.get("width_m"),
                "min_zoom": _MIN_ZOOM_OF_RANK.get(rank, 0) if rank else 0,
                "geom": shapely.geometry.shape(feature["geometry"]),
            }
        )
    return out


def _add_history(session: Session, path: Path) -> None:
    """Villages that became communities, with the codes that they had before."""
    features = json.loads(path.read_text("utf-8"))["features"]
    shapes = [shapely.geometry.shape(f["geometry"]) for f in features]
    rows = []
    for feature in features:
        p = feature["properties"]
        rows.append(
            {
                "grid_key": int(p["grid_key"]),
                "level": p["level"],
                "code": p["code"],
                "name_zh": p["name_zh"],
                "name_en": p["name_en"],
                "population": p["population"],
                "households": p["households"],
                "illustrative": p["illustrative"],
                "valid_from": dt.date.fromisoformat(p["valid_from"]),
                "valid_to": dt.date.fromisoformat(p["valid_to"]),
            }
        )
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326")
    frame["area_m2"] = crs.area_m2(frame.geometry.to_numpy(), crs.metric_crs(frame.total_bounds))
    first_day = min(row["valid_from"] for row in rows)
    version = versions.add_version(session, first_day, path.name, illustrative=True)
    versions.add_grids(session, frame, version)


def data_folder() -> Path:
    """Folder of the demonstration town: inside an installed package, or in a checkout."""
    packaged = Path(str(resources.files("gridmap"))) / "_data" / "boundaries"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "data" / "boundaries"


def read_kinds(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Kinds of incidents by domain, from a folder's ``kinds.json``."""
    kinds: dict[str, list[dict[str, str]]] = json.loads((folder / "kinds.json").read_text("utf-8"))
    return kinds
