"""The drawn year of records keeps its promises: rhythm, hotspots, courses, privacy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from gridmap.domain.codes import codes
from gridmap.domain.duties import SERVICE_TEAM

DATA = Path(__file__).parents[2] / "data" / "boundaries"
KINDS = Path(__file__).parents[2] / "scripts" / "town" / "kinds.csv"
END = pd.Timestamp("2026-11-01T00:00:00+08:00")
TEXT_COLUMNS = ("kind", "scale", "grid_code", "to_grid_code", "village_name")


def table(name: str) -> pd.DataFrame:
    frame = pd.read_csv(DATA / f"{name}.csv", dtype=dict.fromkeys(TEXT_COLUMNS, "str"))
    for column in ("occurred_at", "reported_at", "due_at", "closed_at", "at"):
        if column in frame:
            frame[column] = pd.to_datetime(frame[column])
    return frame


@pytest.fixture(scope="module")
def incidents() -> pd.DataFrame:
    return table("incidents")


@pytest.fixture(scope="module")
def steps() -> pd.DataFrame:
    return table("incident_steps")


@pytest.fixture(scope="module")
def town() -> shapely.Geometry:
    found = json.loads((DATA / "town.geojson").read_text("utf-8"))["features"]
    return shapely.from_geojson(json.dumps(found[0]["geometry"]))


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((DATA / "planted.json").read_text("utf-8"))


def grid_codes() -> set[str]:
    found: set[str] = set()
    for name in ("town", "areas", "villages", "micro_grids"):
        listed = json.loads((DATA / f"{name}.geojson").read_text("utf-8"))["features"]
        found |= {f["properties"]["code"] for f in listed}
    return found


def test_six_thousand_incidents_or_more_over_all_six_domains(incidents: pd.DataFrame) -> None:
    assert len(incidents) >= 6000
    assert incidents.uid.is_unique
    assert set(incidents.domain) == codes("domain")
    assert incidents.domain.value_counts().min() > 300


def test_codes_are_those_of_the_lists(incidents: pd.DataFrame, steps: pd.DataFrame) -> None:
    kinds = json.loads((DATA / "kinds.json").read_text("utf-8"))
    for domain, own in incidents.groupby("domain"):
        assert set(own.kind) <= {k["code"] for k in kinds[domain]}
    assert {k["code"] for k in kinds["dispute"]} == codes("dispute_kind")
    assert set(incidents.scale) <= codes("scale")
    assert set(incidents.channel) == {"letter", "visit", "phone", "online"} < codes("channel")
    assert set(incidents.stage) <= codes("stage")
    assert set(incidents.severity) == {1, 2, 3, 4, 5}
    assert set(steps.stage_to) <= codes("stage")
    assert set(steps.action) == {"accept", "mediate", "transfer", "defer", "resolve", "archive"}
    assert set(table("teams").kind) == codes("team_kind") - {SERVICE_TEAM}
    named = set(incidents.grid_code.dropna()) | set(steps.to_grid_code.dropna())
    assert named <= grid_codes()


def test_the_year_begins_and_ends_where_it_should(incidents: pd.DataFrame) -> None:
    start = pd.Timestamp("2025-11-01T00:00:00+08:00")
    assert incidents.occurred_at.between(start, END, inclusive="left").all()
    assert (incidents.reported_at >= incidents.occurred_at).all()
    assert (incidents.reported_at < END).all()
    assert (incidents.due_at > incidents.reported_at).all()
    assert incidents.occurred_at.dt.date.nunique() == 365
    assert all(text.endswith("+08:00") for text in pd.read_csv(DATA / "incidents.csv").occurred_at)


def test_labour_disputes_gather_before_the_new_year(incidents: pd.DataFrame) -> None:
    own = incidents[(incidents.domain == "dispute") & (incidents.kind == "10")]
    before = own.occurred_at.between("2026-01-01T00:00+08:00", "2026-02-17T00:00+08:00").sum() / 47
    after = own.occurred_at.between("2026-03-01T00:00+08:00", "2026-10-01T00:00+08:00").sum() / 214
    assert before > 3 * after


@pytest.mark.parametrize(
    ("kind", "months", "least"),
    [
        ("flood", (6, 7, 8, 9), 0.75),
        ("fire_hazard", (11, 12, 1, 2), 0.45),
        ("forest_fire", (11, 12, 1, 2, 3, 4), 0.7),
    ],
)
def test_the_seasons_show(incidents: pd.DataFrame, kind: str, months: tuple[int, ...], least: float) -> None:
    own = incidents[incidents.kind == kind]
    assert own.occurred_at.dt.month.isin(months).mean() > least


def test_the_hours_and_the_week_show(incidents: pd.DataFrame) -> None:
    hour, day = incidents.occurred_at.dt.hour, incidents.occurred_at.dt.day_of_week
    fraud = incidents.kind == "fraud"
    assert hour[fraud].between(18, 22).mean() > 0.5
    visits = incidents.kind == "residence_permit"
    assert hour[visits].between(8, 17).mean() > 0.85
    assert (day[visits] >= 5).mean() < 0.22
    plan = pd.read_csv(KINDS, dtype={"code": "str"})
    weekend = {(d, c) for d, c, w in zip(plan.domain, plan.code, plan.week, strict=True) if w == "weekend"}
    own = pd.Series(zip(incidents.domain, incidents.kind, strict=True), index=incidents.index).isin(weekend)
    # Planned 0.503 from Friday to Sunday, 3/7 = 0.429 without a rhythm; one kind alone is too few to tell them apart.
    spread = (0.503 * 0.497 / own.sum()) ** 0.5
    assert 3 / 7 + 3 * spread < (day[own] >= 4).mean()
    assert (day[own] >= 4).mean() == pytest.approx(0.503, abs=3 * spread)


def test_all_but_ten_placed_incidents_lie_in_the_town(
    incidents: pd.DataFrame, town: shapely.Geometry, truth: dict
) -> None:
    placed = incidents.dropna(subset=["lon"])
    inside = shapely.intersects_xy(town, placed.lon, placed.lat)
    assert set(placed.uid[~inside]) == set(truth["outside_uids"])
    assert len(truth["outside_uids"]) == 10


def test_an_incident_without_a_point_names_a_grid_or_a_village(incidents: pd.DataFrame) -> None:
    bare = incidents[incidents.lon.isna()]
    assert 0.005 < len(bare) / len(incidents) < 0.06
    assert (bare.grid_code.notna() | bare.village_name.notna()).all()
    assert bare.accuracy_m.isna().all()


def test_accuracy_is_a_mixture_and_family_disputes_are_coarse(incidents: pd.DataFrame) -> None:
    placed = incidents.dropna(subset=["accuracy_m"])
    assert placed.accuracy_m.between(5, 300).all()
    assert (placed.accuracy_m <= 15).mean() > 0.3
    assert (placed.accuracy_m >= 70).mean() > 0.15
    family = placed[(placed.domain == "dispute") & (placed.kind == "01")]
    assert family.accuracy_m.min() >= 100


def test_a_share_is_late_transferred_and_deferred(incidents: pd.DataFrame, steps: pd.DataFrame) -> None:
    late = (incidents.closed_at > incidents.due_at).mean()
    assert 0.04 < late < 0.2
    overdue = incidents.closed_at.isna() & (incidents.due_at < END)
    assert 20 < overdue.sum() < 300
    share = steps.drop_duplicates(["uid", "action"]).action.value_counts() / len(incidents)
    assert 0.05 < share["transfer"] < 0.25
    assert 0.03 < share["defer"] < 0.15


def test_steps_tell_each_incidents_course_without_a_break(
    incidents: pd.DataFrame, steps: pd.DataFrame
) -> None:
    byuid = incidents.set_index("uid")
    assert set(steps.uid) == set(incidents.uid)
    for uid, own in steps.groupby("uid", sort=False):
        assert own["at"].is_monotonic_increasing
        assert own.action.iloc[0] == "accept"
        assert own["at"].iloc[0] == byuid.reported_at[uid]
        assert own.stage_from.iloc[1:].tolist() == own.stage_to.iloc[:-1].tolist()
        assert own.stage_to.iloc[-1] == byuid.stage[uid]
    closed = steps[steps.action == "resolve"].set_index("uid")["at"]
    assert (byuid.closed_at.dropna().sort_index() == closed.sort_index()).all()
    assert steps[steps.action == "transfer"].to_grid_code.notna().all()
    kept = steps[steps.action == "defer"]
    assert (kept.stage_from == kept.stage_to).all()


def _metres(lon: pd.Series, lat: pd.Series) -> np.ndarray:
    return np.column_stack(pyproj.Transformer.from_crs(4326, 4549, always_xy=True).transform(lon, lat))


def test_six_planted_hotspots_and_an_emerging_one_stand_out(incidents: pd.DataFrame, truth: dict) -> None:
    spots = truth["hotspots"]
    assert [s["emerging"] for s in spots].count(True) == 1
    assert len(spots) == 7
    placed = incidents.dropna(subset=["lon"])
    for spot in spots:
        own = placed[placed.uid.isin(spot["uids"])]
        assert len(own) == len(spot["uids"]) == spot["expected"]
        assert (own.domain == spot["domain"]).all()
        assert (own.kind == spot["kind"]).all()
        assert own.occurred_at.dt.month.isin(spot["months"]).all()
        assert own.occurred_at.dt.hour.between(spot["hours"][0], spot["hours"][1] - 1).all()
        middle = _metres(pd.Series([spot["lon"]]), pd.Series([spot["lat"]]))
        same = placed[(placed.kind == spot["kind"]) & (placed.domain == spot["domain"])]
        far = np.hypot(*(_metres(same.lon, same.lat) - middle).T)
        inner = (far < spot["radius_m"]).sum() / spot["radius_m"] ** 2
        ring = (far < 5 * spot["radius_m"]) & (far > 2 * spot["radius_m"])
        outer = ring.sum() / (21 * spot["radius_m"] ** 2)
        assert inner > 3 * outer, spot["name"]


def test_the_emerging_hotspot_grows_over_the_last_ten_weeks(incidents: pd.DataFrame, truth: dict) -> None:
    spot = next(s for s in truth["hotspots"] if s["emerging"])
    week = (END - incidents[incidents.uid.isin(spot["uids"])].occurred_at).dt.days // 7
    assert week.max() <= 9
    assert (week < 3).sum() > 2 * (week >= 7).sum()


def test_twelve_teams_move_every_minute_of_the_night(town: shapely.Geometry) -> None:
    teams, seen = table("teams"), table("team_positions")
    assert len(teams) == 12
    assert set(teams["mode"]) == {"car", "bike", "foot"}
    assert set(seen.team_code) == set(teams.code)
    for code, own in seen.groupby("team_code"):
        assert (own["at"].diff().dropna() == pd.Timedelta(minutes=1)).all()
        assert own["at"].min() == pd.Timestamp("2026-10-30T20:00+08:00")
        assert own["at"].max() == pd.Timestamp("2026-10-31T02:00+08:00")
        step = np.hypot(*np.diff(_metres(own.lon, own.lat), axis=0).T)
        speed = float(teams.set_index("code").speed_kmh[code])
        assert step.sum() > 2000
        assert np.quantile(step, 0.98) < speed * 1000 / 60 * 1.15 + 40
    assert shapely.intersects_xy(shapely.buffer(town, 0.002), seen.lon, seen.lat).all()


def test_teams_move_along_roads() -> None:
    found = json.loads((DATA / "roads.geojson").read_text("utf-8"))["features"]
    tree = shapely.STRtree([shapely.from_geojson(json.dumps(f["geometry"])) for f in found])
    seen = table("team_positions")
    _, far = tree.query_nearest(shapely.points(seen.lon, seen.lat), return_distance=True, all_matches=False)
    assert np.quantile(far, 0.99) < 0.0004


def test_sixty_migrant_clusters_are_head_counts_of_places(town: shapely.Geometry) -> None:
    found = table("migrant_clusters")
    assert len(found) == 60
    assert found.name_zh.is_unique
    assert found.head_count.between(10, 900).all()
    assert 9000 <= found.head_count.sum() <= 12_000
    assert set(found.kind) == {"housing", "work_site"}
    assert shapely.intersects_xy(town, found.lon, found.lat).all()
    assert set(found.grid_code) <= grid_codes()


def test_organisations_serve_every_village() -> None:
    found = table("organisations")
    count = found.kind.value_counts()
    assert 60 <= len(found) <= 80
    assert (count["centre"], count["sub_centre"], count["committee"]) == (1, 3, 28)
    assert min(count["mediation_body"], count["service_point"]) >= 10
    assert set(found.grid_code) <= grid_codes()


def test_no_identity_or_phone_number_is_anywhere() -> None:
    identity = re.compile(r"(?<![\d.])\d{17}[\dXx](?!\d)")
    phone = re.compile(r"(?<![\d.])1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
    files = sorted(DATA.glob("*.csv"))
    assert len(files) > 5
    for file in files:
        text = file.read_text("utf-8")
        assert not identity.search(text), file.name
        assert not phone.search(text), file.name


def test_free_text_holds_no_persons_name_and_no_number(incidents: pd.DataFrame, steps: pd.DataFrame) -> None:
    person = re.compile(r"[某×]|先生|女士|老[王李张刘陈]|小[王李张刘陈](?!商品)|身份证|手机号|户籍|籍贯|民族")
    told = [*incidents.summary.unique(), *steps.note.unique()]
    assert len(told) > 100
    for text in [*told, *table("migrant_clusters").name_zh]:
        assert not person.search(text), text
    for text in told:
        assert not re.search(r"\d", text), text
