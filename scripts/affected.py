"""Print the test files that a change can affect, one a line; ``tests`` alone when that cannot be told.

Usage: affected.py [REVISION]. The change is all that differs from the revision: files of commits, of the working tree,
and new ones. Without one it is where this branch left ``main``; on ``main`` itself, the last commit.

A test file depends on the modules that it imports or names, on all that those import, on the conftest beside it,
and, where one of its fixtures copies a database, on whatever fills that database.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import grimp

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("gridmap", "web")
EVERYTHING = "tests"
# Of these nothing can be told by imports: every database and every test reads them.
DEEP = re.compile(
    r"pyproject\.toml|constraints\.txt|data/.*|scripts/(affected\.py|lib\.sh)|tests/(conftest|towns|strategies)\.py"
    r"|gridmap/storage/migrations/.*|gridmap/(?!.*\.py$).*"
)
PAGE = re.compile(r"web/(?!.*\.py$).*")
NAMED = re.compile(rf"\b(?:{'|'.join(PACKAGES)})(?:\.[a-z_]\w*)+")
# Fixtures of these names lead to a copied database.
COPIED = "towns"


def git(*words: str) -> list[str]:
    """Lines that git prints; none when it refuses."""
    done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed_files(revision: str | None) -> set[str]:
    """Files that differ from the revision."""
    if revision is None:
        main = git("rev-parse", "--verify", "-q", "main") or git("rev-parse", "--verify", "-q", "origin/main")
        revision = (git("merge-base", "HEAD", main[0]) if main else git("rev-parse", "HEAD"))[0]
    elif not git("rev-parse", "--verify", "-q", f"{revision}^{{commit}}"):
        sys.exit(f"git knows no {revision}")
    return {*git("diff", "--name-only", revision), *git("ls-files", "--others", "--exclude-standard")}


@cache
def house_of_today() -> House:
    return House()


class House:
    """Modules of the product and what each of them needs."""

    def __init__(self) -> None:
        self._graph = grimp.build_graph(*PACKAGES, cache_dir=str(REPOSITORY / ".import_linter_cache"))
        self._modules = self._graph.modules
        # A package's own names are loaded when they are asked for: who asks depends on them, not whoever is in it.
        self._on_demand: dict[str, set[str]] = {}
        for module in sorted(self._modules):
            text = path_of(module).read_text("utf-8")
            if module in PACKAGES:
                self._on_demand[module] = self.named(text) - {module}
                continue
            # Modules that are loaded by name: commands, and readers that run in a process of their own.
            for other in self.named(text) - {module}:
                self._graph.add_import(importer=module, imported=other)

    def named(self, text: str) -> set[str]:
        """Modules that a text names, the longest part of each name that is one."""
        found = set()
        for match in NAMED.finditer(text):
            parts = match[0].split(".")
            while parts and ".".join(parts) not in self._modules:
                parts.pop()
            found.add(".".join(parts))
        return found & self._modules

    @cache  # noqa: B019 - lives as long as the program
    def imported(self, path: Path) -> frozenset[str]:
        """Modules that a file names or imports, with ``from package import module`` for the module."""
        text, _, tree = parsed(path)
        found = self.named(text)
        for package in found & self._on_demand.keys():
            found |= self._on_demand[package]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return frozenset(found & self._modules)

    @cache  # noqa: B019 - lives as long as the program
    def needs(self, module: str) -> frozenset[str]:
        """Name the module, all that it imports, and the packages above each of them."""
        below = {module, *self._graph.find_upstream_modules(module)}
        return frozenset(below | {name for m in below for name in above(m)})


def above(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts))}


def path_of(module: str) -> Path:
    path = REPOSITORY.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def module_of(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def parsed(path: Path) -> tuple[str, frozenset[str], ast.Module]:
    """Text of a file, the words in it, and its tree: each file is beside many others."""
    text = path.read_text("utf-8")
    return text, frozenset(re.findall(r"\w+", text)), ast.parse(text)


@cache
def copying_fixtures(conftests: tuple[Path, ...]) -> set[str]:
    """Names of fixtures that lead to a copied database."""
    needs = {}
    for path in conftests:
        for node in ast.walk(parsed(path)[2]):
            if isinstance(node, ast.FunctionDef):
                needs[node.name] = {argument.arg for argument in node.args.args}
    found = {COPIED}
    while more := {name for name, asked in needs.items() if asked & found} - found:
        found |= more
    return found


def affected(changed: set[str]) -> list[str]:
    """Test files that depend on one of the files."""
    if any(DEEP.fullmatch(file) for file in changed):
        return [EVERYTHING]
    house = house_of_today()
    modules = {module_of(f) for f in changed if f.endswith(".py") and f.startswith(("gridmap/", "web/"))}
    if not modules <= {module for module in modules if path_of(module).is_file()}:
        return [EVERYTHING]
    tests = REPOSITORY / "tests"
    towns = house.imported(tests / "towns.py")
    root = tests / "conftest.py"
    # Files by a part of their name: a test may build the address of a page or of a script.
    others = {
        Path(file).name for file in changed - {f for f in changed if f.startswith(("gridmap/", "tests/"))}
    }
    found = []
    for path in sorted(tests.rglob("test_*.py")):
        beside = [p for p in path.parent.glob("*.py") if not p.name.startswith("test_")]
        both = (path, *beside)
        wanted = set().union(*(house.imported(file) for file in both))
        conftests = (root, *(p for p in beside if p.name == "conftest.py" and p != root))
        words = set().union(*(parsed(file)[1] for file in both))
        if words & copying_fixtures(conftests):
            wanted |= towns
        if "demo_server" in words:
            wanted |= {"gridmap.cli.serve", "web.app"}
        needed = set().union(*(house.needs(module) for module in wanted))
        own = {str(p.relative_to(REPOSITORY)) for p in both}
        of_page = path.parent.name == "browser" and any(PAGE.fullmatch(file) for file in changed)
        if (
            needed & modules
            or own & changed
            or of_page
            or any(n in parsed(file)[0] for n in others for file in both)
        ):
            found.append(str(path.relative_to(REPOSITORY)))
    return found


if __name__ == "__main__":
    print("\n".join(affected(changed_files(sys.argv[1] if len(sys.argv) > 1 else None))))
