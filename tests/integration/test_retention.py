"""Retention: months of the audit that are dropped leave a chain that holds; texts of closed cases go, figures stay."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden
from gridmap.services.accounts import audit, desk
from gridmap.services.cases.expiry import expire_texts
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.storage.database import Database
from gridmap.storage.models import Incident, IncidentStep
from tests.towns import DATA, environment_of

KEEPER = Actor.at_the_machine()
WHOLE = Scope.whole()
NOW = dt.datetime.now(dt.UTC)
LATER = NOW + dt.timedelta(days=300)


@pytest.fixture
def kept(blank: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A workspace that keeps its audit for half a year, with ten rows."""
    monkeypatch.setattr(blank, "settings", blank.settings.model_copy(update={"audit_days": 183}))
    for n in range(10):
        audit.record(blank, KEEPER, f"step {n}", "对象", asked=n)
    return blank


def owner(database: Database, statement: str) -> int:
    with database.owner_engine() as engine, engine.begin() as at:
        at.execute(
            text(
                "select set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', :hi, true)"
            ),
            {"hi": str(WHOLE.hi)},
        )
        return at.execute(text(statement)).rowcount


def test_a_chain_whose_old_months_were_dropped_still_holds(kept: Database) -> None:
    tenth = audit.head(kept)
    assert tenth is not None
    assert audit.trim(kept, KEEPER, now=NOW) is None, "nothing is half a year old"
    told = audit.trim(kept, KEEPER, now=LATER, dry_run=True)
    assert told is not None
    assert audit.verify(kept).rows == 10
    gone = audit.trim(kept, KEEPER, now=LATER)
    assert gone is not None
    assert (gone.first_seq, gone.last_seq, gone.hash) == (1, 10, tenth.hash)
    assert [entry.action for entry in audit.list_entries(kept)] == [audit.TRIM]
    for n in range(3):
        audit.record(kept, KEEPER, f"after {n}")
    found = audit.verify(kept, (10, tenth.hash))
    assert (found.rows, found.broken_at, found.dropped) == (14, None, 10)
    # A second time: segments follow each other.
    again = audit.trim(kept, KEEPER, now=LATER)
    assert again is not None
    assert (again.first_seq, again.last_seq) == (11, 14)
    assert audit.verify(kept).broken_at is None


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("update gridmap.audit_segments set hash = sha256('x')", 11),
        ("update gridmap.audit_segments set last_seq = 9", 10),
        ("update gridmap.audit_segments set first_seq = 2", 1),
        ("delete from gridmap.audit_segments", 1),
        ("delete from gridmap.audit where seq = 11", 11),
        ("update gridmap.audit set details = '{}' where seq = 11", 11),
    ],
)
def test_a_segment_that_was_changed_or_that_nobody_told_of_is_found(
    kept: Database, change: str, at: int
) -> None:
    audit.trim(kept, KEEPER, now=LATER)
    audit.record(kept, KEEPER, "after")
    assert owner(kept, change) == 1
    assert audit.verify(kept).broken_at == at
    with pytest.raises(Conflict, match="audit"):
        audit.trim(kept, KEEPER, now=LATER)


def test_rows_cut_off_without_a_word_are_found(kept: Database) -> None:
    head = audit.head(kept)
    assert head is not None
    owner(
        kept,
        "insert into gridmap.audit_segments (first_seq, last_seq, first_at, last_at, hash)"
        " select 1, seq, at, at, hash from gridmap.audit where seq = 5",
    )
    assert owner(kept, "delete from gridmap.audit where seq <= 5") == 5
    assert audit.verify(kept).broken_at == 5


@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit_segments",
        "update audit_segments set last_seq = 1",
        "insert into audit_segments (first_seq, last_seq, first_at, last_at, hash) values (1, 1, now(), now(), '')",
        "truncate audit_segments",
    ],
)
def test_the_role_that_serves_people_drops_nothing(kept: Database, statement: str) -> None:
    audit.trim(kept, KEEPER, now=LATER)
    with pytest.raises(Forbidden), kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text(statement))
    assert audit.verify(kept).broken_at is None


def test_the_command_is_the_keeper_s_and_wants_a_setting(blank: Database, tmp_path: Path) -> None:
    own = environment_of(blank)
    audit.record(blank, KEEPER, "first")
    done = CliRunner().invoke(main, ["audit", "trim"], env=own)
    assert done.exit_code == 1
    assert "audit-kept-whole" in done.output
    desk.add_post(blank, KEEPER, "审计", Role.AUDITOR, 0, NOW.date())
    done = CliRunner().invoke(
        main, ["--as", "审计", "audit", "trim"], env=own | {"GRIDMAP_AUDIT_DAYS": "183"}
    )
    assert "keeper-only" in done.output
    done = CliRunner().invoke(main, ["audit", "trim"], env=own | {"GRIDMAP_AUDIT_DAYS": "7"})
    assert "settings-invalid" in done.output
    done = CliRunner().invoke(main, ["audit", "trim"], env=own | {"GRIDMAP_AUDIT_DAYS": "183"})
    assert done.exit_code == 0, done.output
    assert "nothing is out of date" in done.output


def test_an_export_names_what_was_dropped(kept: Database, tmp_path: Path) -> None:
    gone = audit.trim(kept, KEEPER, now=LATER)
    assert gone is not None
    file = tmp_path / "audit.jsonl"
    done = CliRunner().invoke(main, ["audit", "export", str(file)], env=environment_of(kept))
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert lines[0]["dropped"] == {
        "first_seq": 1,
        "last_seq": 10,
        "first_at": gone.first_at.isoformat(),
        "last_at": gone.last_at.isoformat(),
        "hash": gone.hash,
    }
    assert [line["seq"] for line in lines[1:]] == [11, 12]


