"""A village's question reads a village's rows: no plan under the policies goes through every incident."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.storage.database import Database
from scripts.bench.policies import QUESTIONS, SCOPES, fill, nodes, plans, unpoliced
from tests.conftest import MakeDatabase

ROWS = 60_000


@pytest.fixture(scope="module")
def filled(make_database: MakeDatabase) -> Database:
    database = make_database("with_schema")
    fill(database, ROWS)
    return database


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("scope", ["village", "town"])
def test_no_question_of_a_part_reads_every_incident(filled: Database, scope: str, question: str) -> None:
    found = plans(filled, SCOPES[scope], QUESTIONS[question])
    read = [node for plan in found for node in nodes(plan) if node[1] == "incidents"]
    assert read
    assert "Seq Scan" not in {kind for kind, _ in read}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("scope", SCOPES)
def test_the_policies_change_no_answer(filled: Database, scope: str, question: str) -> None:
    with filled.scoped_session(SCOPES[scope]) as session:
        policed = QUESTIONS[question](session)
    with filled.owner_engine() as engine, unpoliced(engine, SCOPES[scope]) as session:
        assert QUESTIONS[question](session) == policed
    assert policed


def test_a_plan_that_reads_everything_would_be_seen(
    filled: Database,
) -> None:
    def look_through(session: Session) -> object:
        return session.scalar(text("select count(*) from incidents where summary like '%x%'"))

    found = plans(filled, SCOPES["root"], look_through)
    assert ("Seq Scan", "incidents") in {node for plan in found for node in nodes(plan)}


def test_a_list_that_is_asked_for_often_is_planned_for_its_own_days_and_scope(filled: Database) -> None:
    """One plan for all scopes, as the server makes after ten times, would read for each what the widest reads."""
    with filled.scoped_session(SCOPES["town"]) as session:
        for _ in range(15):
            QUESTIONS["list"](session)
        kept = session.execute(
            text(
                "select generic_plans, custom_plans from pg_prepared_statements"
                " where statement ilike '%from gridmap.incidents%'"
            )
        ).all()
    assert max(custom for _, custom in kept) >= 8
    assert {generic for generic, _ in kept} == {0}
