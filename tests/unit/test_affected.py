"""What a change can affect is told by imports, by names and by what fills the databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.affected import EVERYTHING, affected


@pytest.mark.parametrize(
    "file",
    ["data/boundaries/teams.csv", "gridmap/domain/codes.json", "tests/conftest.py", "tests/towns.py", "pyproject.toml",
     "gridmap/storage/sql/0001_first.sql", "gridmap/storage/migrations/versions/v0001_first.py", "gridmap/gone.py"],
)  # fmt: skip
def test_what_everything_stands_on_affects_every_test(file: str) -> None:
    assert affected({"docs/settings.md", file}) == [EVERYTHING]


def test_a_module_affects_the_tests_above_it_and_no_others() -> None:
    found = affected({"gridmap/reporting/page.py"})
    assert "tests/unit/test_reporting.py" in found
    assert "tests/integration/test_reports.py" in found
    assert "tests/unit/test_crs.py" not in found
    tests = list((Path(__file__).resolve().parents[1]).rglob("test_*.py"))
    assert len(found) < len(tests) * 0.6


def test_what_a_package_loads_on_demand_affects_those_who_ask_for_it_alone() -> None:
    found = affected({"gridmap/services/notebooks.py"})
    assert "tests/integration/test_features.py" in found
    assert "tests/unit/test_crs.py" not in found


def test_what_fills_the_databases_affects_the_tests_that_copy_one() -> None:
    found = affected({"gridmap/services/demo.py"})
    assert {
        "tests/api/test_answers.py",
        "tests/browser/test_map_page.py",
        "tests/property/test_scope.py",
    } <= set(found)
    assert "tests/unit/test_crs.py" not in found


def test_a_command_that_is_loaded_by_name_affects_the_tests_of_commands() -> None:
    assert "tests/integration/test_cli.py" in affected({"gridmap/cli/patrols/plans.py"})


def test_pages_tests_and_documents_affect_their_own_and_nothing_affects_nothing() -> None:
    # A test that names a file depends on it, and so would this one.
    found = affected({f"web/static/app/shell/{'state'}.js"})
    assert "tests/browser/test_map_page.py" in found
    assert {file.rpartition("/")[0] for file in found} == {"tests/browser"}
    assert affected({"tests/unit/test_crs.py"}) == ["tests/unit/test_crs.py"]
    assert "tests/unit/test_settings.py" in affected({"docs/settings.md"})
    assert affected(set()) == []
