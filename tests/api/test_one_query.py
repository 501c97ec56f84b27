"""One query behind every number: headline, list, shading, timeline, story and exports agree in hundreds of states."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.domain.query import FLAGS, IncidentQuery
from gridmap.services.house import EXPORT, find_layer
from gridmap.services.workspace.exports import export_layer
from gridmap.services.workspace.jobs import ExportRequest
from gridmap.storage.database import Database

STATES = 200
FORMATS = ("csv", "geojson", "xlsx", "gpkg")
PARTS = 8


def drawn_queries(database: Database) -> list[dict[str, str]]:
    """Queries over what the town has: every field alone, then many at once."""
    with database.scoped_session(Scope.whole().for_upkeep()) as session:

        def column(sql: str) -> list[Any]:
            return list(session.scalars(text(sql)))

        grids = column("select grid_key from grids where valid_to is null order by grid_key")
        kinds = column("select distinct kind from incidents where kind is not null order by 1")
        domains = column("select distinct domain from incidents order by 1")
        stages = column("select distinct stage from incidents order by 1")
        days = column(
            "select distinct (occurred_at at time zone 'Asia/Shanghai')::date from incidents order by 1"
        )
        words = column("select distinct left(summary, 2) from incidents where summary is not null order by 1")
    random_ = random.Random(11)
    by_level = [[k for k in grids if k % 10**n == 0 and k % 10 ** (n + 3) != 0] for n in (0, 3, 6)]
    out: list[dict[str, str]] = [{}, {"grid": "0"}]
    while len(out) < STATES:
        query: dict[str, str] = {}
        if random_.random() < 0.9:
            query["grid"] = str(random_.choice(random_.choice([*by_level, grids[:1]])))
        if random_.random() < 0.6:
            first, last = sorted(random_.sample(range(len(days)), 2))
            query |= {"from": days[first].isoformat(), "to": days[last].isoformat()}
        for name, known in (("domain", domains), ("kind", kinds), ("stage", stages)):
            if random_.random() < 0.2:
                query[name] = ",".join(sorted(random_.sample(known, random_.choice([1, 1, 2]))))
        if random_.random() < 0.35:
            query[random_.choice(FLAGS)] = "1"
        if random_.random() < 0.15:
            query["q"] = random_.choice(words)
        out.append(query)
    return out


@pytest.fixture(scope="module")
def queries(demo_database: Database) -> list[dict[str, str]]:
    found = drawn_queries(demo_database)
    assert len(found) == STATES
    assert len({json.dumps(q, sort_keys=True) for q in found}) > 0.9 * STATES
    return found


def rows_of(kind: str, body: bytes) -> int:
    """Rows of an export, read by somebody else's program."""
    if kind == "csv":
        return sum(1 for _ in csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    if kind == "geojson":
        return len(json.loads(body)["features"])
    if kind == "xlsx":
        return len(CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()) - 1
    with closing(sqlite3.connect(":memory:")) as book:
        book.deserialize(body)
        return int(book.execute("select count(*) from incidents").fetchone()[0])


@pytest.mark.parametrize("part", range(PARTS))
def test_headline_list_shading_timeline_and_exports_agree_in_every_state(
    client: FlaskClient, demo_database: Database, queries: list[dict[str, str]], part: int, tmp_path: Path
) -> None:
    level, kinds = itertools.cycle((1, 2, 3, 4)), itertools.cycle(FORMATS)
    found = 0
    own = queries[part::PARTS]
    for number, query in enumerate(own):

        def ask(path: str, asked: str = urlencode(query), **more: Any) -> dict[str, Any]:
            answer = client.get(f"/api/v1/{path}?{asked}&{urlencode(more)}")
            assert answer.status_code == 200, answer.text
            told: dict[str, Any] = answer.json
            return told

        counts = ask("counts", level=next(level))
        total = counts["total"]
        found += total > 0
        meant = IncidentQuery.from_parameters(query)
        assert counts["query"] == meant.parameters(), query
        assert sum(counts["counts"].values()) + counts["unassigned"] == total, query
        listed = ask("incidents", limit=1)
        # Sealed cases are counted by the village and above; lists and files have the others.
        here, total = total, listed["total"]
        others = total - listed["sealed"]
        assert here == total, query
        assert counts["sealed"] == total - others, query
        assert listed["query"] == counts["query"]
        assert len(listed["features"]) == min(1, others), query
        for step in ("day", "week"):
            assert sum(n for _, n in ask("timeline", step=step)["points"]) == total, (query, step)
        if query.get("grid", "0") != "0":
            story = ask(f"grids/{query['grid']}/summary")
            assert story["incidents"]["total"] == sum(story["by_domain"].values()) == total, query
            assert sum(story["by_stage"].values()) == total, query
        for kind in FORMATS if number == 0 else (next(kinds),):
            answer = client.get(f"/api/v1/exports/incidents.{kind}?{urlencode(query)}")
            if answer.status_code == 202:
                # So many rows are a job, which runs this with the query that it was given.
                asked = EXPORT.decode(EXPORT.encode(ExportRequest("incidents", kind, query=meant)))
                path = tmp_path / f"{part}-{number}.{kind}"
                layer = find_layer("incidents")
                assert export_layer(demo_database, Scope.whole(), layer, path, query=asked.query) == others
                continue
            assert answer.status_code == 200, answer.text
            assert rows_of(kind, answer.data) == others, (query, kind)
            assert answer.headers["Gridmap-Sealed-Left-Out"] == str(total - others), query
    assert found > len(own) / 4, "too few states have incidents: little was compared"


def test_every_page_of_a_list_together_is_the_total(
    client: FlaskClient, queries: list[dict[str, str]]
) -> None:
    walked = 0
    for query in queries[::10]:
        seen: set[int] = set()
        cursor: str | None = ""
        while cursor is not None:
            page = {**query, "limit": "1000"} | ({"cursor": cursor} if cursor else {})
            answer = client.get(f"/api/v1/incidents?{urlencode(page)}").json
            seen |= {f["id"] for f in answer["features"]}
            cursor = answer["next"]
        assert len(seen) == answer["total"] - answer["sealed"], query
        walked += len(seen)
    assert walked


def test_what_flags_mean_is_what_the_story_counts(client: FlaskClient, queries: list[dict[str, str]]) -> None:
    told = [q for q in queries if q.get("grid", "0") != "0" and not set(q) & set(FLAGS)][:40]
    assert told
    for query in told:
        story = client.get(f"/api/v1/grids/{query['grid']}/summary?{urlencode(query)}").json["incidents"]
        for flag, name in zip(FLAGS, ("overdue", "open", "to_confirm"), strict=True):
            listed = client.get(f"/api/v1/incidents?{urlencode(query | {flag: '1', 'limit': '1'})}").json
            assert listed["total"] == story[name], (query, flag)


def test_words_are_words_and_no_pattern(client: FlaskClient) -> None:
    for words in ("%", "_", "\\", "'; drop table incidents; --"):
        assert client.get(f"/api/v1/incidents?{urlencode({'q': words})}").json["total"] == 0


def test_the_example_of_the_readme_is_true(client: FlaskClient) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    printed = json.loads(next(line for line in readme.splitlines() if line.startswith('{"additive"')))
    told = client.get("/api/v1/counts?level=2&domain=dispute&open=1&q=%E9%82%BB").json
    assert {k: v for k, v in told.items() if k != "as_of"} == {
        k: v for k, v in printed.items() if k != "as_of"
    }
    assert f"已导出 {told['total']} 行" in readme
