"""Every module compiles and imports under the Pythons of this machine; what is not tried is told."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import pythons


def test_every_module_compiles_under_each_python_here_and_imports_where_it_can() -> None:
    found = pythons.interpreters()
    assert found[sys.version_info[:2]] == sys.executable
    results = [pythons.tried(version, python) for version, python in found.items()]
    assert [one.told for one in results if not one.compiled or one.imported is False] == []
    assert results[0].imported is True


def test_a_module_that_a_version_does_not_understand_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gridmap").mkdir()
    (tmp_path / "gridmap" / "broken.py").write_text("def f(:\n", "utf-8")
    monkeypatch.setattr(pythons, "REPOSITORY", tmp_path)
    told = pythons.tried((3, 11), sys.executable)
    assert (told.compiled, "broken.py" in told.told) == (False, True)


def test_a_version_that_is_not_here_is_told_as_untried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pythons, "interpreters", dict)
    assert pythons.main([]) == 0
    assert capsys.readouterr().out.count("untried, not on this machine") == 4


def test_a_version_whose_unit_tests_fail_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = sys.version_info[:2]
    one = pythons.Tried(version, sys.executable, compiled=True, imported=True, told="3 modules")
    monkeypatch.setattr(pythons, "interpreters", lambda: {version: sys.executable})
    monkeypatch.setattr(pythons, "environment_of", lambda *_: sys.executable)
    monkeypatch.setattr(pythons, "tried", lambda *_: one)
    for is_tested, code in ((True, 0), (False, 1)):
        came = replace(one, tests="1 failed", is_tested=is_tested)
        monkeypatch.setattr(pythons, "tested", lambda _, came=came: came)
        assert pythons.main(["--whole", ".".join(map(str, version))]) == code
    assert "unit tests: 1 failed" in capsys.readouterr().out
