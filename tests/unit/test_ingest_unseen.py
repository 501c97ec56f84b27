"""What cannot be seen makes look-alikes: it is refused by row and column, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows import parse_table

UNSEEN = ["\u200b", "\u202e", "\u2066", "\ufeff", "\x1b", "\x07", "\x9b", "\u00ad", "\U000e0041"]


def read(path: Path, *rows: tuple[str, str]) -> ParsedTable:
    lines = ["code,name_zh,kind", *(f"{code},{name},professional patrol team" for code, name in rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return parse_table(path, "teams")


@pytest.mark.parametrize("character", UNSEEN)
@pytest.mark.parametrize("field", ["code", "name_zh"])
def test_a_character_that_cannot_be_seen_refuses_its_row(tmp_path: Path, character: str, field: str) -> None:
    spoilt = ("T" + character + "01", "甲") if field == "code" else ("T01", "甲" + character + "乙")
    parsed = read(tmp_path / "teams.csv", ("T02", "乙"), spoilt)
    assert parsed.total_rows == 2
    assert parsed.refused_rows == 1
    assert parsed.refused[["row", "field", "code"]].to_numpy().tolist() == [[3, field, "text-unseen"]]


def test_codes_are_read_in_one_form(tmp_path: Path) -> None:
    parsed = read(tmp_path / "teams.csv", ("Ｔ０１", "全角"), ("T02", "半角"))
    assert parsed.refused_rows == 0
    assert parsed.table["code"].to_pylist() == ["T01", "T02"]
    assert parsed.table["name_zh"].to_pylist() == ["全角", "半角"]


def test_the_same_code_in_two_forms_is_the_same_code(tmp_path: Path) -> None:
    parsed = read(tmp_path / "teams.csv", ("Ｔ０１", "全角"), ("T01", "半角"))
    assert parsed.refused_rows == 2 or parsed.refused["row"].tolist() == [3]


def test_lines_of_a_text_may_end_as_windows_ends_them(tmp_path: Path) -> None:
    parsed = read(tmp_path / "teams.csv", ("T01", '"甲\r\n乙"'))
    assert parsed.refused_rows == 0
    assert parsed.table["name_zh"].to_pylist() == ["甲\n乙"]
