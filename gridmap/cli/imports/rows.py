"""What an import did, or would do, row by row."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from gridmap.cli.common import console
from gridmap.domain.told_fields import field_words, is_of_list, metres_told, value_words, with_code
from gridmap.services.imports.kinds import FieldChange, RowChange

_WHAT = {
    "new": "新增 / new",
    "changed": "更改 / changed",
    "removed": "已撤出 / withdrawn",
    "withdrawn": "已撤销 / withdrawn",
    "restored": "已恢复 / put back",
    "ended": "终止 / ended",
}


KindWords = Mapping[tuple[str, str], tuple[str, str]]
"""What kinds are called, by domain and code."""


def _cells(noun: str, field: FieldChange, domain: str | None, kinds: KindWords) -> tuple[str, str, str]:
    before, after = (_value(noun, field.name, told, domain, kinds) for told in (field.before, field.after))
    if field.moved_m is not None:
        after += f" （移动 / moved {metres_told(field.moved_m)}）"
    return _pair(*field_words(noun, field.name)), before, after


def _value(noun: str, name: str, told: str | None, domain: str | None, kinds: KindWords) -> str:
    if not told:
        return "–"
    words = _pair(*value_words(noun, name, told, domain, kinds))
    return with_code(words, told) if is_of_list(noun, name) else words


def _pair(zh: str, en: str) -> str:
    return zh if zh == en else f"{zh} / {en}"


def print_rows(noun: str, rows: tuple[RowChange, ...], kinds: KindWords) -> None:
    """Print rows as a table: record, what became of it, and each field before and after, kinds in words."""
    table = Table(title="逐行 / row by row")
    for heading in ("记录 / record", "变化 / what", "字段 / field", "之前 / before", "之后 / after"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        first = row.fields[0] if row.fields else None
        cells = ("", "", "") if first is None else _cells(noun, first, row.domain, kinds)
        table.add_row(row.name, _WHAT[row.what], *cells)
        for field in row.fields[1:]:
            table.add_row("", "", *_cells(noun, field, row.domain, kinds))
    if rows:
        console.print(table)
