"""CSV: strict decoding (UTF-8, GB18030, or what is named), every column as text, fast."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from gridmap.errors import InvalidInput
from gridmap.ingest.headings import HEADINGS_WITHIN, heading_row
from gridmap.ingest.model import Limits, Notice, RawTable
from gridmap.ingest.reading.files import copy_and_hash, refuse
from gridmap.ingest.reading.quotes import broken_table
from gridmap.ingest.reading.separators import DELIMITERS, require_table

_HEAD_BYTES = 256 * 1024
_BLOCK_BYTES = 8 << 20
_USUAL_SHARE = 0.8
_PRIVATE = ("\ue000", "\uf8ff")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


def read_csv(
    path: Path,
    source: BinaryIO,
    limits: Limits,
    *,
    known: Collection[str] = (),
    encoding: str | None = None,
) -> RawTable:
    """Read a CSV file.

    Parameters
    ----------
    path : Path
        For messages.
    source : binary file
        Open regular file.
    limits : Limits
    known : collection of str
        Headings that are expected; see :func:`gridmap.ingest.headings.heading_row`.
    encoding : str, optional
        Name of the encoding; found from the bytes by default.

    Returns
    -------
    RawTable

    Raises
    ------
    InvalidInput
        When the encoding is not known, or the file is not a table within the limits.
    """
    sha256 = copy_and_hash(source, None)
    encoding = encoding or _marked_encoding(source)
    if encoding is None:
        return _read(path, source, None, sha256, limits, known)
    with tempfile.TemporaryFile() as turned:
        _turn_into_utf8(path, source, encoding, turned)
        return _read(path, cast("BinaryIO", turned), "utf-8", sha256, limits, known)


def _read(
    path: Path,
    source: BinaryIO,
    encoding: str | None,
    sha256: str,
    limits: Limits,
    known: Collection[str],
) -> RawTable:
    encoding, even_quotes = (encoding, _even_quotes(path, source)) if encoding else _encoding(path, source)
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    delimiter, names, lines, above = _headings(path, head, encoding, limits, known)
    if (
        len(head) < _HEAD_BYTES
        and not head.rstrip(b"\r\n").count(b"\n")
        and not head.rstrip(b"\r\n").count(b"\r")
    ):
        raise refuse("no-rows", path, "只有表头，没有数据行。", "it has headings but no rows.")
    source.seek(0)
    bad: list[tuple[int | None, int]] = []

    def invalid_row(row: Any) -> str:
        bad.append((row.number, row.actual_columns))
        return "skip" if len(bad) <= 1000 else "error"

    try:
        table = pacsv.read_csv(
            source,
            # One thread keeps the row numbers of broken rows known, and decoding is not what takes time.
            read_options=pacsv.ReadOptions(
                encoding="utf8" if encoding == "utf-8" else encoding,
                column_names=names,
                skip_rows=lines,
                block_size=_BLOCK_BYTES,
                use_threads=False,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=invalid_row,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowCapacityError, UnicodeDecodeError):
        raise broken_table(path, source, encoding, delimiter) from None
    if not even_quotes and (bad or _ends_in_quote(table)):
        told = broken_table(path, source, encoding, delimiter)
        # Rows may be uneven by themselves, beside a quote that stands for inches.
        if told.code != "csv-broken" or not bad:
            raise told
    _check_shape(path, table, bad, lines, limits)
    first = above + 2
    table, rows = drop_blank_rows(table, np.arange(first, first + table.num_rows, dtype=np.int64))
    notices: tuple[Notice, ...] = ()
    if above:
        notices = (
            Notice(
                "headings-below-titles",
                f"表头在第 {above + 1} 行，上面是标题，未读取。",
                f"The headings stand in row {above + 1}; what is above them is a title and is not read.",
            ),
        )
    return RawTable(path, sha256, "csv", table, rows, notices=notices)


def _marked_encoding(source: BinaryIO) -> str | None:
    """Tell the encoding of two or four bytes a character that a mark at the begin names."""
    start = source.read(4)
    source.seek(0)
    # The mark of the narrower one begins that of the wider one.
    if start in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
        return "utf-32"
    return "utf-16" if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else None


def _turn_into_utf8(path: Path, source: BinaryIO, encoding: str, target: IO[bytes]) -> None:
    try:
        decoder = codecs.lookup(encoding).incrementaldecoder("strict")
        while block := source.read(_BLOCK_BYTES):
            target.write(decoder.decode(block).encode())
        target.write(decoder.decode(b"", final=True).encode())
    except (LookupError, TypeError, AttributeError):
        raise refuse(
            "encoding-name",
            path,
            f"没有名为 {encoding[:40]} 的编码。常用：utf-8、gb18030、big5、utf-16。",
            f"no encoding is called {encoding[:40]}. Usual ones: utf-8, gb18030, big5, utf-16.",
        ) from None
    except UnicodeError:
        raise refuse(
            "encoding-wrong",
            path,
            f"内容不是 {encoding} 编码。请改用别的 --encoding，或另存为“CSV UTF-8”。",
            f'it is not in {encoding}. Name another --encoding, or save it as "CSV UTF-8".',
        ) from None
    target.seek(0)


def _even_quotes(path: Path, source: BinaryIO) -> bool:
    quotes = 0
    source.seek(0)
    while block := source.read(_BLOCK_BYTES):
        _refuse_nul(path, block)
        quotes += block.count(b'"')
    return quotes % 2 == 0


def _refuse_nul(path: Path, block: bytes) -> None:
    if b"\0" in block:
        raise refuse(
            "csv-nul",
            path,
            "文件含有空字节（NUL），不是文本表格。请另存为 UTF-8 编码的 CSV；"
            "若是无标记的 UTF-16，请加 --encoding utf-16-le。",
            "it contains NUL bytes, so it is not a text table. Save it as CSV in UTF-8; for UTF-16 without a mark add "
            "--encoding utf-16-le.",
        )


def _ends_in_quote(table: pa.Table) -> bool:
    """Tell whether the last row swallowed line ends, as it does after a quote that nobody closed."""
    if table.num_rows == 0:
        return True
    last = table.slice(table.num_rows - 1).to_pylist()[0]
    return any(v is not None and "\n" in v for v in last.values())


def _check_shape(
    path: Path, table: pa.Table, bad: list[tuple[int | None, int]], lines: int, limits: Limits
) -> None:
    if bad:
        first, columns = bad[0]
        where = f"{first - lines + 1}" if first is not None else "?"
        raise refuse(
            "csv-uneven",
            path,
            f"有 {len(bad)} 行的列数与表头不一致，第一处在第 {where} 行"
            f"（{columns} 列，应为 {table.num_columns} 列）。请补齐或给含逗号的内容加引号。",
            f"{len(bad)} rows have a different number of columns than the headings, the first is row {where} "
            f"({columns} instead of {table.num_columns}). Even them out, or quote texts that contain commas.",
        )
    if table.num_rows > limits.rows:
        raise refuse(
            "too-many-rows",
            path,
            f"有 {table.num_rows} 行，上限 {limits.rows} 行。请分成几个文件。",
            f"it has {table.num_rows} rows, the limit is {limits.rows}. Split it into several files.",
        )


def drop_blank_rows(table: pa.Table, rows: Any) -> tuple[pa.Table, Any]:
    """Leave out rows in which every cell is empty; they are not records."""
    if table.num_rows == 0 or any(c.null_count == 0 for c in table.columns):
        return table, rows
    keep = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        keep |= pc.is_valid(column).to_numpy(zero_copy_only=False)
    if keep.all():
        return table, rows
    return table.filter(pa.array(keep)), rows[keep]


def _encoding(path: Path, source: BinaryIO) -> tuple[str, bool]:
    """First of UTF-8 and GB18030 that decodes every byte, and whether the quotes of the file are even."""
    for encoding, decodes in (("utf-8", _is_utf8), ("gb18030", _is_gb18030)):
        source.seek(0)
        quotes = 0
        carry = b""
        valid = True
        while valid and (block := source.read(_BLOCK_BYTES)):
            _refuse_nul(path, block)
            quotes += block.count(b'"')
            # A line feed is never part of a longer character in either encoding.
            whole, line_feed, rest = (carry + block).rpartition(b"\n")
            valid = decodes(whole + line_feed)
            carry = rest
        if valid and decodes(carry):
            if encoding == "gb18030":
                _refuse_unlikely(path, source)
            return encoding, quotes % 2 == 0
    raise _wrong_encoding(path)


def _refuse_unlikely(path: Path, source: BinaryIO) -> None:
    """Refuse what GB18030 decodes into characters that nobody writes: nearly every byte stream is valid in it."""
    source.seek(0)
    text = codecs.getincrementaldecoder("gb18030")("strict").decode(source.read(_HEAD_BYTES))
    wide = [c for c in text if ord(c) > 0x7F]
    usual = sum(_is_usual(c) for c in wide)
    if wide and (usual < _USUAL_SHARE * len(wide) or any(_PRIVATE[0] <= c <= _PRIVATE[1] for c in wide)):
        raise refuse(
            "encoding-unlikely",
            path,
            "编码不是 UTF-8，按 GB18030 读出的多是生僻字或乱码（可能是 Big5）。请用 --encoding 指明编码，"
            "或另存为“CSV UTF-8”。",
            "it is not UTF-8, and as GB18030 it reads as rare or private characters (perhaps it is Big5). Name the "
            'encoding with --encoding, or save it as "CSV UTF-8".',
        )


def _is_usual(character: str) -> bool:
    """Tell whether GB 2312 has a character: its 6,763 hanzi and signs make up all but a few of what is written."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return character == "\ufeff"
    return True


