"""Every test checks something whatever it meets: no promise hangs on an `if`, or on a list that may be empty."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FILES = sorted(TESTS.rglob("*.py"))
# Calls that check, and blocks that fail when what they wait for does not happen.
CHECKS = ("assert", "expect", "fail", "validate")
BLOCKS = ("raises", "warns", "expect_", "refused")
# They give as many things as the first of their arguments.
FAITHFUL = {
    "enumerate",
    "list",
    "tuple",
    "set",
    "sorted",
    "reversed",
    "permutations",
    "pairwise",
    "product",
    "zip",
}
DISPLAYS = (ast.List, ast.Tuple, ast.Set)

Names = dict[str, ast.expr]


def called(node: ast.expr) -> str:
    """Last name of what is called; empty when it has none."""
    function = node.func if isinstance(node, ast.Call) else node
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_filled(node: ast.expr, names: Names, depth: int = 0) -> bool:
    """Tell whether a collection holds something as the text stands."""
    if isinstance(node, DISPLAYS):
        return any(not isinstance(e, ast.Starred) or is_filled(e.value, names) for e in node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value)
    if isinstance(node, ast.Name):
        known = names.get(node.id)
        return known is not None and depth < 5 and is_filled(known, names, depth + 1)
    if isinstance(node, ast.BinOp):
        return is_filled(node.left, names) or is_filled(node.right, names)
    if isinstance(node, ast.Call):
        if called(node) == "range":
            # Up to a number that is none, or to a name; what is computed may be none.
            last = node.args[min(len(node.args), 2) - 1]
            return bool(last.value) if isinstance(last, ast.Constant) else isinstance(last, ast.Name)
        if isinstance(node.func, ast.Attribute) and called(node) in {"items", "values", "keys"}:
            return is_filled(node.func.value, names)
        return called(node) in FAITHFUL and bool(node.args) and is_filled(node.args[0], names)
    return False


def is_check(node: ast.AST, helpers: AbstractSet[str], names: Names) -> bool:
    """Tell whether a statement's own expressions check something."""
    if isinstance(node, ast.Assert):
        test = node.test
        of_all = isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "all"
        given = test.args[0] if of_all else None  # type: ignore[attr-defined]
        return not isinstance(given, ast.GeneratorExp) or is_filled(given.generators[0].iter, names)
    calls = [called(n) for n in ast.walk(node) if isinstance(n, ast.Call)]
    return any(name in helpers or name.startswith(CHECKS) for name in calls)


def ways_through(node: ast.stmt, names: Names) -> list[list[ast.stmt]]:
    """Statements inside a statement, one list for each way on which it can be left; none where it may do nothing."""
    if isinstance(node, ast.With):
        return [node.body]
    if isinstance(node, ast.Try):
        return [[*node.body, *node.finalbody]]
    if isinstance(node, ast.If):
        return [node.body, node.orelse]
    if isinstance(node, ast.For) and is_filled(node.iter, names):
        return [node.body]
    return []


def always_checks(body: Iterable[ast.stmt], helpers: AbstractSet[str], names: Names) -> bool:
    """Tell whether some check is made on every way through the statements."""
    for node in body:
        if isinstance(node, ast.Assign):
            names |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        ways = ways_through(node, names)
        if ways and all(always_checks(way, helpers, dict(names)) for way in ways):
            return True
        if isinstance(node, ast.With):
            entered = [called(item.context_expr) for item in node.items]
            if any(name.startswith(BLOCKS) or name in helpers for name in entered):
                return True
        elif not hasattr(node, "body") and is_check(node, helpers, names):
            return True
    return False


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def checking_helpers(trees: Iterable[ast.AST]) -> set[str]:
    """Names of functions, tests apart, that check on every way through."""
    every = [f for tree in trees for f in functions(tree) if not f.name.startswith("test_")]
    found: set[str] = set()
    while more := {f.name for f in every if always_checks(f.body, found, {})} - found:
        found |= more
    return found


def constants(tree: ast.Module) -> Names:
    found: Names = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found[node.target.id] = node.value
    return found


def may_check_nothing(text: str, helpers: AbstractSet[str] = frozenset()) -> list[str]:
    """Tests of a file that can pass without having checked anything."""
    tree = ast.parse(text)
    tests = [f for f in functions(tree) if f.name.startswith("test_")]
    return [f.name for f in tests if not always_checks(f.body, helpers, constants(tree))]


def test_every_test_checks_something_on_every_way_through() -> None:
    texts = {path: path.read_text("utf-8") for path in FILES}
    assert len(texts) > 80
    helpers = checking_helpers(ast.parse(text) for text in texts.values())
    found = [
        f"{path.relative_to(TESTS)}: {name}"
        for path, text in texts.items()
        for name in may_check_nothing(text, helpers)
    ]
    assert found == []


@pytest.mark.parametrize(
    "body",
    [
        "if x: assert y",
        "for x in f(): assert x",
        "for x in [y for y in f()]: assert x",
        "for x in (): assert x",
        "for x in [*f()]: assert x",
        "for x in range(0): assert x",
        "for x in range(len(y)): assert x",
        "for a, b in zip(f(), g(), strict=True): assert a == b",
        "assert all(x for x in f())",
        "if x:\n  assert y\nelse:\n  f()",
        "while f(): assert x",
        "x = []\n for y in x: assert y".replace("\n ", "\n"),
        "f()",
    ],
)
def test_a_test_that_may_check_nothing_is_noticed(body: str) -> None:
    indented = body.replace("\n", "\n  ")
    assert may_check_nothing(f"def test_a():\n  {indented}\n") == ["test_a"]


