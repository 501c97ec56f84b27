"""Photos of a case over the API and on its page: promises."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from collections.abc import Iterator
from io import BytesIO

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from werkzeug.test import TestResponse

from gridmap.cli.main import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.model import Case
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import MOST_PHOTOS, PHOTO_BYTES
from gridmap.errors import Conflict
from gridmap.services.cases import desk, expiry, intake, photos
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of, new_word
from tests.towns import environment_of

KEEPER = Actor.at_the_machine()
OPENER = Actor("镇值班", Role.TOWN_DESK, Scope.whole().for_upkeep())
VILLAGE = 33068110903290000
OTHER = VILLAGE + 1000


def a_photo(colour: str = "red") -> str:
    exif = Image.Exif()
    exif[0x010F] = "secret-9b1f"
    written = BytesIO()
    Image.new("RGB", (40, 30), colour).save(written, "JPEG", exif=exif)
    return base64.b64encode(written.getvalue()).decode()


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


@pytest.fixture
def allowed(town: Database) -> Iterator[None]:
    photos.allow(town, KEEPER, allowed=True)
    yield
    photos.allow(town, KEEPER, allowed=False)


def taken_in(town: Database, *, kind: str = "02") -> Case:
    new = NewCase("dispute", dt.datetime.now(dt.UTC), f"排水争执 {new_word()}", kind=kind, grid_key=VILLAGE)
    return intake.record(town, KEEPER, new, uuid.uuid4())


def hand_in(
    client: FlaskClient, number: str, picture: str | None = None, key: str | None = None
) -> TestResponse:
    return client.post(
        f"/api/v1/cases/{number}/photos",
        json={"picture": picture or a_photo()},
        headers={"Idempotency-Key": key or str(uuid.uuid4())},
    )


def shown(client: FlaskClient, number: str) -> str:
    return client.get(f"/cases/{number}?lang=zh", headers={"Accept": "text/html"}).get_data(as_text=True)


def test_a_town_takes_no_photos_until_it_allows_them(town: Database) -> None:
    client, number = client_of(town), taken_in(town).row.number
    refused = hand_in(client, number)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "photos-not-allowed")
    assert client.get(f"/api/v1/cases/{number}/photos").get_json() == {"allowed": False, "photos": []}
    for address in (f"/cases/{number}", f"/field/{number}"):
        assert "data-photos" not in client.get(address, headers={"Accept": "text/html"}).get_data(
            as_text=True
        )
    village = Actor("村", Role.VILLAGE_DESK, Scope.of_grid(VILLAGE))
    with pytest.raises(Exception, match="whole town"):
        photos.allow(town, village, allowed=True)


def test_a_post_of_the_whole_town_allows_photos_by_command_a_village_does_not(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_of(town).items():
        monkeypatch.setenv(name, value)

    def told(*words: str) -> tuple[int, str]:
        answer = CliRunner().invoke(main, words)
        return answer.exit_code, answer.output

    village = ("--as", "枫源村 值班岗", "photos")
    assert "not allowed" in told(*village, "show")[1]
    assert told(*village, "on")[0] == 1
    assert told("photos", "on")[0] == 0
    assert "已启用" in told(*village, "show")[1]
    assert told("photos", "off")[0] == 0
    assert not photos.are_allowed(town)


@pytest.mark.usefixtures("allowed")
def test_a_photo_is_kept_once_without_what_its_camera_wrote_shown_and_removed(town: Database) -> None:
    client, number, key = client_of(town), taken_in(town).row.number, str(uuid.uuid4())
    first = hand_in(client, number, key=key).get_json()
    assert hand_in(client, number, key=key).get_json() == first
    assert first["allowed"]
    assert [(p["width"], p["height"]) for p in first["photos"]] == [(40, 30)]
    assert dt.datetime.fromisoformat(first["photos"][0]["added_at"]).tzinfo is not None
    address = first["photos"][0]["address"]
    picture = client.get(address)
    assert picture.mimetype == "image/jpeg"
    assert picture.headers["Cache-Control"] == "private, no-store"
    assert b"secret-9b1f" not in picture.data
    assert f'src="{address}"' in shown(client, number)
    assert address in client.get(f"/field/{number}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert hand_in(client, taken_in(town).row.number, key=key).status_code == 409
    left = client.post(f"/api/v1{address}/remove", json={})
    assert left.get_json()["photos"] == []
    assert client.get(address).status_code == 404
    assert client.post(f"/api/v1{address}/remove", json={}).status_code == 404


@pytest.mark.usefixtures("allowed")
def test_a_photo_of_another_s_case_is_neither_seen_nor_added_nor_removed(town: Database) -> None:
    keeper, number = client_of(town), taken_in(town).row.number
    route = StepAsked(Action.ROUTE, to_grid_key=VILLAGE)
    case = desk.find(town, KEEPER, number)
    if case.row.handler_key != VILLAGE:
        desk.act(town, KEEPER, number, route, case.row.revision, uuid.uuid4())
    address = hand_in(keeper, number).get_json()["photos"][0]["address"]
    own, other = (client_of(town, Role.VILLAGE_DESK, grid) for grid in (VILLAGE, OTHER))
    assert own.get(address).status_code == 200
    assert other.get(address).status_code == 404
    assert hand_in(other, number).status_code == 404
    assert other.post(f"/api/v1{address}/remove", json={}).status_code == 404
    auditor = client_of(town, Role.AUDITOR)
    assert hand_in(auditor, number).status_code == 403


@pytest.mark.usefixtures("allowed")
def test_the_photos_of_a_case_that_is_sealed_later_are_closed_and_each_opening_is_written_down(
    town: Database,
) -> None:
    client, number = client_of(town), taken_in(town).row.number
    address = hand_in(client, number).get_json()["photos"][0]["address"]
    case = desk.find(town, KEEPER, number)
    assess = StepAsked(Action.ASSESS, risk="red", risk_grounds=("violence",))
    desk.act(town, KEEPER, number, assess, case.row.revision, uuid.uuid4())
    assert address not in shown(client, number)
    village = client_of(town, Role.VILLAGE_DESK, VILLAGE)
    assert village.get(address).status_code in {403, 404}
    photo = int(address.rpartition("/")[2])
    with pytest.raises(Conflict, match="sealed"):
        photos.add(town, OPENER, number, base64.b64decode(a_photo()), uuid.uuid4())

    def openings() -> int:
        with town.scoped_session(Scope.whole()) as session:
            asked = text("select count(*) from audit where action = 'open_sealed' and object = :n")
            return int(session.scalar(asked, {"n": number}) or 0)

    before = openings()
    assert photos.read(town, OPENER, number, photo)
    assert photos.list_photos(town, OPENER, number)
    assert openings() == before + 2
    # Whoever may open it may still take away what ought not to have been taken.
    assert photos.remove(town, OPENER, number, photo) == ()


@pytest.mark.usefixtures("allowed")
def test_what_is_no_photo_or_one_too_many_is_refused_and_changes_nothing(town: Database) -> None:
    client, number = client_of(town), taken_in(town).row.number
    torn = base64.b64encode(b"no photo").decode()
    assert hand_in(client, number, torn).get_json()["code"] == "photo-unreadable"
    assert hand_in(client, number, "***").status_code == 422
    large = base64.b64encode(bytes(PHOTO_BYTES + 1000)).decode()
    assert hand_in(client, number, large).status_code == 422
    assert client.get(f"/api/v1/cases/{number}/photos").get_json()["photos"] == []
    one = hand_in(client, number).get_json()["photos"][0]["photo_id"]
    with town.scoped_session(Scope.whole(), write=True) as session:
        copies = text(
            "insert into case_photos (incident_id, uid, picture, width, height, post) select incident_id,"
            " gen_random_uuid(), picture, width, height, post from case_photos, generate_series(2, :n)"
            " where photo_id = :one"
        )
        session.execute(copies, {"n": MOST_PHOTOS, "one": int(one)})
    assert hand_in(client, number).get_json()["code"] == "photos-enough"


@pytest.mark.usefixtures("allowed")
def test_photos_go_with_the_words_of_a_case_that_is_out_of_date(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, case = client_of(town), taken_in(town)
    number = case.row.number
    address = hand_in(client, number).get_json()["photos"][0]["address"]
    solve = StepAsked(Action.RESOLVE, outcome="agreed", method="people_mediation", agreement="oral")
    desk.act(town, KEEPER, number, solve, desk.find(town, KEEPER, number).row.revision, uuid.uuid4())
    with town.scoped_session(Scope.whole(), write=True) as session:
        session.execute(
            text("update incidents set closed_at = '2001-01-01' where number = :n"), {"n": number}
        )
    monkeypatch.setattr(town, "settings", town.settings.model_copy(update={"case_text_days": 3650}))
    assert expiry.expire_texts(town, KEEPER).cases
    assert client.get(address).status_code == 404
    later = hand_in(client, number).get_json()["photos"][0]["address"]
    assert expiry.expire_texts(town, KEEPER).cases == 1
    assert client.get(later).status_code == 404


@pytest.mark.usefixtures("allowed")
def test_photos_that_would_tell_where_a_protected_reporter_lives_are_for_the_desks_of_the_place(
    town: Database,
) -> None:
    new = NewCase(
        "dispute",
        dt.datetime.now(dt.UTC),
        f"排水争执 {new_word()}",
        kind="02",
        grid_key=VILLAGE,
        reporter_hidden=True,
    )
    number = intake.record(town, KEEPER, new, uuid.uuid4()).row.number
    address = hand_in(client_of(town), number).get_json()["photos"][0]["address"]
    mediator, desk_ = (client_of(town, role, VILLAGE) for role in (Role.MEDIATOR, Role.VILLAGE_DESK))
    assert desk_.get(address).status_code == 200
    assert address in shown(desk_, number)
    assert mediator.get(f"/api/v1/cases/{number}").status_code == 200
    assert mediator.get(address).status_code == 404
    assert mediator.get(f"/api/v1/cases/{number}/photos").get_json()["photos"] == []
    assert 'id="photos"' not in shown(mediator, number)
    assert hand_in(mediator, number).get_json()["code"] == "photos-not-yours"


@pytest.mark.usefixtures("allowed")
def test_a_village_that_has_a_case_of_another_place_adds_and_removes_photos_once(town: Database) -> None:
    number = taken_in(town).row.number
    case = desk.find(town, KEEPER, number)
    away = StepAsked(Action.TRANSFER, to_grid_key=OTHER, ground="other_village")
    case = desk.act(town, KEEPER, number, away, case.row.revision, uuid.uuid4())
    other, key = client_of(town, Role.VILLAGE_DESK, OTHER), str(uuid.uuid4())
    for _ in range(2):
        told = hand_in(other, number, key=key).get_json()["photos"]
        assert len(told) == 1
    assert other.post(f"/api/v1{told[0]['address']}/remove", json={}).get_json()["photos"] == []
