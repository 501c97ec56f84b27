"""Commands that need no table and no geometry start without the libraries for them."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("pandas", "geopandas", "scipy", "numba", "pyogrio", "sklearn", "flask", "weasyprint")
LIGHT = ("main", "doctor", "db", "users", "audit")

_PROGRAM = """
import importlib, json, sys
for name in sys.argv[2].split(","):
    importlib.import_module(f"gridmap.cli.{name}")
    found = [heavy for heavy in sys.argv[1].split(",") if heavy in sys.modules]
    if found:
        break
print(json.dumps([name, found]))
"""


def test_light_commands_import_no_library_for_tables_shapes_or_pages() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, ",".join(HEAVY), ",".join(LIGHT)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [LIGHT[-1], []]
