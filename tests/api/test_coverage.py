"""Coverage over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Ended = Callable[[TestResponse], dict[str, Any]]
COVERAGE = "/api/v1/coverage"


def test_every_household_stands_in_one_band_and_the_villages_sum_to_the_town(client: FlaskClient) -> None:
    told = client.get(f"{COVERAGE}?at=21:00&minutes=5,10,15").get_json()
    households = {g["grid_key"]: g["households"] for g in told["grids"]}
    assert len(households) == 1042
    total = told["total"]
    assert total["households"] == sum(households.values()) == sum(v["households"] for v in told["villages"])
    for i, limit in enumerate(told["minutes"]):
        within = sum(
            g["households"] for g in told["grids"] if g["seconds"] is not None and g["seconds"] <= 60 * limit
        )
        assert total["within"][i] == within == sum(v["within"][i] for v in told["villages"])
    assert total["within"][-1] + total["beyond"] == total["households"]


def test_at_noon_nobody_is_on_shift_and_nothing_is_reached(client: FlaskClient) -> None:
    told = client.get(f"{COVERAGE}?at=12:00").get_json()
    assert told["teams"] == []
    assert told["total"]["unreached"] == told["total"]["households"]
    assert all(g["seconds"] is None for g in told["grids"])


def test_fewer_teams_never_reach_more(client: FlaskClient) -> None:
    night = client.get(f"{COVERAGE}?at=21:00").get_json()
    fire = client.get(f"{COVERAGE}?at=21:00&domain=land").get_json()
    assert len(fire["teams"]) < len(night["teams"])
    for all_, some in zip(night["grids"], fire["grids"], strict=True):
        assert all_["grid_key"] == some["grid_key"]
        assert some["seconds"] is None or some["seconds"] >= all_["seconds"]


def test_a_new_site_gains_what_it_says(client: FlaskClient, ended: Ended) -> None:
    one, two = (
        ended(client.post(f"{COVERAGE}/sites", json={"add": n, "minutes": 5}))["result"] for n in (1, 2)
    )
    assert one["optimal"]
    assert two["optimal"]
    assert one["value"] == one["before"] + one["sites"][0]["gained"]
    assert two["value"] == two["before"] + sum(s["gained"] for s in two["sites"])
    assert one["before"] < one["value"] <= two["value"] <= two["households"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("at=25:00", 422),
        ("minutes=10,5", 422),
        ("minutes=x", 422),
        ("minutes=0", 422),
        ("live=true&at=21:00", 422),
        ("plan=999999&at=21:00", 404),
        ("domain=weather", 422),
    ],
)
def test_nonsense_is_refused(client: FlaskClient, query: str, status: int) -> None:
    answer = client.get(f"{COVERAGE}?{query}")
    assert answer.status_code == status
    assert answer.get_json()["message_zh"]
