"""Import of boundaries: check, show what is wrong, and put a new version into force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, InvalidInput
from gridmap.ingest.boundaries import (
    BoundaryDraft,
    Finding,
    MendReport,
    check_boundaries,
    mend_slivers,
    read_boundaries,
)
from gridmap.ingest.boundaries.table import TABLES, correct_from_table
from gridmap.services.ground.comparison import (
    MOVED_M,
    Shift,
    compare,
    count_renamed,
    find_abandoned,
    find_heirs,
    find_shift,
    moved_m,
    refuse_elsewhere,
    shifted,
    unasked_ends,
)
from gridmap.services.ground.entered import enter_version, shown_version
from gridmap.services.ground.succession import (
    declared_links,
    links_by_land,
    reassign_records,
)
from gridmap.services.ground.version_rows import named_as_in_force, rows_of_version
from gridmap.services.imports.kinds import RowChange
from gridmap.services.imports.records import MOST_COMPARED
from gridmap.storage.database import Database
from gridmap.storage.ground import boundaries as versions
from gridmap.storage.ground import grids as stored
from gridmap.storage.workspace import settings as workspace

Progress = Callable[[str, int, int], None]

_WRITE_TIMEOUT_S = 1800


@dataclass(frozen=True)
class BoundaryOptions:
    """How a file of boundaries is to be read and put into force.

    Attributes
    ----------
    crs, mapping, level, layer, town_code, town_name
        As :func:`gridmap.ingest.boundaries.read_boundaries` takes them.
    valid_from : date or None
        First day of the new version; what the file says, or today.
    join : bool
        Join rows with one code: parts of one grid.
    accept_shift : bool
        Put boundaries into force although all of them lie elsewhere than before by one vector.
    accept_ended : bool
        Let grids end that the files do not have, and whose land no other grid of their level takes over.
    mend : bool
        Mend small slivers.
    max_width_m, max_area_m2 : float
        What counts as small.
    dry_run : bool
        Check and write nothing.
    """

    crs: str | None = None
    mapping: dict[str, str] | None = None
    level: int | None = None
    layer: str | None = None
    town_code: str | None = None
    town_name: str | None = None
    valid_from: dt.date | None = None
    join: bool = False
    accept_shift: bool = False
    accept_ended: bool = False
    mend: bool = False
    max_width_m: float = 2.0
    max_area_m2: float = 2000.0
    dry_run: bool = False


@dataclass(frozen=True)
class BoundaryResult:
    """What an import of boundaries found and did.

    Attributes
    ----------
    draft : BoundaryDraft
    findings : list of Finding
    mended : MendReport or None
    committed : bool
    added, changed, kept, ended : int
        Grids that are new, have another shape, name or count, stayed as they were, or no longer stand; of a dry run
        those that would.
    renamed : int
        Of those changed, how many have another name.
    shift : Shift or None
        When all grids lie elsewhere by one vector.
    reassigned : dict
        Rows of each table that got another grid.
    moved : dict
        Names of grids with another outline to the most that it lies off the former one, m.
    heirs : dict
        Names of grids that ended to the names of those that took over their land.
    abandoned : dict
        By level, the names of grids that end and whose land no other of their level takes over.
    run_id : int or None
        Number under which it is listed and taken back.
    rows : tuple of RowChange
        Of a dry run: what would be new, change and end, grid by grid; at most `MOST_COMPARED`.
    """

    draft: BoundaryDraft
    findings: list[Finding]
    mended: MendReport | None = None
    committed: bool = False
    added: int = 0
    changed: int = 0
    kept: int = 0
    ended: int = 0
    renamed: int = 0
    shift: Shift | None = None
    reassigned: dict[str, int] = field(default_factory=dict)
    moved: dict[str, float] = field(default_factory=dict)
    heirs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    abandoned: dict[int, list[str]] = field(default_factory=dict)
    run_id: int | None = None
    rows: tuple[RowChange, ...] = ()

    @property
    def split(self) -> int:
        """Grids that ended and whose land several others took over."""
        return sum(len(names) > 1 for names in self.heirs.values())

    @property
    def errors(self) -> list[Finding]:
        """Findings that stop an import."""
        return [f for f in self.findings if f.severity == "error"]


def import_boundaries(
    database: Database,
    scope: Scope,
    paths: Sequence[Path],
    options: BoundaryOptions,
    *,
    today: dt.date | None = None,
    actor: Actor | None = None,
    parameters: Mapping[str, Any] | None = None,
    on_progress: Progress | None = None,
    guard: Callable[[Session], None] | None = None,
) -> BoundaryResult:
    """Import a version of the boundaries.

    The version before it is kept with its validity; links say which grid took over whose land; every record is
    assigned again. All of it in one transaction.

    Parameters
    ----------
    database : Database
    scope : Scope
        The whole workspace, or the import is refused by the database.
    paths : sequence of Path
        One file with all levels, one file a level, or a flat file of villages.
    options : BoundaryOptions
    today : date, optional
        For tests.
    actor : Actor, optional
        Who imports.
    parameters : mapping, optional
        What is kept with the import beside its files.
    on_progress : callable, optional
        Called with ``(step, done, total)``; steps are ``read``, ``check``, ``write`` and ``reassign``.
    guard : callable, optional
        Called with the session before anything is written; what it raises ends the import.

    Returns
    -------
    BoundaryResult
        Not committed when it was a dry run, there are errors, or nothing differs.

    Raises
    ------
    InvalidInput
        When a file cannot be used.
    Conflict
        When the version would begin before the newest change of the boundaries; when all grids moved by one vector, or
        grids would end that the files leave out, and neither was accepted.
    """
    say = on_progress or (lambda _step, _done, _total: None)
    say("read", 0, 1)
    draft = _read(database, scope, paths, options)
    say("read", 1, 1)
    shapes = draft.grids.geometry
    usable = shapes[~(shapes.isna() | shapes.is_empty)]
    if usable.empty:
        raise InvalidInput("grids-empty", "文件中没有网格图形。", "The file holds no grid polygons.")
    epsg = crs.metric_crs(usable.total_bounds)
    mended = None
    if options.mend:
        draft, mended = mend_slivers(
            draft, epsg, max_width_m=options.max_width_m, max_area_m2=options.max_area_m2
        )
    say("check", 0, 1)
    findings = check_boundaries(draft, epsg)
    say("check", 1, 1)
    result = BoundaryResult(draft, findings, mended)
    if result.errors:
        return result
    day = options.valid_from or today or dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
    with database.scoped_session(scope.for_upkeep(), write=True, timeout_s=_WRITE_TIMEOUT_S) as session:
        if guard is not None:
            guard(session)
        done = put_into_force(
            session,
            result,
            epsg,
            (day, options.valid_from is not None),
            say,
            post=None if actor is None else actor.post,
            parameters=parameters or {},
        )
        if options.dry_run:
            # What the import would do is what it does: all of it is done, and taken back.
            rows = () if done.run_id is None else shown_version(session, done.run_id, MOST_COMPARED)
            session.rollback()
            return replace(done, committed=False, rows=rows, run_id=None)
        if done.shift is not None and not options.accept_shift:
            session.rollback()
            raise shifted(done.shift)
        if done.abandoned and not options.accept_ended:
            session.rollback()
            raise unasked_ends(done.abandoned)
    if done.committed:
        database.recount("grids", len(done.draft.grids))
    return done


def _read(database: Database, scope: Scope, paths: Sequence[Path], options: BoundaryOptions) -> BoundaryDraft:
    if len(paths) == 1 and paths[0].suffix.lower() in TABLES:
        with database.scoped_session(scope) as session:
            standing = stored.current_frame(session)
        if not standing.empty:
            return correct_from_table(paths[0], standing, mapping=options.mapping)
    return read_boundaries(
        list(paths),
        crs=options.crs,
        mapping=options.mapping,
        level=options.level,
        layer=options.layer,
        town_code=options.town_code,
        town_name=options.town_name,
        join=options.join,
    )


def put_into_force(
    session: Session,
    result: BoundaryResult,
    epsg: int,
    when: tuple[dt.date, bool],
    say: Progress,
    *,
    post: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> BoundaryResult:
    """Put a draft into force in an open session, and enter it with every grid that it changes.

    Parameters
    ----------
    session : Session
        Of the whole workspace; may write.
    result : BoundaryResult
        With a draft without errors.
    epsg : int
    when : tuple of date and bool
        First day, and whether it was asked for.
    say : callable
    post : str, optional
    parameters : mapping, optional
        Kept with the import.
    """
    draft = result.draft
    day, was_asked = when
    old = stored.current_frame(session)
    # The first version may begin grid by grid as the file says; a later one begins on its own day.
    new = rows_of_version(
        named_as_in_force(draft.grids, old), epsg, day, file_decides=old.empty and not was_asked
    )
    same, changed, added, ended = compare(old, new)
    if not (changed or added or ended):
        return BoundaryResult(draft, result.findings, result.mended, kept=len(same))
    _not_before(stored.last_change(session), day)
    refuse_elsewhere(old, new)
    shift = find_shift(old, new, epsg)
    renamed = count_renamed(old, new, changed)
    say("write", 0, 1)
    illustrative = bool(new["illustrative"].any())
    files = ", ".join(sorted(draft.file_sha256))
    moved = moved_m(old, new, changed, epsg)
    run = enter_version(
        session,
        (files, "".join(sorted(draft.file_sha256.values()))[:64]),
        dict(parameters or {}),
        post,
        (old, new),
        (added, changed, ended, len(same)),
        moved,
    )
    version = versions.add_version(session, day, files, illustrative=illustrative, run_id=run)
    versions.close_grids(session, [*changed, *ended], day)
    fresh = new[new["grid_key"].isin([*changed, *added])]
    versions.add_grids(session, fresh, version)
    links = links_by_land(old[old["grid_key"].isin([*changed, *ended])], fresh, epsg) if len(old) else []
    links += declared_links(draft.grids, fresh, {link["grid_key"] for link in links})
    versions.add_predecessors(session, links)
    say("write", 1, 1)
    standing = {int(k) for k in new["grid_key"]}
    reassigned = reassign_records(session, set(ended), standing, links, say) if len(old) else {}
    workspace.write_settings(session, epsg=epsg, illustrative=illustrative)
    workspace.touch(session)
    return BoundaryResult(
        draft,
        result.findings,
        result.mended,
        committed=True,
        added=len(added),
        changed=len(changed),
        kept=len(same),
        ended=len(ended),
        renamed=renamed,
        shift=shift,
        reassigned=reassigned,
        moved={name: metres for name, metres in moved.values() if metres >= MOVED_M},
        heirs=find_heirs(old, new, links, ended),
        abandoned=find_abandoned(old, ended, links),
        run_id=run,
    )


def _not_before(last: dt.date | None, day: dt.date) -> None:
    """Refuse a version that would reach back behind a change of boundaries that is history already."""
    if last is not None and day < last:
        raise Conflict(
            "version-too-early",
            f"边界最近一次变更在 {last}，新版本不能早于这一天生效。请用 --valid-from 指定当天或之后的日期。",
            f"The boundaries last changed on {last}; a new version cannot begin before. "
            "Give that day or a later one with --valid-from.",
        )
