"""Who comes in, for how long, and what is written down of it."""

from __future__ import annotations

import datetime as dt
import fcntl
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pyotp
import pytest
from argon2 import Type, extract_parameters
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope, make_key
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotSignedIn, TooMany
from gridmap.services.accounts import audit, desk, entry, own, passwords
from gridmap.services.workspace import served
from gridmap.storage.database import Database
from tests.doors import DEAR, client_of, token_of
from tests.towns import environment_of
from web.app import create_app

KEEPER = Actor.at_the_machine()
GOOD = "four unrelated words in a row"
TODAY = dt.date(2026, 11, 1)
VILLAGE = make_key(330681109, 1, 4)


@pytest.fixture
def post(blank: Database) -> str:
    """A village's desk with a password."""
    _, link = desk.add_post(blank, KEEPER, "枫源村 值班岗", Role.VILLAGE_DESK, VILLAGE, TODAY)
    opened = entry.sign_in_by_link(blank, link)
    signed_in = entry.who(blank, opened.secret)
    assert signed_in is not None
    own.change_password(blank, signed_in, "", GOOD)
    return opened.post.name


def sign_in(database: Database, name: str, password: str = GOOD, **given: str) -> str:
    return entry.sign_in(database, name, password, **{"address": "10.0.0.7"} | given).secret


def aged(database: Database, statement: str) -> None:
    with database.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text(statement))


def test_a_link_signs_in_once(blank: Database) -> None:
    link = entry.first_link(blank)
    assert entry.sign_in_by_link(blank, link).post.role is Role.ADMINISTRATOR
    with pytest.raises(NotSignedIn, match="gridmap users link"):
        entry.sign_in_by_link(blank, link)
    late = entry.first_link(blank)
    aged(blank, "update sign_in_links set ends_at = now()")
    with pytest.raises(NotSignedIn):
        entry.sign_in_by_link(blank, late)
    assert len(desk.list_posts(blank, KEEPER)) == 1


def test_the_database_holds_no_secret_that_opens_anything(blank: Database, post: str) -> None:
    secrets = [sign_in(blank, post), entry.first_link(blank), token_of(blank), GOOD]
    with blank.scoped_session(Scope.whole()) as session:
        tables = ("posts", "sessions", "sign_in_links", "api_tokens", "audit", "sign_in_attempts")
        kept = "".join(str(session.execute(text(f"select * from {name}")).all()) for name in tables)
        stored = session.scalar(text("select password_hash from posts where password_hash is not null"))
    assert len(kept) > 1000
    assert not [secret for secret in secrets if secret in kept]
    assert str(stored).startswith("$argon2id$")
    assert min(len(secret) for secret in secrets[:3]) >= 43


def test_a_wrong_password_an_unknown_name_and_a_locked_post_are_told_alike(
    blank: Database, post: str
) -> None:
    said = set()
    for name, password in ((post, "wrong wrong wrong"), ("nobody", GOOD)):
        with pytest.raises(NotSignedIn) as refused:
            sign_in(blank, name, password)
        said.add(str(refused.value))
    desk.lock(blank, KEEPER, post)
    with pytest.raises(NotSignedIn) as refused:
        sign_in(blank, post)
    assert said == {str(refused.value)}


def test_a_password_that_leaked_is_dear_to_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", DEAR)
    kept = passwords.hashed(GOOD)
    asked = extract_parameters(kept)
    assert (asked.type, asked.hash_len, asked.salt_len) == (Type.ID, 32, 16)
    assert asked.memory_cost >= 65_536
    assert asked.time_cost >= 3
    assert passwords.is_right(kept, GOOD)
    assert not passwords.is_right(kept, "wrong wrong wrong")


