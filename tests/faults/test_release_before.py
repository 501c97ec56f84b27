"""The release before serves on this schema: its own code, on a workspace that this program has upgraded.

``scripts/release_before.py`` runs that release's tests on it; here it does what a desk does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import release_before
from tests.conftest import MakeDatabase
from tests.towns import DATA, environment_of

pytestmark = pytest.mark.faults

PATIENCE_S = 600
# One process: each start of the program takes a processor's five seconds.
AT_THE_DESK = """
import sys
import gridmap
import on_this_schema
from gridmap.cli.main import main
print(gridmap.__file__)
for words in (
    ["db", "check"],
    ["incidents", "import", sys.argv[1], "--accept-valid"],
    ["incidents", "export", "open.csv", "--open"],
    ["cases", "find", "FQ25-000002"],
    ["imports", "list"],
    ["imports", "undo", "2", "--note", "x"],
):
    main(words, standalone_mode=False)
"""


def test_the_release_before_works_on_this_schema(make_database: MakeDatabase, tmp_path: Path) -> None:
    try:
        release = release_before.find_release()
    except LookupError as error:
        pytest.skip(f"its history is not here: {error}")
    town = make_database("villages")
    folder = tmp_path / "release"
    folder.mkdir()
    release_before.unpack(release, folder)
    few = tmp_path / "few.csv"
    few.write_text("\n".join((DATA / "incidents.csv").read_text("utf-8").splitlines()[:40]), "utf-8")
    around = {k: v for k, v in release_before.surroundings(folder).items() if not k.startswith("GRIDMAP_H")}
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_DESK, str(few)],
        env=around | environment_of(town) | {"PATH": os.environ["PATH"]}, cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "新增 / new 27" in done.stdout
    assert "撤出 / withdrawn 27" in done.stdout
    assert str(folder / "gridmap") in done.stdout
