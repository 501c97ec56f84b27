"""A report's file is checked: built again from what it says it was made of, and every difference told."""

from __future__ import annotations

import difflib
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gridmap import __version__
from gridmap.domain.accounts import Actor
from gridmap.errors import InvalidInput, NotFound
from gridmap.ingest.report_file import ReportFile, read_report_file
from gridmap.reporting.carried import carried_in
from gridmap.reporting.paper import CARRIED, to_pdf
from gridmap.services.reports.building import make_hotspot_report
from gridmap.services.reports.made_of import DOCUMENTS, MADE_OF, MadeOf
from gridmap.services.reports.meeting import meeting_pack
from gridmap.services.reports.registering import hash_of, own_templates
from gridmap.services.reports.request import REQUEST, ReportRequest
from gridmap.services.reports.service_report import service_report
from gridmap.services.reports.village import village_sheet
from gridmap.storage.database import Database
from gridmap.storage.reports import register


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure or line that differs; None where there is none on that side.

    Attributes
    ----------
    name : str
        Of the figure; empty for a line.
    in_file, now : str or None
    """

    name: str
    in_file: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What the check of a file found.

    Attributes
    ----------
    request : ReportRequest or MadeOf
        What the file says that it was asked.
    same : bool
        Whether it is the same to the byte.
    number : int or None
        Of the entry in the register that has the hash of these bytes; None: the file was not made here as it is.
    data_changed : bool or None
        Whether the data are others than those of that entry; None without one.
    version, version_now : str
        Of the program, as the file says and now.
    figures : tuple of Difference
        Figures that the file carries and that come out otherwise now.
    lines : tuple of Difference
        Lines that it shows and that come out otherwise now.
    """

    request: ReportRequest | MadeOf
    same: bool
    number: int | None
    data_changed: bool | None
    version: str
    version_now: str
    figures: tuple[Difference, ...]
    lines: tuple[Difference, ...]


def verify_report(
    database: Database,
    actor: Actor,
    file: Path,
    *,
    assets: Path,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Verified:
    """Build a report again and tell which of its figures and lines differ; nothing is written or entered.

    Parameters
    ----------
    database : Database
    actor : Actor
        Who must be one that may make such a document.
    file : Path
        HTML or PDF; what it says is not believed.
    assets : Path
        As of :func:`gridmap.services.reports.building.build_hotspot_report`.
    on_progress : callable, optional

    Raises
    ------
    InvalidInput
        When the file is no report, or there is nothing now that it could be made of.
    NotFound
        When the grid that it is about is gone, or lies outside the scope.
    Forbidden
        When the actor may not see what the document tells.
    """
    given = read_report_file(file, attachment=CARRIED)
    request = _request(file, given)
    if isinstance(request, MadeOf):
        content, data = _document(database, actor, file, given, request)
    else:
        made = make_hotspot_report(
            database,
            actor.scope,
            request,
            assets=assets,
            pdf=given.is_pdf,
            on_progress=on_progress or (lambda *_: None),
        )
        content, data = made.html if made.pdf is None else made.pdf, made.data_sha256
    with database.scoped_session(actor.scope) as session:
        entry = register.find_report(session, given.sha256)
    same = hashlib.sha256(content).hexdigest() == given.sha256
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        again = Path(folder) / file.name
        again.write_bytes(content)
        now = given if same else read_report_file(again, attachment=CARRIED)
    if isinstance(request, MadeOf):
        _require_data(file, given, now)
    return Verified(
        request=request,
        same=same,
        number=None if entry is None else entry.report_id,
        data_changed=None if entry is None else entry.data_sha256 != data,
        version=str(given.carried.get("version", "")),
        version_now=__version__,
        figures=_figures(given, now),
        lines=_lines(given.lines, now.lines),
    )


def _request(file: Path, given: ReportFile) -> ReportRequest | MadeOf:
    read: TypeAdapter[Any] = MADE_OF if str(given.carried.get("kind")) in DOCUMENTS else REQUEST
    try:
        found: ReportRequest | MadeOf = read.validate_python(given.carried.get("request"))
    except ValidationError:
        raise InvalidInput(
            "report-file-request",
            f"{file.name}：文件中记录的参数无效，无法重做。请使用原始文件。",
            f"{file.name}: the parameters that the file tells are not valid, so it cannot be made again. Use the "
            "original file.",
        ) from None
    return found


def _document(
    database: Database, actor: Actor, file: Path, given: ReportFile, of: MadeOf
) -> tuple[bytes, str]:
    if of.lo not in actor.scope or of.hi not in actor.scope or of.lo > of.hi:
        raise NotFound(
            "report-file-outside",
            f"{file.name}：文件涉及您管辖范围以外的网格。请由制作它的岗位或镇综治中心核对。",
            f"{file.name}: the file is of grids outside of your scope. Let the post that made it, or the town's "
            "centre, check it.",
        )
    # Names stand as whoever made it saw them.
    maker = replace(actor, scope=replace(actor.scope, lo=of.lo, hi=of.hi))
    if of.kind == "meeting":
        pack = meeting_pack(database, maker, of.period, languages=of.languages, now=of.as_of)
        html, told = pack.html, hash_of(pack.pack)
    elif of.kind == "village":
        tables, html = village_sheet(
            database, maker, of.grid_key, of.period, languages=of.languages, now=of.as_of
        )
        told = hash_of(tables)
    else:
        report = service_report(database, maker, mode=of.mode, languages=of.languages, now=of.as_of)
        html, told = report.html, hash_of(report.access)
    if given.is_pdf:
        return to_pdf(html, carried_in(html), own_templates(database)), told
    return html.encode("utf-8"), told


def _require_data(file: Path, given: ReportFile, now: ReportFile) -> None:
    had, has = (str(dict(f.carried["figures"]).get("incidents", "0")) for f in (given, now))  # type: ignore[call-overload]
    if had != "0" and has == "0":
        raise InvalidInput(
            "report-data-gone",
            f"{file.name}：工作区里已没有这一时段的事件，无法重做核对。请在恢复了当时备份的工作区中核对。",
            f"{file.name}: the workspace holds no case of its period any more, so it cannot be made again. Check it in "
            "a workspace that was restored from a backup of that time.",
        )


def _figures(given: ReportFile, now: ReportFile) -> tuple[Difference, ...]:
    one, other = ({str(k): str(v) for k, v in dict(f.carried["figures"]).items()} for f in (given, now))  # type: ignore[call-overload]
    return tuple(
        Difference(name, one.get(name), other.get(name))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    )


def _lines(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[Difference, ...]:
    found = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal":
            for n in range(max(j - i, m - k)):
                before = one[i + n] if i + n < j else None
                after = other[k + n] if k + n < m else None
                found.append(Difference("", before, after))
    return tuple(found)