def words_of(town: Database, condition: str) -> int:
    """Count what tells anything in words, or places below a grid, of cases for which a condition holds."""
    incidents = (
        "select count(*) from incidents where (summary is not null or place is not null or geom is not null"
        f" or tile_key is not null or raw_x is not null or raw_y is not null) and {condition}"
    )
    steps = (
        "select count(*) from incident_steps s join incidents using (incident_id)"
        f" where (note is not null or s.details ? 'decisions') and {condition}"
    )
    tasks = (
        "select count(*) from tasks t join incidents using (incident_id)"
        f" where (t.text <> '' or t.result <> '') and {condition}"
    )
    with town.scoped_session(WHOLE.for_upkeep()) as session:
        return sum(session.scalar(text(statement)) or 0 for statement in (incidents, steps, tasks))


def figures(town: Database) -> object:
    with town.scoped_session(WHOLE.for_upkeep()) as session:
        counted = session.execute(
            select(
                Incident.grid_key,
                Incident.domain,
                Incident.kind,
                Incident.stage,
                Incident.outcome,
                func.count(),
            ).group_by(Incident.grid_key, Incident.domain, Incident.kind, Incident.stage, Incident.outcome)
        ).all()
        steps = session.execute(select(IncidentStep.action, func.count()).group_by(IncidentStep.action)).all()
    return sorted(map(str, counted)), sorted(map(str, steps))


def test_texts_of_cases_closed_long_ago_go_and_figures_stay(
    recorded_town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = recorded_town
    with pytest.raises(Conflict, match="GRIDMAP_CASE_TEXT_DAYS"):
        expire_texts(town, KEEPER)
    monkeypatch.setattr(town, "settings", town.settings.model_copy(update={"case_text_days": 180}))
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    limit = now - dt.timedelta(days=180)
    old, rest = (
        f"closed_at < '{limit.isoformat()}'",
        f"closed_at >= '{limit.isoformat()}' or closed_at is null",
    )
    before, left, spoken = figures(town), words_of(town, f"({rest})"), words_of(town, old)
    assert spoken > 0
    told = expire_texts(town, KEEPER, now=now, dry_run=True)
    assert told.cases > 100
    assert words_of(town, old) == spoken, "a dry run empties nothing"
    assert expire_texts(town, KEEPER, now=now).cases == told.cases
    assert words_of(town, old) == 0
    assert words_of(town, f"({rest})") == left > 0
    assert figures(town) == before
    assert expire_texts(town, KEEPER, now=now).cases == 0
    written = [e for e in audit.list_entries(town) if e.action == "case_text_expire"]
    assert [(e.outcome, json.loads(e.details)["cases"]) for e in written] == [
        ("done", told.cases),
        ("asked", told.cases),
    ]


def test_expired_words_go_from_the_journal_of_imports_and_are_not_put_back(
    recorded_town: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    town = recorded_town
    monkeypatch.setattr(town, "settings", town.settings.model_copy(update={"case_text_days": 180}))
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    limit = now - dt.timedelta(days=180)
    with town.scoped_session(WHOLE.for_upkeep()) as session:
        old, young = (
            session.execute(
                text(
                    "select uid from incidents where not sealed and summary is not null"
                    f" and closed_at {sign} :limit limit 1"
                ),
                {"limit": limit},
            ).one()
            for sign in ("<", ">=")
        )
    file = tmp_path / "words.csv"
    file.write_text(
        "uid,summary\n" + "".join(f"{one.uid},改过的文字{n}\n" for n, one in enumerate((old, young))), "utf-8"
    )
    import_records(town, WHOLE, IMPORT_KINDS["incidents"], file, ImportOptions())

    def kept() -> list[tuple[str, bool]]:
        with town.scoped_session(WHOLE.for_upkeep()) as session:
            rows = session.execute(
                text(
                    "select before ->> 'uid', before ?| :words or after ?| :words from import_changes"
                    " where before ? 'incident_id' order by 1"
                ),
                {"words": ["summary", "place", "geom", "note"]},
            )
            return [tuple(row) for row in rows]

    assert sorted(kept()) == sorted([(old.uid, True), (young.uid, True)])
    expire_texts(town, KEEPER, now=now)
    assert sorted(kept()) == sorted([(old.uid, False), (young.uid, True)])
    history.undo_import(town, KEEPER, IMPORT_KINDS, history.list_imports(town, WHOLE)[0].run_id, "导错了")
    assert words_of(town, "text_expired_at is not null") == 0


@pytest.mark.parametrize("noun", ["incidents", "incident_steps"])
def test_no_later_import_brings_expired_words_back(
    recorded_town: Database, monkeypatch: pytest.MonkeyPatch, noun: str, tmp_path: Path
) -> None:
    town = recorded_town
    monkeypatch.setattr(town, "settings", town.settings.model_copy(update={"case_text_days": 180}))
    expire_texts(town, KEEPER, now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    # The same file under other bytes is another import.
    file = tmp_path / f"{noun}.csv"
    file.write_bytes((DATA / f"{noun}.csv").read_bytes() + b"\n")
    import_records(town, WHOLE, IMPORT_KINDS[noun], file, ImportOptions(accept_valid=True))
    assert words_of(town, "text_expired_at is not null") == 0
