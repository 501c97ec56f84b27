"""Dispatch over the API: teams are ranked, sent, come, are set free; by nobody else's page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.domain.cases.sealing import is_sealed
from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from web.api.response import dispatch as routes

DISPATCHES = "/api/v1/dispatches"
NIGHT = "2026-10-30T23:00"


@pytest.fixture
def theft(incident_file: list[dict[str, str]]) -> str:
    return [row["uid"] for row in incident_file if row["kind"] == "theft" and row["lon"]][-1]


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    """The server's clock stands at eleven at night, when teams are on shift."""
    moment = dt.datetime(2026, 10, 30, 15, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(routes, "_now", lambda: moment)
    return moment


@pytest.fixture(autouse=True)
def _nothing_is_left(demo_database: Database) -> Iterator[None]:
    yield
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("delete from dispatches"))


def sent(client: FlaskClient, uid: str, team: str) -> dict[str, Any]:
    answer = client.post(DISPATCHES, json={"incident": uid, "team": team})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_teams_are_ranked_by_road_with_the_way_of_each_and_reasons_for_the_others(
    client: FlaskClient, demo_database: Database, theft: str
) -> None:
    told = client.get(f"/api/v1/incidents/{theft}/teams?at={NIGHT}&k=5").get_json()
    seconds = [team["seconds"] for team in told["teams"]]
    with demo_database.scoped_session(Scope.whole()) as session:
        for_life = session.scalar(text("select number from incidents where uid = :uid"), {"uid": theft})
    assert client.get(f"/api/v1/incidents/{for_life}/teams?at={NIGHT}&k=5").get_json() == told
    assert seconds
    assert seconds == sorted(seconds)
    first = told["teams"][0]
    assert first["geometry"]["type"] == "LineString"
    assert sum(s["length_m"] for s in first["streets"]) == pytest.approx(first["length_m"], abs=1)
    assert sum(s["seconds"] for s in first["streets"]) == pytest.approx(first["seconds"], abs=1)
    fit = {team["code"] for team in told["teams"]}
    assert fit.isdisjoint(team["code"] for team in told["left_out"])
    assert all(team["zh"] and team["en"] for team in told["left_out"])


def test_by_day_nobody_is_on_shift_and_each_is_told_why(client: FlaskClient, theft: str) -> None:
    told = client.get(f"/api/v1/incidents/{theft}/teams?at=2026-10-30T11:00").get_json()
    assert told["teams"] == []
    assert "off-shift" in {team["code_why"] for team in told["left_out"]}


