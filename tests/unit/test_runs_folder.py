"""Folders of runs of the suite: a run that was killed leaves none for good, and one that lives keeps its own."""

from __future__ import annotations

from pathlib import Path

from tests.towns import claim, sweep


def test_the_next_run_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    lives, killed, other = (tmp_path / name for name in ("gm-lives", "gm-killed", "gm-other"))
    for folder in (lives, killed, other):
        (folder / "home").mkdir(parents=True)
    with claim(lives):
        # A process that ends in any way closes its files.
        claim(killed).close()
        assert sweep(tmp_path) == [killed]
        assert (lives / "home").is_dir()
        assert (other / "home").is_dir()
        assert sweep(tmp_path, tmp_path / "absent") == []
    assert sweep(tmp_path) == [lives]
