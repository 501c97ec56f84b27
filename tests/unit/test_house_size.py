"""Rooms stay small enough to be read at one go, and long things travel typed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
MOST_UNTYPED = 80
# Made by the asset step, or brought by npm.
NOT_OURS = {"node_modules", "built", "vendor"}


def modules() -> list[Path]:
    """Python and JavaScript of the product."""
    return [
        path
        for room in ("gridmap", "web")
        for ending in ("*.py", "*.js")
        for path in (ROOT / room).rglob(ending)
        if not NOT_OURS.intersection(path.parts)
    ]


def test_no_module_is_longer_than_400_lines() -> None:
    found = modules()
    assert len(found) > 600
    long = {
        str(p.relative_to(ROOT)): n
        for p in found
        if (n := len(p.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_what_travels_between_services_and_web_has_a_type() -> None:
    files = [
        p
        for room in ("gridmap/services", "web")
        for p in (ROOT / room).rglob("*.py")
        if "node_modules" not in p.parts
    ]
    assert len(files) > 200
    untyped = sum("dict[str, Any]" in line for path in files for line in path.read_text("utf-8").splitlines())
    assert untyped <= MOST_UNTYPED


ASKED_BY_LIBRARIES = {
    "missing_host_key",
    "readinto",
    "list_commands",
    "get_command",
    "format_commands",
    "find_spec",
    "handle_starttag",
    "handle_endtag",
    "handle_data",
}
"""Methods that a class gives to a library, which calls them."""
HELD_BY_TESTS = {"KEEPER_ONLY"}
"""What tests hold against the product: commands that nobody has a right to but the keeper."""


def _named(tree: ast.Module) -> Iterator[str]:
    """Functions, classes and constants that a module makes; what a decorator hands on is called by somebody else."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and not node.decorator_list):
            yield node.name
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        yield from (t.id for t in targets if isinstance(t, ast.Name))


def test_every_name_is_used_or_told_of_as_the_librarys() -> None:
    sources = [p for p in modules() if p.suffix == ".py"]
    templates = [*(ROOT / "web/templates").rglob("*.html"), *(ROOT / "gridmap/reporting/templates").iterdir()]
    words = Counter(
        word for p in (*sources, *templates) for word in re.findall(r"\w+", p.read_text("utf-8", "replace"))
    )
    told = set(re.findall(r"\w+", (ROOT / "docs/methods.md").read_text("utf-8")))
    made = {name: p for p in sources for name in _named(ast.parse(p.read_text("utf-8")))}
    assert len(made) > 3000
    unused = {
        name: str(path.relative_to(ROOT))
        for name, path in made.items()
        if words[name] == 1
        and not name.startswith("__")
        and name not in told | ASKED_BY_LIBRARIES | HELD_BY_TESTS
    }
    assert unused == {}