def test_off_shift_a_team_is_called_out_all_the_same_and_named_as_what_it_is(
    client: FlaskClient, theft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = dt.datetime(2026, 10, 30, 4, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(routes, "_now", lambda: noon)
    told = client.get(f"/api/v1/incidents/{theft}/teams?at=2026-10-30T12:00&off_shift=true").get_json()
    assert told["teams"]
    assert not any(team["on_shift"] for team in told["teams"])
    assert {"off-shift", "no-hours"}.isdisjoint(team["code_why"] for team in told["left_out"])
    team = told["teams"][0]["code"]
    refused = client.post(DISPATCHES, json={"incident": theft, "team": team})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "team-unfit")
    made = client.post(DISPATCHES, json={"incident": theft, "team": team, "off_shift": True})
    assert made.status_code == 201, made.text
    assert made.get_json()["team_code"] == team


def test_a_team_is_sent_comes_and_is_free_again(
    client: FlaskClient, theft: str, night: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(f"/api/v1/incidents/{theft}/teams").get_json()["teams"][0]
    row = sent(client, theft, first["code"])
    assert (row["state"], row["road_s"], row["road_m"]) == ("sent", first["seconds"], first["length_m"])
    assert not {"lon", "lat", "geometry"} & set(row)
    now = client.get(f"/api/v1/incidents/{theft}/teams").get_json()
    assert first["code"] in {t["code"] for t in now["left_out"] if t["code_why"] == "busy"}
    again = client.post(DISPATCHES, json={"incident": theft, "team": first["code"]})
    assert again.status_code == 409
    assert again.get_json()["code"] == "team-busy"
    address = f"{DISPATCHES}/{row['dispatch_id']}"
    assert client.post(f"{address}/finished").status_code == 409
    monkeypatch.setattr(routes, "_now", lambda: night + dt.timedelta(minutes=6))
    assert client.post(f"{address}/arrived").get_json()["state"] == "arrived"
    assert client.post(f"{address}/arrived").status_code == 409
    assert client.post(f"{address}/cancelled").status_code == 409
    assert client.post(f"{address}/finished").get_json()["state"] == "finished"
    free = client.get(f"/api/v1/incidents/{theft}/teams?k=9").get_json()["teams"]
    assert first["code"] in {t["code"] for t in free}
    assert client.get(address).get_json()["state"] == "finished"


def test_a_team_called_back_is_free_and_has_no_arrival(
    client: FlaskClient, theft: str, night: dt.datetime
) -> None:
    row = sent(client, theft, "T02")
    told = client.post(f"{DISPATCHES}/{row['dispatch_id']}/cancelled").get_json()
    assert (told["state"], told["arrived_at"]) == ("cancelled", None)
    sent(client, theft, "T02")
    listed = client.get(f"{DISPATCHES}?incident={theft}").get_json()["dispatches"]
    assert [d["state"] for d in listed] == ["sent", "cancelled"]
    assert len(client.get(f"{DISPATCHES}?open=true").get_json()["dispatches"]) == 1


def test_an_arrival_before_the_team_was_sent_is_refused(
    client: FlaskClient, theft: str, night: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = sent(client, theft, "T02")
    monkeypatch.setattr(routes, "_now", lambda: night - dt.timedelta(minutes=1))
    answer = client.post(f"{DISPATCHES}/{row['dispatch_id']}/arrived")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "dispatch-arrival")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"incident": "no-such", "team": "T02"}, 404),
        ({"incident": "UID", "team": "T99"}, 404),
        ({"incident": "UID", "team": "T01"}, 409),
        ({"incident": "UID"}, 422),
        ({"incident": "UID", "team": "T02", "lon": 1}, 422),
    ],
)
def test_what_cannot_be_sent_is_refused_in_both_languages(
    client: FlaskClient, theft: str, night: dt.datetime, body: dict[str, Any], status: int
) -> None:
    body = {k: theft if v == "UID" else v for k, v in body.items()}
    answer = client.post(DISPATCHES, json=body)
    assert answer.status_code == status
    assert answer.get_json()["message_zh"]
    assert answer.get_json()["message_en"]


def test_a_page_of_another_site_sends_nobody(client: FlaskClient, theft: str, night: dt.datetime) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    body = {"incident": theft, "team": "T02"}
    assert client.post(DISPATCHES, json=body, headers=foreign).status_code == 403
    row = sent(client, theft, "T02")
    for verb in ("arrived", "finished", "cancelled"):
        address = f"{DISPATCHES}/{row['dispatch_id']}/{verb}"
        assert client.post(address, headers=foreign).status_code == 403
    assert client.get(f"{DISPATCHES}/{row['dispatch_id']}").get_json()["state"] == "sent"


def test_groups_with_fewer_than_five_arrivals_are_withheld_from_the_total_too(
    client: FlaskClient, incident_file: list[dict[str, str]], demo_database: Database
) -> None:
    uids = {
        d: [
            r for r in incident_file if r["domain"] == d and r["reported_at"] and not is_sealed(d, r["kind"])
        ][:n]
        for d, n in (("policing", 6), ("safety", 4))
    }
    waits = [60.0, 120.0, 180.0, 240.0, 300.0, 3600.0]
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        for rows in uids.values():
            for row, wait in zip(rows, waits, strict=False):
                told = dt.datetime.fromisoformat(row["reported_at"])
                for later in (0, 500):
                    session.execute(
                        text(
                            "insert into dispatches (incident_id, team_code, mode, road_s, road_m, sent_at, arrived_at)"
                            " select incident_id, 'T02', 'car', 60, 500, :sent, :arrived from incidents"
                            " where uid = :uid"
                        ),
                        {
                            "uid": row["uid"],
                            "sent": told,
                            "arrived": told + dt.timedelta(seconds=wait + later),
                        },
                    )
    told = client.get(f"{DISPATCHES}/times?by=domain").get_json()
    assert [(g["key"], g["count"]) for g in told["groups"]] == [("policing", 6)]
    assert told["groups"][0]["median_s"] == 210.0
    assert told["groups"][0]["p90_s"] == 1950.0
    assert (told["withheld_groups"], told["total"]["count"]) == (1, 6)
