"""The page of cases shows the rules as they are, and the lists and presets that come with the program are whole."""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from gridmap.domain.cases import lists
from gridmap.domain.cases.actions import ACTION_WORDS, Action, read_action
from gridmap.domain.cases.check import FIELD_WORDS, way
from gridmap.domain.cases.limits import Calendar, end_of, preset, presets, read_table, warning
from gridmap.domain.cases.rules import RULES
from gridmap.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[2]
ZONE = "Asia/Shanghai"
FRIDAY = dt.datetime(2026, 10, 30, 2, 0, tzinfo=dt.UTC)


def script() -> Any:
    spec = importlib.util.spec_from_file_location("case_rules", ROOT / "scripts" / "case_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_the_rules_as_they_are() -> None:
    made = script()
    text = made.PAGE.read_text("utf-8")
    assert made.page(text) == text, "run: python scripts/case_rules.py"
    assert text.count("| 受理 `accept` |") == 1


def test_every_action_has_a_rule_words_and_lists_that_exist() -> None:
    assert set(RULES) == set(ACTION_WORDS) == set(Action)
    for action, rule in RULES.items():
        assert read_action(ACTION_WORDS[action].zh) is action
        assert set(rule.needs) <= set(FIELD_WORDS), action
        assert set(rule.lists.values()) <= set(lists.names()), action


def test_transfers_go_one_level_at_a_time() -> None:
    town, area, village, micro = 33068110900000000, 33068110902000000, 33068110902251000, 33068110902251007
    other = 33068110903290000
    assert [way(village, k) for k in (area, town, other, micro, village)] == [
        "up",
        "far_up",
        "sideways",
        "down",
        "same",
    ]
    assert [way(micro, k) for k in (village, area, town)] == ["down", "up", "far_up"]
    assert way(town, village) == "down"


@pytest.mark.parametrize("name", presets())
def test_a_preset_names_its_source_and_can_be_handed_on_as_a_file(name: str) -> None:
    table = preset(name)
    assert table.source
    assert read_table(table.as_dict()) == table
    assert table.rule_for("emergency", "fire", None, "green", 3).act == "8min"


def test_working_days_keep_to_the_towns_calendar() -> None:
    week = Calendar(
        holidays=frozenset({dt.date(2026, 11, 2)}), working_weekends=frozenset({dt.date(2026, 11, 7)})
    )
    assert end_of("1wd", FRIDAY, Calendar(), ZONE) == FRIDAY + dt.timedelta(days=3)
    assert end_of("1wd", FRIDAY, week, ZONE) == FRIDAY + dt.timedelta(days=4)
    assert end_of("6wd", FRIDAY, week, ZONE) == FRIDAY + dt.timedelta(days=10)
    saturday = FRIDAY + dt.timedelta(days=1)
    assert end_of("1wd", saturday, Calendar(), ZONE) == dt.datetime(2026, 11, 2, 16, 0, tzinfo=dt.UTC)
    assert end_of("8min", FRIDAY, week, ZONE) == FRIDAY + dt.timedelta(minutes=8)
    with pytest.raises(InvalidInput, match="工作日"):
        end_of("1wd", FRIDAY, Calendar(working_days=()), ZONE)


def test_a_limit_is_warned_of_at_half_and_at_four_fifths() -> None:
    due = FRIDAY + dt.timedelta(hours=10)
    told = [warning(FRIDAY, due, FRIDAY + dt.timedelta(hours=h)) for h in (4.9, 5, 8, 10, 10.1)]
    assert told == ["none", "half", "soon", "soon", "over"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"rules": [{"domain": "dispute", "sign": "1d", "act": "1d", "close": "1d"}]}, "limits-open-end"),
        ({"rules": [{"sign": "1 day", "act": "1d", "close": "1d"}]}, "limits-line"),
        ({"rules": [{"sign": "1d", "act": "1d", "close": "1d", "body": "pub"}]}, "limits-line"),
        ({"rules": [{"sign": "1d", "act": "1d"}]}, "limits-unreadable"),
        ({"calendar": {"holidays": ["yesterday"]}}, "limits-unreadable"),
    ],
)
def test_a_table_of_limits_that_is_wrong_names_what_is(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_table(preset().as_dict() | changed)
    assert refused.value.code == code


def test_the_map_s_page_has_a_word_for_every_action() -> None:
    words = (ROOT / "web" / "static" / "app" / "cases" / "words.js").read_text("utf-8")
    assert [a for a in Action if f'action_{a.value}: ["' not in words] == []
