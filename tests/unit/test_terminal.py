"""Text is text on a terminal: names from files are shown as they are written, and steer nothing."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from gridmap.cli.common import Terminal
from gridmap.domain.legible import legible

SEEN = [
    "bad [/x]",
    "[red]name[nope].csv",
    "[bold]粗[/bold]",
    "[link=http://a]b[/link]",
    "[/]",
    "[[a]]",
    ":smile: 10:30",
    "\\[x]",
    "=1+1",
    "<b>&amp;</b>",
    "{0} %s $HOME `x`",
    "枫源村“甲”",
]
UNSEEN = [
    "a\x1b[31mred\x1b[0m",
    "a\x1b]0;title\x07",
    "\x9b31m",
    "T01\u200b",
    "T\u202e10",
    "\ufeffT01",
    "a\rb",
    "a\x00b",
    "\ud800",
    "a\u2066b\u2069",
    "x\U000e0041",
    "\u00adsoft",
]


def shown(value: object) -> str:
    sink = io.StringIO()
    Terminal(file=sink, width=200, force_terminal=True, color_system=None).print(value)
    return sink.getvalue()


def in_a_table(text: str) -> Table:
    table = Table(title=text)
    table.add_column(text, overflow="fold")
    table.add_row(text)
    return table


@pytest.mark.parametrize("text", SEEN)
def test_a_text_is_shown_as_it_is_written(text: str) -> None:
    assert text in shown(text)
    assert shown(in_a_table(text)).count(text) == 3


@pytest.mark.parametrize("text", UNSEEN)
def test_what_cannot_be_seen_is_shown_as_its_code(text: str) -> None:
    for printed in (shown(text), shown(in_a_table(text))):
        assert legible(text) in printed
        assert not any(c in printed for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"})


@given(st.text(st.characters()))
def test_no_text_steers_a_terminal(text: str) -> None:
    made = legible(text)
    assert not any(unicodedata.category(c) in {"Cf", "Cs"} and c not in text for c in made)
    assert not any(unicodedata.category(c) == "Cc" for c in made.replace("\n", "").replace("\t", ""))
    assert "\x1b" not in made
    assert legible(made) == made


def test_a_table_that_is_wider_than_the_terminal_cuts_nothing_and_keeps_the_code_of_a_row_in_one_piece() -> (
    None
):
    table = Table()
    for heading in ("#", "时段 / period", "领域 / domain", "结果 / result"):
        table.add_column(heading)
    table.add_row("1761117264", "2025-12-01 – 2026-11-29", "policing", "hot 19, cold 0")
    sink = io.StringIO()
    Terminal(file=sink, width=44, force_terminal=True, color_system=None).print(table)
    told = sink.getvalue()
    assert "1761117264" in told
    assert "…" not in told
    columns = zip(*(line.split("│")[1:-1] for line in told.splitlines() if line.startswith("│")), strict=True)
    assert ["".join("".join(column).split()) for column in columns] == [
        "1761117264",
        "2025-12-01–2026-11-29",
        "policing",
        "hot19,cold0",
    ]


def test_a_table_without_rows_says_so() -> None:
    table = Table("号 / no.", "状态 / state")
    sink = io.StringIO()
    Terminal(file=sink, width=44).print(table)
    assert sink.getvalue() == "没有 / none.\n"
    table.title = "镇 / town"
    Terminal(file=sink, width=44).print(table)
    assert sink.getvalue().endswith("镇 / town\n没有 / none.\n")
