"""The answer to a file that another desk dropped: its own columns, and what became of each row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gridmap.domain import offers
from gridmap.domain.fields import Noun
from gridmap.domain.profiles import Profile
from gridmap.domain.records import NOUNS
from gridmap.files.atomic import replacing
from gridmap.files.workbook import open_workbook, put_text
from gridmap.ingest.model import ParsedTable, RawTable
from gridmap.services.imports import profiles
from gridmap.services.imports.records import ImportResult

_KEEPER = "告知综治中心数据岗", "tell whoever keeps the data at the centre"
_TO_SENDERS = {
    "grids": ("（可向综治中心索取清单）", " (the centre has the list)"),
    "lists": ("，列表可向综治中心索取", "; the centre has the list"),
    "doubtful": (f"请{_KEEPER[0]}", _KEEPER[1]),
    "code_system": (f"请{_KEEPER[0]}是哪一种，", f"T{_KEEPER[1][1:]} which it is, or"),
}
"""What another office can do where a refusal names an option of a command: it has no command line here."""


def write_result(
    folder: Path, path: Path, profile: Profile, done: ImportResult, *, before: int | None = None
) -> Path | None:
    """Write the sheet for the sender: its own columns, and what became of each row; return where it is.

    What is not read is not written either, and texts stand as they are kept: the answer holds nothing of persons. Words
    of a list stand as the sender wrote them. An answer that is there already stays: the new one gets a number.

    Parameters
    ----------
    folder : Path
    path : Path
        The file that is answered.
    profile : Profile
    done : ImportResult
    before : int, optional
        Number of the import that brought the same file in before.
    """
    folder.mkdir(exist_ok=True)
    parsed = done.parsed
    if parsed is None:
        return None
    target, n = folder / f"{path.stem}-result.xlsx", 1
    while target.exists():
        n += 1
        target = folder / f"{path.stem}-result-{n}.xlsx"
    raw = profiles.raw_of(path, profile)
    names = [name for name in raw.table.column_names if name in parsed.headers]
    lines = _lines(parsed, _took(done, before), raw, (names, NOUNS[profile.noun]))
    with replacing(target) as temporary, open_workbook(temporary) as book:
        sheet = book.add_worksheet("结果")
        for column, name in enumerate(("行 row", *names, "结果 result", "原因 reason")):
            put_text(sheet, 0, column, name)
        for n, line in enumerate(lines, 1):
            for column, text in enumerate(line):
                if text is not None:
                    put_text(sheet, n, column, str(text))
    return target


def _took(done: ImportResult, before: int | None) -> str:
    if before is not None:
        return f"第 {before} 次导入时已收 taken by import {before}"
    return "已导入 imported" if done.committed else "合格，未写入 valid, not written"


def _lines(parsed: ParsedTable, took: str, raw: RawTable, told: tuple[list[str], Noun]) -> list[list[Any]]:
    names, noun = told
    # A kind of dispute is read from several lists: its sender gets the word back, not the code that is counted by.
    listed = {f.name for f in noun.fields if f.codes} | {"kind"}
    refused: dict[int, list[str]] = {}
    wrong: set[tuple[int, str]] = set()
    columns = ("row", "field", "reason_zh", "reason_en")
    problems = zip(*(parsed.refused[name].tolist() for name in columns), strict=True)
    for number, field, zh, en in problems:
        refused.setdefault(int(number), []).append(
            "{}：{} / {}".format(field, *offers.said(zh, en, _TO_SENDERS))
        )
        wrong.add((int(number), str(field)))
    places = {int(number): at for at, number in enumerate(raw.row_numbers)}
    accepted = {int(number): at for at, number in enumerate(parsed.table["row"].to_pylist())}
    lines: list[list[Any]] = []
    for number in sorted({*accepted, *refused}):
        cells = []
        for name in names:
            field = parsed.headers[name]
            kept = parsed.table[field] if field in parsed.table.column_names else None
            is_text = (
                kept is not None and field not in listed and str(kept.type) in {"string", "large_string"}
            )
            if number in accepted and is_text and kept is not None:
                cells.append(kept[accepted[number]].as_py())
            elif number in accepted and number in places:
                cells.append(raw.table[name][places[number]].as_py())
            elif number in places and field in noun.unique and (number, name) not in wrong:
                # By its number the sender finds the row again; a number that is a reason itself is not repeated.
                cells.append(raw.table[name][places[number]].as_py())
            else:
                # A refused row's other cells may be the reason: they are left out.
                cells.append(None)
        said = "；".join(refused.get(number, []))
        lines.append([number, *cells, "退回 refused" if said else took, said])
    return lines
