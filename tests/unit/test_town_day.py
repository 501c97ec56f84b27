"""The demonstration's desk has work of each kind on the day it is loaded, whatever the day and the hour."""

from __future__ import annotations

import csv
import datetime as dt
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gridmap.services import demo

ZONE = ZoneInfo("Asia/Shanghai")


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(2026, 11, 29, 0, 1, tzinfo=ZONE),  # a Sunday
        dt.datetime(2027, 2, 6, 12, 0, tzinfo=ZONE),  # a day of the Spring Festival
        dt.datetime(2028, 2, 29, 23, 58, tzinfo=ZONE),
    ],
    ids=str,
)
def test_some_cases_are_to_sign_some_due_today_and_some_solved_a_week_ago(now: dt.datetime) -> None:
    def at(told: str) -> dt.datetime:
        return dt.datetime.fromisoformat(told)

    with demo.told_files(demo.data_folder(), demo.NEWEST, now, ZONE.key) as files:
        steps = rows_of(files["incident_steps.csv"])
    last = [list(course)[-1] for _, course in groupby(steps, key=lambda row: row["uid"])]
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), ZONE)
    to_sign = [row for row in last if row["action"] == "移送"]
    due = [row for row in last if row["action"] == "延期" and now < at(row["until"]) < midnight]
    week_ago = now.date() - dt.timedelta(days=7)
    to_ask = [row for row in last if row["action"] == "化解" and at(row["at"]).date() <= week_ago]
    assert all(at(row["at"]) <= now for row in steps)
    assert min(len(to_sign), len(due), len(to_ask)) >= 5
    # A handful, not a heap.
    assert max(len(to_sign), len(due)) < 25