def test_an_unknown_name_costs_the_same_computation(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real = passwords._HASHER.verify

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            done.append(kept.rpartition("$")[0].rpartition("$")[0])
            return real(kept, password)

        hash = staticmethod(passwords._HASHER.hash)

    kept = passwords.hashed(GOOD)
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert not passwords.is_right(None, GOOD)
    assert passwords.is_right(kept, GOOD)
    assert len(done) == 2
    assert len(set(done)) == 1, "the same algorithm with the same cost"


def test_ten_tries_in_five_minutes_close_one_pair_only(blank: Database, post: str) -> None:
    stays = sign_in(blank, post, address="10.0.0.8")
    for _ in range(10):
        with pytest.raises(NotSignedIn):
            sign_in(blank, post, "wrong wrong wrong")
    with pytest.raises(TooMany) as refused:
        sign_in(blank, post)
    assert refused.value.status == 429
    assert sign_in(blank, post, address="10.0.0.8")
    assert entry.who(blank, stays) is not None
    aged(blank, "update sign_in_attempts set at = at - interval '6 minutes'")
    assert sign_in(blank, post)


def test_tries_at_once_are_ten_as_well(blank: Database, post: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    real = passwords.is_right

    def is_right(kept: str | None, password: str) -> bool:
        looked_at.append(password)
        return real(kept, password)

    monkeypatch.setattr(passwords, "is_right", is_right)

    def guess(n: int) -> str:
        try:
            return sign_in(blank, post, f"wrong wrong wrong {n}")
        except GridmapError as error:
            return error.code

    with ThreadPoolExecutor(8) as at_once:
        told = list(at_once.map(guess, range(40)))
    assert sorted(set(told)) == ["sign-in-tries", "sign-in-wrong"]
    assert told.count("sign-in-wrong") == len(looked_at) == 10


def test_guesses_at_the_password_on_one_s_own_page_are_counted(blank: Database, post: str) -> None:
    signed_in = entry.who(blank, sign_in(blank, post))
    assert signed_in is not None
    for n in range(5):
        with pytest.raises(Forbidden):
            own.turn_off_second_factor(blank, signed_in, f"wrong wrong wrong {n}")
        with pytest.raises(Forbidden):
            own.change_password(blank, signed_in, f"wrong wrong wrong {n}", f"{GOOD} again")
    with pytest.raises(TooMany):
        own.change_password(blank, signed_in, GOOD, f"{GOOD} again")
    with pytest.raises(TooMany):
        own.turn_off_second_factor(blank, signed_in, GOOD)
    assert sign_in(blank, post), "the sign-in is another door"
    aged(blank, "update sign_in_attempts set at = at - interval '6 minutes'")
    for _ in range(12):
        own.change_password(blank, signed_in, GOOD, GOOD)


def test_a_second_factor_that_is_on_is_not_replaced_by_an_open_page(blank: Database, post: str) -> None:
    signed_in = entry.who(blank, sign_in(blank, post))
    assert signed_in is not None
    mine, theirs = own.new_second_factor(), own.new_second_factor()
    for unread in ("!!!", "", "秘密", "AAA"):
        with pytest.raises(InvalidInput, match="code"):
            own.turn_on_second_factor(blank, signed_in, unread, "123456")
    own.turn_on_second_factor(blank, signed_in, mine, pyotp.TOTP(mine).now())
    with pytest.raises(Conflict, match="password"):
        own.turn_on_second_factor(blank, signed_in, theirs, pyotp.TOTP(theirs).now())
    assert sign_in(blank, post, code=pyotp.TOTP(mine).now())


def test_another_role_or_grid_counts_from_the_next_request(blank: Database, post: str) -> None:
    client = create_app(blank).test_client()
    client.set_cookie("gridmap", sign_in(blank, post))
    assert client.get("/api/v1/cases/lists").status_code == 200
    desk.set_role(blank, KEEPER, post, Role.LIAISON)
    assert client.get("/api/v1/cases/lists").get_json()["code"] == "role-may-not"
    desk.set_role(blank, KEEPER, post, Role.VILLAGE_DESK)
    desk.set_grid(blank, KEEPER, post, make_key(330681109, 1, 5))
    secret = client.get_cookie("gridmap")
    assert secret is not None
    signed_in = entry.who(blank, secret.value)
    assert signed_in is not None
    assert signed_in.post.actor.scope.lo == make_key(330681109, 1, 5)


def test_a_session_ends_after_thirty_idle_minutes_twelve_hours_or_a_lock(blank: Database, post: str) -> None:
    secret = sign_in(blank, post)
    for statement in ("seen_at = now() - interval '31 minutes'", "ends_at = now()"):
        assert entry.who(blank, secret) is not None
        aged(blank, f"update sessions set {statement}")
        assert entry.who(blank, secret) is None
        secret = sign_in(blank, post)
    desk.lock(blank, KEEPER, post)
    assert entry.who(blank, secret) is None
    desk.unlock(blank, KEEPER, post)
    assert entry.who(blank, secret) is None, "a lock ends sessions for good"


def test_signing_in_again_gives_another_secret_and_ends_the_former(blank: Database, post: str) -> None:
    first = sign_in(blank, post)
    second = sign_in(blank, post, before=first)
    assert first != second
    assert entry.who(blank, first) is None
    assert entry.who(blank, second) is not None


def test_a_wall_has_no_idle_end_and_sees_numbers_only(blank: Database, post: str) -> None:
    secret = desk.open_wall(blank, KEEPER, post)
    aged(blank, "update sessions set seen_at = now() - interval '40 days'")
    client = create_app(blank).test_client()
    client.set_cookie("gridmap", secret)
    assert client.get("/api/v1/counts").status_code == 200
    assert client.get("/api/v1/incidents").get_json()["code"] == "wall-sees-numbers"
    desk.lock(blank, KEEPER, post)
    assert client.get("/api/v1/counts").status_code == 401


@pytest.mark.parametrize(
    "password",
    ["short", "1234567890", "password123", "woaini1314520", "aaaaaaaaaaaa", "qwertyuiop", "x" * 1025],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        passwords.check(password, "枫源村 值班岗")


def test_long_passwords_and_other_widths_are_fine() -> None:
    passwords.check("a long sentence of ordinary words, " * 20, "x")
    assert passwords.is_right(passwords.hashed("ｆｏｕｒ unrelated words"), "four unrelated words")


def test_a_second_factor_is_asked_for_and_no_code_counts_twice(blank: Database, post: str) -> None:
    signed_in = entry.who(blank, sign_in(blank, post))
    assert signed_in is not None
    secret = own.new_second_factor()
    with pytest.raises(InvalidInput):
        own.turn_on_second_factor(blank, signed_in, secret, "000")
    own.turn_on_second_factor(blank, signed_in, secret, pyotp.TOTP(secret).now())
    with pytest.raises(NotSignedIn):
        sign_in(blank, post)
    code = pyotp.TOTP(secret).now()
    assert sign_in(blank, post, code=code)
    with pytest.raises(NotSignedIn):
        sign_in(blank, post, code=code)


def test_a_handover_ends_everything_that_the_former_holder_had(blank: Database, post: str) -> None:
    secret = sign_in(blank, post)
    link = desk.hand_over(blank, KEEPER, post, dt.date(2026, 12, 1))
    assert entry.who(blank, secret) is None
    with pytest.raises(NotSignedIn):
        sign_in(blank, post)
    assert entry.sign_in_by_link(blank, link).post.held_from == dt.date(2026, 12, 1)
    with blank.scoped_session(Scope.whole()) as session:
        terms = session.execute(text("select valid_from, valid_to from post_terms order by 1")).all()
    assert [tuple(t) for t in terms] == [(TODAY, dt.date(2026, 12, 1)), (dt.date(2026, 12, 1), None)]


def test_the_record_of_handovers_is_shown_to_administrator_and_auditor_and_names_nobody(
    blank: Database, post: str
) -> None:
    day = TODAY + dt.timedelta(days=3)
    desk.hand_over(blank, KEEPER, post, day)
    expected = [(post, day, None), (post, TODAY, day)]
    auditor = Actor("审计", Role.AUDITOR, Scope.whole(), 0)
    for who in (KEEPER, auditor):
        assert [(t.post, t.valid_from, t.valid_to) for t in desk.list_terms(blank, who, post)] == expected
    with pytest.raises(Forbidden):
        desk.list_terms(blank, Actor("x", Role.TOWN_DESK, Scope.whole()))
    elsewhere = Actor("x", Role.AUDITOR, Scope.of_grid(make_key(330681110)), 0)
    assert desk.list_terms(blank, elsewhere) == []
    for role, status in ((Role.ADMINISTRATOR, 200), (Role.AUDITOR, 200), (Role.TOWN_DESK, 403)):
        client = client_of(blank, role)
        answer, page = client.get(f"/api/v1/posts/terms?post={post}"), client.get("/audit/terms")
        assert (answer.status_code, page.status_code) == (status, status)
        if status == 200:
            told = [(t["valid_from"], t["valid_to"]) for t in answer.get_json()["terms"]]
            assert told == [(day.isoformat(), None), (TODAY.isoformat(), day.isoformat())]
            assert set(answer.get_json()["terms"][0]) == {
                "post", "role", "grid_key", "valid_from", "valid_to"
            }  # fmt: skip
            assert post in page.text
    shown = CliRunner().invoke(main, ["users", "terms", post], env=environment_of(blank))
    assert shown.exit_code == 0, shown.output
    assert day.isoformat() in shown.output


def test_an_administrator_of_a_part_reaches_nothing_beyond_it(blank: Database, post: str) -> None:
    other = make_key(330681110)
    local = Actor("镇管理员", Role.ADMINISTRATOR, Scope.of_grid(other), 0)
    assert desk.list_posts(blank, local) == []
    for act in (
        lambda: desk.lock(blank, local, post),
        lambda: desk.add_post(blank, local, "x", Role.ADMINISTRATOR, 0, TODAY),
        lambda: desk.add_token(blank, local, "x", Role.KEEPER, VILLAGE, dt.datetime.now(dt.UTC)),
    ):
        with pytest.raises(GridmapError):
            act()
    with pytest.raises(Forbidden):
        desk.list_posts(blank, Actor("x", Role.TOWN_DESK, Scope.whole()))


def test_nobody_locks_oneself_out(blank: Database) -> None:
    mine = entry.sign_in_by_link(blank, entry.first_link(blank)).post
    for act in (
        lambda: desk.lock(blank, mine.actor, mine.name),
        lambda: desk.set_role(blank, mine.actor, mine.name, Role.AUDITOR),
    ):
        with pytest.raises(Conflict):
            act()


def test_a_token_has_a_role_a_scope_and_an_end(blank: Database) -> None:
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    _, secret = desk.add_token(blank, KEEPER, "board", Role.LIAISON, VILLAGE, ends_at)
    client = create_app(blank).test_client(use_cookies=False)
    shown = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/counts", headers=shown).status_code == 200
    assert client.get("/api/v1/incidents", headers=shown).status_code == 403
    assert client.get("/account", headers=shown).status_code == 403
    for wrong in (secret[:-1], secret + "x", "", "gm_"):
        assert client.get("/api/v1/counts", headers={"Authorization": f"Bearer {wrong}"}).status_code == 401
    desk.revoke_token(blank, KEEPER, "board")
    assert client.get("/api/v1/counts", headers=shown).status_code == 401


def test_a_token_opens_as_a_password_and_a_password_does_not(blank: Database, post: str) -> None:
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    _, secret = desk.add_token(blank, KEEPER, "map", Role.LIAISON, VILLAGE, ends_at)
    client = create_app(blank).test_client(use_cookies=False)

    def asked(name: str, password: str) -> int:
        return client.get("/api/v1/counts", auth=(name, password)).status_code

    assert asked("map", secret) == 200
    assert client.get("/api/v1/incidents", auth=("map", secret)).status_code == 403
    for name, password in (("map", ""), ("map", secret[:-1]), (secret, ""), (post, GOOD)):
        assert asked(name, password) == 401, (
            "a post's own password opens by the sign-in alone, which counts tries"
        )
    for header in ("Basic", "Basic !!!", "Basic bWFw", f"Digest {secret}", f"Basic {secret}"):
        assert client.get("/api/v1/counts", headers={"Authorization": header}).status_code == 401
    desk.revoke_token(blank, KEEPER, "map")
    assert asked("map", secret) == 401


# -- The pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(blank: Database, post: str) -> FlaskClient:
    return create_app(blank).test_client()


def test_the_sign_in_page_lets_in_and_leads_back_inside_only(browser: FlaskClient, post: str) -> None:
    html = {"Accept": "text/html,*/*;q=0.8"}
    led = browser.get("/?grid=1", headers=html)
    assert led.status_code == 303
    assert led.headers["Location"] == "/sign-in?next=%2F%3Fgrid%3D1"
    for wanted, where in (
        ("/?grid=1", "/?grid=1"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"),
        ("/\n/evil", "/"), ("http:evil", "/"),
    ):  # fmt: skip
        answer = browser.post("/sign-in", data={"name": post, "password": GOOD, "next": wanted})
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"] == where
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.get("/account").status_code == 200
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/account").status_code == 401


def test_a_preview_of_a_link_does_not_spend_it(blank: Database) -> None:
    client = create_app(blank).test_client()
    address = f"/enter/{entry.first_link(blank)}"
    for how in ("GET", "HEAD", "GET"):
        seen = client.open(address, method=how, headers={"Accept": "text/html"})
        assert seen.status_code == 200
        assert "Set-Cookie" not in seen.headers
    person = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    assert client.get(address, headers=person).headers["Location"] == "/"
    assert client.get("/account").status_code == 200
    assert client.get(address, headers=person).headers["Location"] == "/", "signed in already"
    assert create_app(blank).test_client().get(address, headers=person).status_code == 401


def test_a_name_that_is_markup_is_text_on_every_page(blank: Database) -> None:
    client = create_app(blank).test_client()
    assert client.post(f"/enter/{entry.first_link(blank)}").status_code == 303
    name = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    added = client.post("/posts", data={"name": name, "role": "auditor", "grid": "", "on": "2026-11-01"})
    assert added.status_code == 200
    link = re.search(r"/enter/([\w-]+)", added.text)
    assert link
    failed = client.post("/sign-in", data={"name": name, "password": "x"})
    pages = [added.text, client.get("/posts").text, client.get("/audit").text, failed.text]
    assert client.post(f"/enter/{link[1]}").headers["Location"] == "/account"
    pages.append(client.get("/account").text)
    assert len(pages) == 5
    for page in pages:
        assert "&lt;img src=x" in page
        assert "<img" not in page
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(.{0,20})", page)[0]


# -- The audit -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set post = 'x'",
        "delete from audit",
        "truncate audit",
        "update audit set seq = 9 where false",
    ],
)
def test_the_application_only_adds_to_the_audit(blank: Database, statement: str) -> None:
    audit.record(blank, KEEPER, "tried")
    with pytest.raises(Forbidden):
        aged(blank, statement)
    assert audit.verify(blank).rows == 1


def test_the_chain_s_number_time_and_hash_are_the_database_s_own(blank: Database) -> None:
    audit.record(blank, KEEPER, "first")
    aged(
        blank,
        "insert into audit (seq, at, post, role, action, object, outcome, details, hash)"
        " values (77, '1999-01-01', 'p', 'r', 'a', 'o', 'done', '{}', '\\x00')",
    )
    newest = audit.head(blank)
    assert newest is not None
    assert newest.seq == 2
    assert newest.at.year > 2000
    assert audit.verify(blank) == audit.Verdict(2, None, newest.hash)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("update gridmap.audit set post = 'somebody' where seq = 2", 2),
        ("update gridmap.audit set at = at + interval '1 second' where seq = 3", 3),
        ("delete from gridmap.audit where seq = 2", 2),
        ("delete from gridmap.audit where seq = 1", 1),
        ("delete from gridmap.audit where seq = 5", 5),
    ],
)
def test_what_the_owner_changes_behind_the_back_is_found(blank: Database, change: str, at: int) -> None:
    for n in range(5):
        audit.record(blank, KEEPER, f"step {n}", "对象\n二", asked=f"值 {n}")
    kept = audit.head(blank)
    assert kept is not None
    assert audit.verify(blank, (kept.seq, kept.hash)).broken_at is None
    with blank.owner_engine() as engine, engine.begin() as connection:
        connection.execute(
            text(
                "select set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', :hi, true)"
            ),
            {"hi": str(Scope.whole().hi)},
        )
        assert connection.execute(text(change)).rowcount == 1
    assert audit.verify(blank, (kept.seq, kept.hash)).broken_at == at


