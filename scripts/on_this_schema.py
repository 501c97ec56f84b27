# ruff: noqa: SLF001 - an older release offers no other way
"""Plugin for pytest in an older release's tree: its workspaces get the schema of the tree that NEWER_TREE names.

Copied there by scripts/release_before.py. After the release's own upgrade the newer program's follows, as on a machine
where the newer one was started. A release of before the schema said whom it serves would refuse any newer one; it alone
is told that it knows the newest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from gridmap.storage import schema

NEWER = os.environ["NEWER_TREE"]
_UPGRADE = """
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
with Database(Settings()) as database:
    print(upgrade(database).found)
"""
_TOLD = "from gridmap.storage.schema import _known; print(*_known())"
_own_upgrade, _own_known = schema.upgrade, schema._known


def _newer(code: str, **told: str) -> str:
    """Run the newer program and return what it prints."""
    around = {k: v for k, v in os.environ.items() if not k.startswith(("GRIDMAP_", "DATABASE_URL"))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=around | told | {"PYTHONPATH": NEWER}, cwd=NEWER, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


KNOWN = _newer(_TOLD).split()


def _upgrade(database: Any, **options: Any) -> Any:
    if schema.schema_version(database).found != KNOWN[-1]:
        with _knowing(_own_known()):
            _own_upgrade(database, **options)
        address = {
            "GRIDMAP_HOME": str(database.settings.home),
            "DATABASE_URL": database.owner_url.render_as_string(hide_password=False),
            "GRIDMAP_APP_DATABASE_URL": database.app_url.render_as_string(hide_password=False),
        }
        assert _newer(_UPGRADE, **address) == KNOWN[-1]
    return schema.schema_version(database)


class _knowing:  # noqa: N801 - reads as a phrase
    """Within it the release knows these revisions."""

    def __init__(self, known: list[str]) -> None:
        self.known = known

    def __enter__(self) -> None:
        self.before = schema._known
        schema._known = lambda: self.known

    def __exit__(self, *_: object) -> None:
        schema._known = self.before


schema.upgrade = _upgrade
if "ahead" not in str(schema.State):
    schema._known = lambda: KNOWN
