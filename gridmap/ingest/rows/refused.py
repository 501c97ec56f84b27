"""Collecting what is refused, and handing it back as a spreadsheet that can be corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from gridmap.files.atomic import replacing
from gridmap.files.workbook import open_workbook, put_text
from gridmap.ingest.model import REFUSED_COLUMNS, STARRED_COLUMNS, ParsedTable
from gridmap.ingest.personal import find_in, mask

REASON_HEADERS = ("原行号 refused_row", "有问题的列 refused_field", "拒收原因 refused_reason")
"""Columns that the spreadsheet of refused rows adds; import ignores them."""

_SHEET_ROWS = 1_048_575
_VALUE_CHARS = 80


class Refusals:
    """Problems found in a table, by row position.

    Parameters
    ----------
    file_name : str
    row_numbers : ndarray of int64, shape (n,)
        Number of each row as a person sees it.
    """

    def __init__(self, file_name: str, row_numbers: NDArray[np.int64]) -> None:
        self._file_name = file_name
        self.row_numbers = row_numbers
        self._parts: list[pd.DataFrame] = []
        self._starred: list[pd.DataFrame] = []
        self._by_field: dict[str, NDArray[np.bool_]] = {}
        self.personal: dict[str, int] = {}
        self.about_place = np.zeros(row_numbers.size, dtype=bool)
        self.bad = np.zeros(row_numbers.size, dtype=bool)

    def add(
        self, where: ArrayLike, field: str, values: Any, *, code: str, zh: Any, en: Any, hide: bool = False
    ) -> None:
        """Refuse rows.

        Parameters
        ----------
        where : array_like
            Row positions, or a mask of all rows.
        field : str
            Column heading that the person knows.
        values : pyarrow array or sequence, optional
            The whole column as it stood.
        code : str
            Stable name of the reason.
        zh, en : str or sequence of str
            The reason, one for all rows or one for each.
        hide : bool
            Star out digits of the value.
        """
        where = np.asarray(where)
        positions = np.flatnonzero(where) if where.dtype == bool else where.astype(np.int64)
        if positions.size == 0:
            return
        self.bad[positions] = True
        self._by_field.setdefault(field, np.zeros(self.bad.size, dtype=bool))[positions] = True
        if code.startswith("coordinate-"):
            self.about_place[positions] = True
        if code.startswith("personal-"):
            self.personal[field] = self.personal.get(field, 0) + positions.size
        shown = _taken(values, positions)
        self._parts.append(
            pd.DataFrame(
                {
                    "file": self._file_name,
                    "row": self.row_numbers[positions],
                    "field": field,
                    "value": [_shown(v, hide=hide) for v in shown],
                    "code": code,
                    "reason_zh": zh,
                    "reason_en": en,
                }
            )
        )

    def star(self, positions: NDArray[np.int64], field: str, kinds: Sequence[tuple[str, ...]]) -> None:
        """Note the rows in whose free text something was starred out.

        Parameters
        ----------
        positions : ndarray of int64
        field : str
            Column heading that the person knows.
        kinds : sequence of tuple of str
            What was found in each; keys of :data:`gridmap.ingest.personal.KINDS`.
        """
        told = [" ".join(k) for k in kinds]
        if positions.size:
            self._starred.append(
                pd.DataFrame(
                    {
                        "row": self.row_numbers[positions],
                        "field": field,
                        "kinds": told,
                    }
                )
            )

    def starred(self) -> pd.DataFrame:
        """Rows in which something was starred out and that are not refused, by row."""
        if not self._starred:
            return pd.DataFrame(columns=list(STARRED_COLUMNS))
        frame = pd.concat(self._starred, ignore_index=True)
        frame = frame[~frame["row"].isin(self.row_numbers[self.bad])]
        return frame.sort_values("row", kind="stable", ignore_index=True)

    def of(self, heading: str) -> NDArray[np.bool_]:
        """Rows in which a column has already been refused."""
        return self._by_field.get(heading, np.zeros(self.bad.size, dtype=bool))

    def unknown_values(self) -> dict[str, dict[str, int]]:
        """Values that no code list has, by column, with the number of their rows, the most frequent first."""
        found: dict[str, dict[str, int]] = {}
        for part in self._parts:
            if part["code"].iloc[0] in {"code-unknown", "kind-unknown"}:
                counts = found.setdefault(str(part["field"].iloc[0]), {})
                for value, rows in part["value"].value_counts().items():
                    counts[str(value)] = counts.get(str(value), 0) + int(rows)
        return {f: dict(sorted(v.items(), key=lambda item: -item[1])) for f, v in found.items()}

    def frame(self) -> pd.DataFrame:
        """All problems, by row."""
        if not self._parts:
            return pd.DataFrame(
                {c: pd.Series(dtype="int64" if c == "row" else "str") for c in REFUSED_COLUMNS}
            )
        frame = pd.concat(self._parts, ignore_index=True)
        return frame.sort_values("row", kind="stable", ignore_index=True)


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that is refused for what the workspace holds, or what other rows say.

    Attributes
    ----------
    row : int
        As a person sees it in the file.
    field, code, zh, en : str
        Field, stable name of the reason, and the reason.
    """

    row: int
    field: str
    code: str
    zh: str
    en: str