def test_what_is_done_is_written_down_without_what_was_typed(blank: Database, post: str) -> None:
    client = create_app(blank).test_client()
    client.post("/sign-in", data={"name": "a password typed as a name", "password": "x"})
    client.post("/sign-in", data={"name": post, "password": GOOD})
    client.get("/api/v1/incidents?q=王小明的事&limit=5")
    client.get("/cases/places?place=王小明家")
    client.get("/api/v1/exports/teams.csv")
    client.post("/api/v1/hotspot-runs", json={})
    rows = audit.list_entries(blank, limit=100)
    told = [(row.post, row.action, row.outcome) for row in reversed(rows)]
    assert told[-6:] == [
        ("?", "sign_in", "refused"),
        (post, "sign_in", "done"),
        (post, "search", "asked"),
        (post, "search", "asked"),
        (post, "export", "asked"),
        (post, "hotspots.start_hotspot_run", "refused"),
    ]
    everything = str(rows)
    for typed in ("王小明", "typed as a name", GOOD):
        assert typed not in everything
    assert audit.verify(blank).broken_at is None


def test_a_printed_address_leads_to_the_server_that_runs(
    blank: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (environment_of(blank) | {"GRIDMAP_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)

    def printed() -> str:
        return CliRunner().invoke(main, ["users", "link"]).output

    with served.telling(tmp_path, "https://127.0.0.1:8051/"), served.telling(tmp_path, "http://other/"):
        assert "https://127.0.0.1:8051/enter/" in printed()
    assert "http://127.0.0.1:8010/enter/" in printed()


def test_a_server_that_begins_while_a_command_looks_for_one_tells_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "served-at").open("a") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        monkeypatch.setattr(served, "time", SimpleNamespace(sleep=lambda _: looking.close()))
        with served.telling(tmp_path, "http://one/"):
            assert served.told(tmp_path) == "http://one/"
