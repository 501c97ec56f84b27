"""A command acts for the workspace's keeper, or with the rights of the post that ``--as`` names."""

from __future__ import annotations

import datetime as dt
import re

import click
import pytest
from click.testing import CliRunner

from gridmap.cli.main import _COMMANDS, main
from gridmap.cli.rights import ASKED, KEEPER_ONLY, WRITTEN_DOWN
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.services.accounts import audit, desk
from gridmap.storage.database import Database
from tests.towns import REPOSITORY, environment_of

VILLAGE = 33068110903290000
NAME = "枫源村 值班岗"


def every_command() -> set[str]:
    found: set[str] = set()

    def walk(name: str, command: click.Command | None) -> None:
        if isinstance(command, click.Group):
            for part, below in command.commands.items():
                walk(f"{name} {part}", below)
        else:
            found.add(name)

    for name in _COMMANDS:
        walk(name, main.get_command(click.Context(main), name))
    return found


def test_every_command_that_is_told_of_is_there() -> None:
    there = every_command()
    groups = {" ".join(name.split()[:n]) for name in there for n in range(1, len(name.split()))}
    files = [*REPOSITORY.glob("gridmap/**/*.py"), *REPOSITORY.glob("docs/*.md"), REPOSITORY / "README.md"]
    told = {
        words
        for path in files
        for words in re.findall(r"gridmap ((?:[a-z-]+ ){1,2}[a-z-]+)", path.read_text("utf-8"))
    }

    def known(words: str) -> str:
        """The longest beginning that names groups, with the word after it, where that names nothing."""
        parts = words.split()
        for n in range(1, len(parts)):
            group, name = " ".join(parts[:n]), " ".join(parts[: n + 1])
            if group in groups and name not in groups | there:
                return name
        return ""

    assert len(told) > 50
    assert {name for words in told if (name := known(words))} == set()


def test_every_command_is_in_the_table_or_the_keeper_s_alone() -> None:
    assert every_command() == set(ASKED) | KEEPER_ONLY
    assert not set(ASKED) & KEEPER_ONLY
    assert set(WRITTEN_DOWN) <= set(ASKED)
    assert {
        "incidents import",
        "incidents export",
        "reports build",
        "reports verify",
        "patrols plan",
    } <= WRITTEN_DOWN


@pytest.fixture
def desk_post(recorded_town: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    for name, value in environment_of(recorded_town).items():
        monkeypatch.setenv(name, value)
    desk.add_post(
        recorded_town, Actor.at_the_machine(), NAME, Role.VILLAGE_DESK, VILLAGE, dt.date(2026, 1, 1)
    )
    return recorded_town


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, words)
    return done.exit_code, done.output


def test_a_post_s_command_sees_and_does_what_the_post_may(desk_post: Database, tmp_path: object) -> None:
    code, listed = run("--as", NAME, "grids", "list")
    assert code == 0, listed
    assert "枫源村" in listed
    assert "陈家社区" not in listed
    for words in (("users", "list"), ("audit", "list"), ("db", "status"), ("teams", "import", __file__)):
        code, said = run("--as", NAME, *words)
        assert (code, "(role-may-not)" in said) == (1, True) or words[0] == "db", said
    assert run("--as", "nobody", "grids", "list")[0] == 1
    desk.lock(desk_post, Actor.at_the_machine(), NAME)
    code, said = run("--as", NAME, "grids", "list")
    assert code == 1
    assert "(post-locked)" in said


def test_an_export_for_a_post_holds_its_rows_only_and_is_written_down(
    desk_post: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("out") / "mine.csv"
    code, said = run("--as", NAME, "incidents", "export", str(file))
    assert code == 0, said
    with desk_post.scoped_session(Scope.of_grid(VILLAGE)) as session:
        from sqlalchemy import text

        # The desk sees cases of other places that it handles, too; an export holds those that happened in its place.
        inside = Scope.of_grid(VILLAGE)
        expected = session.scalar(
            text("select count(*) from incidents where grid_key between :lo and :hi"),
            {"lo": inside.lo, "hi": inside.hi},
        )
    assert len(file.read_text("utf-8-sig").splitlines()) - 1 == expected > 0
    newest = audit.head(desk_post)
    assert newest is not None
    assert (newest.post, newest.action, newest.outcome) == (NAME, "incidents_export", "asked")