@pytest.mark.parametrize(
    "body",
    [
        "assert f()",
        "for x in (1, 2): assert x",
        "for x in range(5): assert x",
        "for n, x in enumerate(sorted([1, 2])): assert x",
        "for x in [*f(), 1]: assert x",
        "for x in NAMES: assert x",
        "found = f()\nassert found\nfor x in found: assert x",
        "if x:\n  assert y\nelse:\n  assert z",
        "with pytest.raises(ValueError): f()",
        "for x in 'ab':\n  with pytest.raises(ValueError):\n    f(x)",
        "expect(page).to_be_visible()",
        "np.testing.assert_array_equal(a, b)",
        "told = refusal(f())",
    ],
)
def test_a_test_that_always_checks_is_let_pass(body: str) -> None:
    indented = body.replace("\n", "\n  ")
    text = f"NAMES = {{'a': 1}}\ndef test_a():\n  {indented}\n"
    assert may_check_nothing(text, {"refusal"}) == []


def promises() -> list[tuple[str, str]]:
    """What docs/operations.md promises an administrator, and the tests that it names."""
    page = (TESTS.parent / "docs" / "operations.md").read_text("utf-8")
    return re.findall(r"^\| (.+) \| (.+) \|$", page.partition("## Promises")[2], re.MULTILINE)[1:]


FAULTS = {
    "The program killed by 9": "test_after_kill_9_of_the_program_the_next_one_takes_over_and_stops_the_server",
    "A worker killed by 9": "test_a_job_of_a_worker_that_was_killed_ends_with_a_reason_and_the_next_one_is_done",
    "The database killed by 9": "test_after_kill_9_of_the_postmaster_orphaned_backends_are_ended_and_commits_are_kept",
    "an import": "test_work_killed_by_9_is_there_wholly_or_not_at_all_and_the_next_one_does_it",
    "A transfer of a case": "test_work_killed_by_9_is_there_wholly_or_not_at_all_and_the_next_one_does_it",
    "a plan killed by 9": "test_work_killed_by_9_is_there_wholly_or_not_at_all_and_the_next_one_does_it",
    "an import whose client died": "test_a_killed_import_leaves_nothing_half_written",
    "A migration killed by 9": "test_a_migration_killed_by_9_is_whole_or_nothing_and_the_next_one_succeeds",
    "A backup killed by 9": "test_a_backup_killed_by_9_leaves_none_and_the_next_one_is_whole",
    "A backup whose database is killed by 9": (
        "test_a_backup_whose_database_is_killed_by_9_leaves_none_and_the_next_one_is_whole"
    ),
    "A full disk": "test_a_disk_that_fills_up_is_named_and_what_was_committed_stays",
    "A read-only disk": "test_a_read_only_disk_is_told_without_a_trace",
    "another owner": "test_files_of_another_account_are_told_with_the_command_that_mends_them",
    "a wrong mode": "test_files_that_are_closed_to_their_own_account_are_told",
    "the database is away": (
        "test_while_the_database_is_away_people_are_told_when_to_come_back_and_it_comes_back_by_itself"
    ),
    "A clock that jumps": "test_a_clock_that_jumps_by_years_stops_neither_the_service_nor_its_database",
    "Two servers on one folder": (
        "test_two_servers_on_one_folder_share_its_database_and_the_one_that_stays_keeps_it"
    ),
    "A data folder copied": "tests/faults/test_copied_folders.py",
    "the port taken": "tests/unit/test_doctor.py",
    "a home on NFS": "tests/unit/test_doctor.py",
    "another PostgreSQL": "tests/faults/test_neighbours.py",
    "no Chinese locale": "tests/faults/test_neighbours.py",
    "umask 077": "tests/faults/test_neighbours.py",
    "strange zone": "tests/faults/test_neighbours.py",
    "32 MB of /dev/shm": "tests/faults/test_neighbours.py",
    "no home": "tests/faults/test_neighbours.py",
}
"""What may happen to a service, in the words of its promise, and a test of it."""


@pytest.mark.parametrize(("fault", "test"), FAULTS.items())
def test_every_fault_is_a_promise_to_an_administrator_that_names_its_test(fault: str, test: str) -> None:
    assert [row for row, named in promises() if fault in row and f"`{test}`" in named]


def test_every_test_of_a_fault_is_told_to_administrators() -> None:
    named = " ".join(tests for _, tests in promises())
    files = [file for file in FILES if file.parent.name == "faults" and file.name.startswith("test_")]
    assert len(files) > 20
    untold = [
        f"{file.name}: {name}"
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
        if f"`{name}`" not in named and f"`tests/faults/{file.name}`" not in named
    ]
    assert untold == []


def test_every_promise_to_an_administrator_names_a_test_that_there_is() -> None:
    rows = [tests for _, tests in promises()]
    functions = {
        name
        for file in FILES
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    files = {str(file.relative_to(TESTS.parent)) for file in FILES} | {file.name for file in FILES}
    named = [re.findall(r"`([\w./*]+)`", row) for row in rows]
    assert len(rows) > 20
    assert all(named)
    unknown = {
        word
        for words in named
        for word in words
        if word not in functions | files
        and not (list(TESTS.parent.glob(word)) if word.startswith("tests/") else [])
    }
    assert unknown <= {"scripts/bench/soak.py"}


def test_the_files_that_come_first_are_there() -> None:
    from tests.conftest import LONG

    assert LONG
    for name in LONG:
        assert (TESTS / name).is_file(), name
