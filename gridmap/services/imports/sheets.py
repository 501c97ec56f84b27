"""All sheets of a workbook that have records of a kind, checked together before the first is imported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gridmap.domain.accounts import Actor
from gridmap.errors import InvalidInput
from gridmap.ingest.rows.refused import RowRefused
from gridmap.ingest.rows.sheets import record_sheets
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.mappings import mapping_of
from gridmap.services.imports.records import ImportOptions, ImportResult, Progress, import_records
from gridmap.storage.database import Database

_OF_ONE_SHEET = frozenset({"sheet-chosen", "records-absent"})


def import_sheets(
    database: Database,
    actor: Actor,
    kind: ImportKind,
    path: Path,
    options: ImportOptions,
    *,
    on_progress: Progress | None = None,
) -> dict[str, ImportResult]:
    """Import each sheet as an import of its own, which is listed, and taken back, alone.

    Parameters
    ----------
    database : Database
    actor : Actor
    kind : ImportKind
    path : Path
        A workbook.
    options : ImportOptions
        Of every sheet. Unless valid rows are to be imported although others are refused, a refused row of any sheet
        leaves all of them out.
    on_progress : callable, optional
        As of :func:`import_records`.

    Returns
    -------
    dict
        By the name of the sheet, in the workbook's order.

    Raises
    ------
    InvalidInput
        When it is no workbook, none of its sheets has such records, or two sheets tell of different matters under one
        number.
    """
    with database.scoped_session(actor.scope.for_upkeep()) as session:
        mapping = mapping_of(session, kind.noun, options.mapping, options.mapping_name)
    sheets = record_sheets(path, kind.noun, mapping)
    if not sheets:
        raise InvalidInput(
            "sheets-none",
            f"{path.name}：没有一个工作表有这种记录的表头。请用 --sheet 指明工作表，或核对列名。",
            f"{path.name}: no worksheet has headings of such records. Name one with --sheet, or look at its headings.",
        )

    refused_files = _refused_files(options.refused_file, sheets)

    def each(dry: bool) -> dict[str, ImportResult]:
        found = {}
        for sheet in sheets:
            own = replace(options, sheet=sheet, dry_run=dry, refused_file=refused_files[sheet])
            one = import_records(database, actor.scope, kind, path, own, actor=actor, on_progress=on_progress)
            # What the other sheets have is neither unread nor gone.
            kept = tuple(notice for notice in one.warnings if notice.code not in _OF_ONE_SHEET)
            found[sheet] = replace(one, warnings=kept)
        return found

    checked = each(dry=True)
    if kind.doubt_between is not None and not options.accept_doubtful:
        told = {sheet: one.parsed for sheet, one in checked.items() if one.parsed is not None}
        if (doubt := kind.doubt_between(told)) is not None:
            raise _doubtful(path, *doubt)
    if options.dry_run or (any(one.refused for one in checked.values()) and not options.accept_valid):
        return checked
    return each(dry=False)


def _doubtful(path: Path, sheet: str, before: str, row: RowRefused) -> InvalidInput:
    return InvalidInput(
        "sheets-doubtful",
        f"{path.name}：没有写入任何内容。工作表“{sheet}”第 {row.row} 行对照工作表“{before}”：{row.zh}",
        f"{path.name}: nothing was written. Sheet “{sheet}”, row {row.row}, against sheet “{before}”: {row.en}",
    )


def _refused_files(file: Path | None, sheets: tuple[str, ...]) -> dict[str, Path | None]:
    """Return a file of its own for the refused rows of each sheet, also where only signs tell two names apart."""
    if file is None:
        return dict.fromkeys(sheets)
    names: dict[str, str] = {}
    for sheet in sheets:
        legible = "".join(c if c.isalnum() else "-" for c in sheet)
        own, again = legible, 2
        # Some file systems do not tell capitals from small letters.
        while own.casefold() in {name.casefold() for name in names.values()}:
            own, again = f"{legible}-{again}", again + 1
        names[sheet] = own
    return {sheet: file.with_name(f"{file.stem}-{name}{file.suffix}") for sheet, name in names.items()}
