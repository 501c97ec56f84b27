"""Numbers for Prometheus and the log of requests: whoever may see them, and nothing of a person in them."""

from __future__ import annotations

import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridmap.cli.logs import JsonLines
from gridmap.domain.accounts import Role
from gridmap.storage.database import Database
from tests.doors import client_of

SEARCHED = "张三的宅基地"


def numbers(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_supervisor_s_token_reads_numbers_that_count_requests(demo_database: Database) -> None:
    client = client_of(demo_database, Role.SUPERVISOR)
    for _ in range(3):
        client.get("/api/v1/counts?level=3")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    found = numbers(answer.text)
    assert found["gridmap_requests_total", (("endpoint", "counts.get_counts"), ("status", "200"))] == 3
    assert found["gridmap_database_up", ()] == 1
    assert found["gridmap_last_backup_timestamp_seconds", ()] == 0
    assert found["gridmap_request_seconds_count", (("weight", "usual"),)] >= 3


@pytest.mark.parametrize("role", [Role.TOWN_DESK, Role.LIAISON, Role.TEAM])
def test_other_posts_do_not_read_them(demo_database: Database, role: Role) -> None:
    assert client_of(demo_database, role).get("/metrics").status_code == 403


def test_a_request_has_a_number_in_its_answer_and_in_the_log_and_the_log_has_nothing_of_a_person(
    demo_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(demo_database, Role.TOWN_DESK)
    with caplog.at_level(logging.INFO, logger="gridmap.requests"):
        first = client.get("/api/v1/cases", query_string={"q": SEARCHED})
        second = client.get("/api/v1/cases", query_string={"q": SEARCHED})
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    lines = [JsonLines().format(r) for r in caplog.records if r.name == "gridmap.requests"]
    told = [json.loads(line) for line in lines]
    assert [one["request"] for one in told] == [a.headers["X-Request-Id"] for a in (first, second)]
    assert {one["endpoint"] for one in told} == {"cases.search_cases"}
    assert all(
        set(one) == {"at", "level", "from", "text", "request", "method", "endpoint", "status", "ms"}
        for one in told
    )
    assert not any(SEARCHED in line or "127.0.0.1" in line or "Bearer" in line for line in lines)
