"""The committed town is what the script draws."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "boundaries"
BY_HAND = {"PROVENANCE.md", "village_codes.csv"}


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file() and f.name not in BY_HAND
    }


@pytest.mark.timeout(600)
def test_the_same_seed_draws_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "make_town.py"
    done = subprocess.run(
        [sys.executable, str(script), "--seed", "20130909", "--out", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert _hashes(tmp_path) == _hashes(DATA)
