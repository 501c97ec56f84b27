"""Run the tests of an older release against this schema: python scripts/release_before.py [REVISION] [PYTEST WORDS...].

While a newer gridmap is brought in, programs of the release before may still serve: what they ask of the database must
go on working. The release's own tests of storage, API and programs say whether it does; its workspaces are made by it
and upgraded by this tree's program, and its processes run its own code, with this environment's packages.

REVISION is the release, by default the newest tag `v…`, or where there is none the last commit with an older schema.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
VERSIONS = "gridmap/storage/migrations/versions"
PARTS = (
    "gridmap",
    "web",
    "tests",
    "scripts",
    "data",
    "deploy",
    "docs",
    "pyproject.toml",
    "constraints.txt",
    "README.md",
)
TESTS = ("tests/unit", "tests/api", "tests/integration", "tests/property", "tests/faults")
# What asks for a schema that nothing has been added to since (it is about the release's own upgrades: its chain of
# migrations, and the roles that they set up on a server), for a wheel or a bundle of this tree, or for its history.
LEFT_OUT = (
    "tests/faults/test_bundle.py",
    "tests/faults/test_external_server.py",
    "tests/faults/test_kept_workspaces.py",
    "tests/faults/test_migrations.py",
    "tests/faults/test_release_before.py",
    "tests/faults/test_soak.py",
    "tests/integration/test_wheel.py",
    "tests/integration/test_catalogue.py",
    "tests/integration/test_memphis.py",
)
OF_ITS_UPGRADES = (
    "tests/faults/test_kills_at_work.py::test_a_migration_killed_by_9_is_whole_or_nothing_and_the_next_one_succeeds",
)


@dataclass(frozen=True, slots=True)
class Release:
    """An older program, and the newest migration that it knows."""

    commit: str
    schema: str
    name: str


def git(*words: str) -> str:
    """Return what git prints; LookupError where it fails."""
    done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LookupError(done.stderr.strip() or f"git {words[0]} failed")
    return done.stdout.strip()


def find_release(revision: str | None = None) -> Release:
    """Find the release before.

    Raises
    ------
    LookupError
        When the history that is here does not reach it.
    """
    from gridmap.storage.schema import _known

    if revision is None:
        tags = git("tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD").split()
        revision = tags[0] if tags else f"{_added(_known()[-1])}^"
    commit = git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    listed = git("ls-tree", "--name-only", commit, f"{VERSIONS}/").split()
    held = {match[1] for path in listed if (match := re.search(r"/v(\d{4})_", path))}
    known = [one for one in _known() if one in held]
    return Release(commit, known[-1], git("log", "-1", "--format=%h of %cs", commit))


def _added(schema: str) -> str:
    """Find the commit that brought a migration."""
    (file,) = (REPOSITORY / VERSIONS).glob(f"v{schema}_*.py")
    told = git("log", "--diff-filter=A", "--format=%H", "--", str(file.relative_to(REPOSITORY))).split()
    if not told:
        raise LookupError(f"migration {schema} is not committed yet")
    return told[-1]


def unpack(release: Release, folder: Path) -> None:
    """Lay out the release's tree, with the page's assets of this one."""
    packed = subprocess.run(
        ["git", "archive", release.commit, *PARTS], cwd=REPOSITORY, capture_output=True, check=True
    ).stdout
    # By tar itself: Debian's Python 3.11.2 knows no filters.
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)
    for name in ("vendor", "built"):
        made = REPOSITORY / "web" / "static" / name
        if made.is_dir() and not (folder / "web" / "static" / name).exists():
            (folder / "web" / "static" / name).symlink_to(made)
    shutil.copy(REPOSITORY / "scripts" / "on_this_schema.py", folder)


def surroundings(folder: Path) -> dict[str, str]:
    """Variables with which the release's own code is what Python finds."""
    return os.environ | {"PYTHONPATH": str(folder), "NEWER_TREE": str(REPOSITORY)}


def main(arguments: list[str]) -> int:
    from gridmap.storage.schema import _known

    revision = arguments.pop(0) if arguments and not arguments[0].startswith(("-", "tests")) else None
    try:
        release = find_release(revision)
    except LookupError as error:
        print(f"untried: the release before is not in this history ({error})")
        return 2
    words = arguments or [
        *TESTS,
        *(f"--ignore={path}" for path in LEFT_OUT),
        *(f"--deselect={test}" for test in OF_ITS_UPGRADES),
    ]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gridmap-before-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        unpack(release, folder)
        load = Path("/proc/loadavg").read_text().split()[0]
        print(
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}: the release {release.name} (schema {release.schema}) on schema "
            f"{_known()[-1]}; load {load} beside it\npytest {' '.join(words)}",
            flush=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "on_this_schema", "-p", "no:cacheprovider", *words],
            cwd=folder, env=surroundings(folder), check=False,
        )  # fmt: skip
    print(f"{time.monotonic() - begun:.0f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
