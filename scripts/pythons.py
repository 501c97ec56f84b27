"""Try every Python that the product names: python scripts/pythons.py [--whole] [VERSION...].

Interpreters are found by name on PATH and, where there is pyenv, in its own list. Every one compiles all files; one
that has the dependencies (as the one that runs this) imports every module, too. The rest is told as untried.

With ``--whole`` each gets an environment of its own under ``.cache/pythons`` with what ``constraints.txt`` pins,
imports every module and runs the unit tests: some ten minutes each. Where there is an environment it is used anyway.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
VERSIONS = ((3, 11), (3, 12), (3, 13), (3, 14))
ENVIRONMENTS = REPOSITORY / ".cache" / "pythons"
_TELL = "import json, sys; print(json.dumps([sys.version_info[:2], sys.base_prefix]))"
# Nothing is written beside the sources: another version's files would be nobody's.
_COMPILE = """
import pathlib, sys
for folder in ("gridmap", "web"):
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
"""
_IMPORT = """
import importlib, pkgutil, sys
import gridmap, web
names = [m.name for p in (gridmap, web) for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]
# Alembic runs its own: they are no modules to import.
for name in names:
    if ".migrations." not in name:
        importlib.import_module(name)
print(len(names))
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one version: ``python`` is None where the machine has none."""

    version: tuple[int, int]
    python: str | None
    compiled: bool
    imported: bool | None
    """None where its dependencies are not installed."""
    told: str = ""
    tests: str = ""
    """Last line of the unit tests; empty where they were not run."""
    is_tested: bool = True
    """False where a unit test failed."""


def candidates() -> list[str]:
    """Return programs that may be a Python of a version that is wanted, the one that runs this first."""
    made = (ENVIRONMENTS / f"{major}.{minor}" / "bin" / "python" for major, minor in VERSIONS)
    found = [sys.executable, *(str(path) for path in made if path.exists())]
    found += (shutil.which(f"python{major}.{minor}") or "" for major, minor in VERSIONS)
    pyenv = shutil.which("pyenv")
    if pyenv is not None:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
        found += (
            [str(path) for path in sorted((Path(root) / "versions").glob("*/bin/python"))] if root else []
        )
    return [path for path in found if path]


def interpreters() -> dict[tuple[int, int], str]:
    """Return one working interpreter for each version that this machine has."""
    found: dict[tuple[int, int], str] = {}
    for path in candidates():
        try:
            done = subprocess.run(
                [path, "-c", _TELL], capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            version = tuple(json.loads(done.stdout)[0])
            if version in VERSIONS:
                found.setdefault(version, path)
    return found


def environment_of(version: tuple[int, int], python: str) -> str:
    """Make the environment of a version, or bring it up to date; return its interpreter."""
    folder = ENVIRONMENTS / ".".join(map(str, version))
    own = str(folder / "bin" / "python")
    steps = (
        *([] if Path(own).exists() else [[python, "-m", "venv", str(folder)]]),
        # Dependency groups need pip 25.1.
        [own, "-m", "pip", "install", "-q", "--upgrade", "pip>=25.1"],
        [own, "-m", "pip", "install", "-q", "-c", "constraints.txt", "-e", ".", "--group", "dev"],
    )
    for step in steps:
        subprocess.run(step, cwd=REPOSITORY, check=True, stderr=subprocess.DEVNULL)
    return own


def tested(one: Tried) -> Tried:
    """Run the unit tests where every module is imported."""
    if one.python is None or not one.imported:
        return one
    done = subprocess.run(
        [one.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-20_000:])
    return replace(one, tests=done.stdout.strip().splitlines()[-1], is_tested=done.returncode == 0)


def tried(version: tuple[int, int], python: str | None) -> Tried:
    """Compile with an interpreter, and import where it has what is needed."""
    if python is None:
        return Tried(version, None, compiled=False, imported=None)
    compiled = _run(python, _COMPILE)
    if compiled.returncode:
        return Tried(version, python, compiled=False, imported=None, told=compiled.stderr[-2000:])
    if _run(python, "import sqlalchemy, flask, numba").returncode:
        return Tried(version, python, compiled=True, imported=None)
    imported = _run(python, _IMPORT)
    told = imported.stderr[-2000:] if imported.returncode else f"{imported.stdout.strip()} modules"
    return Tried(version, python, compiled=True, imported=imported.returncode == 0, told=told)


def _run(python: str, code: str) -> subprocess.CompletedProcess[str]:
    around = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [python, "-W", "error::SyntaxWarning", "-c", code],
        cwd=REPOSITORY, env=around, capture_output=True, text=True, check=False,
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Print what was tried; 1 when a version fails."""
    is_whole = "--whole" in arguments
    asked = {tuple(map(int, word.split("."))) for word in arguments if word != "--whole"} or set(VERSIONS)
    found = interpreters()
    failed = False
    for version in VERSIONS:
        if version not in asked:
            continue
        python = found.get(version)
        if is_whole and python is not None:
            python = environment_of(version, python)
        one = tried(version, python)
        if is_whole:
            one = tested(one)
        print(told_of(one), flush=True)
        failed |= bool(python) and (not one.compiled or one.imported is False or not one.is_tested)
    return int(failed)


def told_of(one: Tried) -> str:
    """Say in a line what came of a version."""
    name = f"Python {'.'.join(map(str, one.version))}"
    if one.python is None:
        return f"{name}: untried, not on this machine"
    if not one.compiled:
        return f"{name}: does not compile\n{one.told}"
    if one.imported is None:
        return (
            f"{name}: compiled; imports untried, its dependencies are not installed (--whole installs them)"
        )
    imported = f"{name}: compiled; imports {'well' if one.imported else 'FAILED'}: {one.told}"
    return f"{imported}; unit tests: {one.tests}" if one.tests else imported


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
