"""Many posts over one pool while backends are killed: nothing out of scope, nothing acknowledged lost."""

from __future__ import annotations

import pytest

from scripts.bench.chaos import Chaos
from tests.conftest import MakeDatabase

pytestmark = pytest.mark.faults


def test_mixed_requests_under_kills_lose_nothing_and_show_nothing_foreign(
    make_database: MakeDatabase,
) -> None:
    done = Chaos(make_database("demo"), seed=29).run(requests=300, clients=6, kill_every_s=0.2)
    assert done.kills > 0
    assert done.rows_looked_at > 500
    assert done.acknowledged > 5
    assert done.out_of_scope == []
    assert (done.lost, done.twice, done.connections_lost) == ([], [], 0)
    assert done.unexpected == []