def refuse_more(parsed: ParsedTable, wrong: Sequence[RowRefused]) -> ParsedTable:
    """Return a parsed table in which further rows are refused.

    Parameters
    ----------
    parsed : ParsedTable
    wrong : sequence of RowRefused
    """
    if not wrong:
        return parsed
    headings = {field: heading for heading, field in parsed.headers.items()}
    rows = parsed.table["row"].to_numpy()
    bad = np.isin(rows, [w.row for w in wrong])
    taken = parsed.table.filter(pa.array(bad))
    by_row = dict(zip(taken["row"].to_pylist(), taken.to_pylist(), strict=True))
    told = pd.DataFrame(
        [
            {
                "file": parsed.file_name,
                "row": w.row,
                "field": headings.get(w.field, w.field),
                "value": _shown(by_row[w.row].get(w.field), hide=False),
                "code": w.code,
                "reason_zh": w.zh,
                "reason_en": w.en,
            }
            for w in wrong
        ]
    )
    stood = pd.DataFrame(
        {
            heading: [None if row[field] is None else str(row[field]) for row in by_row.values()]
            for heading, field in parsed.headers.items()
            if field in parsed.table.column_names
        },
        index=pd.Index(list(by_row), name="row"),
    )
    refused = told if parsed.refused.empty else pd.concat([parsed.refused, told], ignore_index=True)
    originals = stood if parsed.originals.empty else pd.concat([parsed.originals, stood])
    return replace(
        parsed,
        table=parsed.table.filter(pa.array(~bad)),
        geometry=None if parsed.geometry is None else parsed.geometry[~bad],
        refused=refused.sort_values("row", kind="stable", ignore_index=True),
        originals=originals.sort_index(kind="stable"),
    )


def _taken(values: Any, positions: NDArray[np.int64]) -> list[Any]:
    if values is None:
        return [None] * positions.size
    if isinstance(values, pa.ChunkedArray | pa.Array):
        taken: list[Any] = values.take(pa.array(positions)).to_pylist()
        return taken
    return [values[i] for i in positions.tolist()]


def _shown(value: Any, *, hide: bool) -> str:
    if value is None:
        return ""
    text = str(value)[: _VALUE_CHARS + 40]
    if hide or find_in(text):
        text = mask(text)
    return text if len(text) <= _VALUE_CHARS else text[: _VALUE_CHARS - 1] + "…"


def write_refused(path: str | Path, parsed: ParsedTable) -> int:
    """Write the refused rows as they stood, with what is wrong with each, to an XLSX file.

    The workbook can be corrected and imported again: the three added columns are ignored. What points at a person is
    starred out.

    Parameters
    ----------
    path : str or Path
        Replaced in one step when complete.
    parsed : ParsedTable

    Returns
    -------
    int
        Rows written.
    """
    by_row = parsed.refused.groupby("row", sort=False)
    reasons = by_row.agg(
        fields=("field", lambda s: "; ".join(dict.fromkeys(s))),
        zh=("reason_zh", lambda s: "；".join(dict.fromkeys(s))),
        en=("reason_en", lambda s: "; ".join(dict.fromkeys(s))),
    )
    names = [str(c) for c in parsed.originals.columns]
    with replacing(Path(path)) as temporary, open_workbook(temporary) as book:
        sheet = book.add_worksheet("refused")
        text = book.add_format({"num_format": "@"})
        warn = book.add_format({"bg_color": "#FFF2CC", "text_wrap": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(names), 16, text)
        sheet.set_column(len(names), len(names) + 2, 40)
        for column, name in enumerate((*names, *REASON_HEADERS)):
            put_text(sheet, 0, column, name)
        for line, (row, cells) in enumerate(
            zip(parsed.originals.index[:_SHEET_ROWS], parsed.originals.itertuples(index=False), strict=False),
            1,
        ):
            for column, value in enumerate(cells):
                if isinstance(value, str):
                    put_text(sheet, line, column, mask(value) if find_in(value) else value, text)
            why = reasons.loc[row]
            sheet.write_number(line, len(names), int(row))
            put_text(sheet, line, len(names) + 1, str(why["fields"]), warn)
            put_text(sheet, line, len(names) + 2, f"{why['zh']} / {why['en']}", warn)
    return min(len(parsed.originals), _SHEET_ROWS)
