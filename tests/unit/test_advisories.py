"""Advisories: a known weakness fails the check, a network without data does not."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.advisories import of_npm, of_pip

WEAK = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
SOUND = {"name": "y", "version": "1", "vulns": []}
UNKNOWN = {"name": "z", "version": "1", "skip_reason": "not found", "vulns": []}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (None, None),
        ({"dependencies": []}, None),
        ({"dependencies": [UNKNOWN]}, None),
        ({"dependencies": [SOUND, UNKNOWN]}, []),
        ({"dependencies": [WEAK, SOUND]}, ["x 1: PYSEC-1 (2)"]),
    ],
)
def test_what_pip_audit_tells(told: Any, found: list[str] | None) -> None:
    assert of_pip(told) == found


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (None, None),
        ({"error": {"code": "ENOTFOUND"}}, None),
        ({"message": "404"}, None),
        ({"vulnerabilities": {}}, []),
        ({"vulnerabilities": {"x": {"severity": "high", "range": "<2"}}}, ["x: high <2"]),
    ],
)
def test_what_npm_tells(told: Any, found: list[str] | None) -> None:
    assert of_npm(told) == found