def _is_utf8(data: bytes) -> bool:
    try:
        pa.array([data], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _is_gb18030(data: bytes) -> bool:
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _wrong_encoding(path: Path) -> InvalidInput:
    return refuse(
        "encoding-unknown",
        path,
        "编码既不是 UTF-8 也不是 GB18030。请另存为“CSV UTF-8”后再导入。",
        'its encoding is neither UTF-8 nor GB18030. Save it as "CSV UTF-8" and import again.',
    )


def _headings(
    path: Path, head: bytes, encoding: str, limits: Limits, known: Collection[str]
) -> tuple[str, list[str], int, int]:
    """Delimiter, unique headings, the number of physical lines up to them, and of rows above them."""
    text = codecs.getincrementaldecoder(encoding)("strict").decode(head).removeprefix("\ufeff")
    told = _SEPARATOR_LINE.match(text)
    if told:
        text = text[told.end() :]
    require_table(path, text, told[1] if told else None)
    delimiter = told[1] if told else max(DELIMITERS, key=text.split("\n", 1)[0].count)
    if len(head) == _HEAD_BYTES and "\n" not in text and "\r" not in text:
        raise refuse(
            "headings-too-long",
            path,
            "第一行太长，不像表头。请确认文件是表格，并只保留需要的列。",
            "its first line is too long to be headings. Check that it is a table; keep only needed columns.",
        )
    rows, ends = _first_rows(text, delimiter)
    at = heading_row(rows, known)
    if not told and not at:
        # A title above the headings may hold fewer of the separators than they do.
        for other in DELIMITERS:
            others, their_ends = _first_rows(text, other)
            if (place := heading_row(others, known)) > 0:
                delimiter, rows, ends, at = other, others, their_ends, place
                break
    names = list(rows[at]) if rows else []
    lines = (ends[at] if ends else 1) + (1 if told else 0)
    return delimiter, unique_headings(path, names, limits), lines, at


def _first_rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the first rows, and the number of the line with which each ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) == HEADINGS_WITHIN:
                break
    except csv.Error:
        pass
    return rows, ends


def unique_headings(path: Path, names: list[str], limits: Limits) -> list[str]:
    """Check the headings of a table and name those that are empty.

    Raises
    ------
    InvalidInput
        When there are none, too many, or one stands twice.
    """
    if len(names) > limits.columns:
        raise refuse(
            "too-many-columns",
            path,
            f"有 {len(names)} 列，上限 {limits.columns} 列。请只保留需要的列。",
            f"it has {len(names)} columns, the limit is {limits.columns}. Keep only those that are needed.",
        )
    cleaned = [n.replace("\ufeff", "").strip() for n in names]
    if not any(cleaned):
        raise refuse(
            "headings-missing",
            path,
            "第一行没有表头。请在第一行写明各列名称。",
            "the first row has no headings. Name the columns in the first row.",
        )
    named = [n or f"column {i}" for i, n in enumerate(cleaned, 1)]
    twice = sorted({n for n in named if named.count(n) > 1})
    if twice:
        raise refuse(
            "heading-twice",
            path,
            f"表头“{'、'.join(twice[:10])}”出现了不止一次。请改名或删除重复的列。",
            f'the heading "{", ".join(twice[:10])}" stands more than once. Rename or delete one.',
        )
    return named
