"""Profiles of source systems: kept, proposed from a file, and used to import one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from gridmap.domain.accounts import Actor
from gridmap.domain.codes import code_list
from gridmap.domain.fields import Field, Noun
from gridmap.domain.gridkey import Scope
from gridmap.domain.profiles import ColumnFound, Profile, Proposal
from gridmap.domain.records import NOUNS
from gridmap.errors import InvalidInput, NotFound
from gridmap.ingest.headings import heading_key
from gridmap.ingest.model import ParsedTable, RawTable
from gridmap.ingest.reading import read_raw
from gridmap.ingest.rows.cells import without_totals
from gridmap.ingest.rows.headers import known_keys, match_headings, noun_of, split_values
from gridmap.ingest.rows.refused import REASON_HEADERS
from gridmap.services.accounts.owners import require_owner
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.profile_checks import check
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.storage.database import Database
from gridmap.storage.imports import profiles as stored

_UNKNOWN_CODES = frozenset({"code-unknown", "kind-unknown"})
_REASONS = 8
# What a platform's export calls it where nothing else in the file is it: two of these mean another field elsewhere.
_LIKELY = {
    "domain": ("一级分类", "一级类别", "事件大类", "问题大类"),
    "kind": ("二级分类", "二级类别", "事件小类", "问题小类"),
    "occurred_at": ("上报时间", "登记时间", "报告时间", "受理时间"),
    "village_name": ("诉求区域", "事发区域", "所属区域", "所属辖区", "属地", "承办网格"),
}


def save(database: Database, actor: Actor, profile: Profile) -> None:
    """Keep a profile under its name.

    Parameters
    ----------
    database : Database
    actor : Actor
        One that another post made is changed by the keeper or an administrator only.
    profile : Profile

    Raises
    ------
    InvalidInput
        When its name is no name, its noun or policy is none, or its mapping names a field that there is not.
    Forbidden
        When another post made it.
    """
    check(profile)
    with database.scoped_session(Scope.whole(), write=True) as session:
        known = stored.find(session, profile.name)
        if known is not None:
            require_owner(actor, known.owner)
        stored.save(session, replace(profile, owner=known.owner if known else actor.post))


def list_profiles(database: Database) -> list[Profile]:
    """Return all profiles by name."""
    with database.scoped_session(Scope.whole()) as session:
        return stored.list_all(session)


def find(database: Database, name: str) -> Profile:
    """Return a profile.

    Raises
    ------
    NotFound
        When there is none of that name.
    """
    with database.scoped_session(Scope.whole()) as session:
        found = stored.find(session, name)
    if found is None:
        raise NotFound(
            "profile-not-found",
            f"没有名为 {name} 的来源配置。请用 gridmap profiles list 查看。",
            f"There is no profile {name}. See gridmap profiles list.",
        )
    return found


def remove(database: Database, actor: Actor, name: str) -> None:
    """Remove a profile; what it brought in stays.

    Raises
    ------
    NotFound, Forbidden
    """
    require_owner(actor, find(database, name).owner)
    with database.scoped_session(Scope.whole(), write=True) as session:
        stored.remove(session, name)


def options_of(profile: Profile, **more: Any) -> ImportOptions:
    """Return how a profile has files read."""
    return ImportOptions(
        mapping=dict(profile.mapping),
        crs=profile.crs,
        sheet=profile.sheet,
        layer=profile.layer,
        encoding=profile.encoding,
        dayfirst=profile.dayfirst,
        **more,
    )


def bring(
    database: Database,
    scope: Scope,
    kind: ImportKind,
    path: Path,
    profile: Profile,
    *,
    actor: Actor | None = None,
    dry_run: bool = False,
    accept_valid: bool | None = None,
    accept_doubtful: bool = False,
    refused_file: Path | None = None,
) -> ImportResult:
    """Import a file by a profile.

    Parameters
    ----------
    database : Database
    scope : Scope
    kind : ImportKind
        Of the profile's noun.
    path : Path
    profile : Profile
    actor : Actor, optional
    dry_run : bool
    accept_valid : bool, optional
        What a person says of it; a profile that asks takes all rows or none, another one the valid rows.
    accept_doubtful : bool
    refused_file : Path, optional

    Raises
    ------
    InvalidInput
        When the file as a whole cannot be used, or holds unknown values and the profile has them asked about: the
        values are named with their numbers, and nothing is written.
    """
    looked_at = options_of(profile, dry_run=True, accept_doubtful=accept_doubtful)
    checked = import_records(database, scope, kind, path, looked_at, actor=actor)
    values = unknown_values(checked.parsed)
    if values and profile.unknown == "other":
        profile = replace(
            profile, mapping={**profile.mapping, **as_other(profile.noun, values, checked.parsed)}
        )
    elif values and profile.unknown == "ask":
        told_zh = "；".join(
            f"{name}：{'、'.join(f'{value}（{n}）' for value, n in counts.items())}"
            for name, counts in values.items()
        )
        told_en = "; ".join(
            f"{name}: {', '.join(f'{value} ({n})' for value, n in counts.items())}"
            for name, counts in values.items()
        )
        raise InvalidInput(
            "profile-values-unknown",
            f"{path.name} 有未知的值，没有写入：{told_zh}。请在配置中说明它们是什么（gridmap profiles propose）。",
            f"{path.name} holds values that nobody knows, and nothing was written: {told_en}. Say in the profile what "
            "they are (gridmap profiles propose).",
        )
    options = options_of(
        profile,
        dry_run=dry_run,
        accept_valid=profile.unknown != "ask" if accept_valid is None else accept_valid,
        accept_doubtful=accept_doubtful,
        refused_file=refused_file,
    )
    done = import_records(database, scope, kind, path, options, actor=actor)
    if done.committed and not profile.headings:
        remember_headings(database, profile, path)
    return done


def remember_headings(database: Database, profile: Profile, path: Path) -> None:
    """Keep the headings of a file of a source, so that cases can be written in its own columns.

    Raises
    ------
    InvalidInput
        When the file cannot be read.
    """
    names = [name for name in raw_of(path, profile).table.column_names if name not in REASON_HEADERS]
    with database.scoped_session(Scope.whole(), write=True) as session:
        stored.remember_headings(session, profile.name, names)


def raw_of(path: Path, profile: Profile) -> RawTable:
    """Read a file's table as it stands, as a profile says that it is laid out.

    Raises
    ------
    InvalidInput
        When it cannot be read.
    """
    noun = noun_of(profile.noun)
    headings, _ = split_values(dict(profile.mapping), noun)
    return read_raw(
        path,
        sheet=profile.sheet,
        layer=profile.layer,
        encoding=profile.encoding,
        known=known_keys(noun, headings),
    )


def unknown_values(parsed: ParsedTable | None) -> dict[str, dict[str, int]]:
    """Return values that no code list has, by heading, with the number of their rows."""
    if parsed is None or parsed.refused.empty:
        return {}
    wrong = parsed.refused[parsed.refused["code"].isin(_UNKNOWN_CODES)]
    out: dict[str, dict[str, int]] = {}
    for (heading, value), rows in wrong.groupby(["field", "value"], sort=False):
        out.setdefault(str(heading), {})[str(value)] = len(rows)
    return out


def as_other(noun: str, values: dict[str, dict[str, int]], parsed: ParsedTable | None) -> dict[str, str]:
    """Return mappings of unknown values to the code for others, where their list has one."""
    by_name = {f.name: f for f in NOUNS[noun].fields}
    meant = parsed.headers if parsed is not None else {}
    out: dict[str, str] = {}
    for heading, counts in values.items():
        field = by_name.get(meant.get(heading, heading))
        other = None if field is None else other_code(field)
        if field is not None and other is not None:
            out |= {f"{field.name}={value}": other for value in counts}
    return out


def other_code(field: Field) -> str | None:
    """Return the code for others of a field's list, or None."""
    if field.name == "kind":
        return next((c.code for c in code_list("dispute_kind") if c.en == "other"), None)
    return "other" if "other" in set((field.codes or {}).values()) else None


def propose(database: Database, scope: Scope, kind: ImportKind, path: Path, profile: Profile) -> Proposal:
    """Look at a file under a profile: which column is which field, how full it is, and what would be refused.

    Parameters
    ----------
    database : Database
    scope : Scope
    kind : ImportKind
    path : Path
    profile : Profile
        With an empty mapping the product's own spellings alone decide.

    Raises
    ------
    InvalidInput
        When the file cannot be read, or has columns about persons.
    """
    noun = noun_of(profile.noun)
    headings, _ = split_values(dict(profile.mapping), noun)
    raw = without_totals(raw_of(path, profile))
    names = list(raw.table.column_names)
    likely = _likely(names, noun, headings, path.name)
    profile = replace(profile, mapping={**profile.mapping, **likely})
    problem: InvalidInput | None = None
    parsed: ParsedTable | None = None
    try:
        done = import_records(database, scope, kind, path, options_of(profile, dry_run=True))
        parsed = done.parsed
    except InvalidInput as error:
        problem = error
    meant = _meant(names, noun, headings, path.name) if parsed is None else dict(parsed.headers)
    unknown = unknown_values(parsed)
    total = raw.table.num_rows
    columns = tuple(
        ColumnFound(
            name,
            meant.get(name),
            _filled(raw.table[name]),
            total,
            tuple(unknown.get(name, {}).items()),
        )
        for name in names
    )
    valid = parsed.accepted_rows if parsed is not None else 0
    return Proposal(
        columns,
        total if parsed is None else parsed.total_rows,
        valid,
        0 if parsed is None else parsed.refused_rows,
        None if problem is None else problem.zh,
        None if problem is None else problem.en,
        _reasons(parsed),
        likely,
    )


def _likely(names: list[str], noun: Noun, headings: dict[str, str] | None, file_name: str) -> dict[str, str]:
    """Return what columns of incidents are in all likelihood, for fields that nothing in the file is yet."""
    if noun.name != "incidents":
        return {}
    told = {*(headings or {})}
    known = {*_meant(names, noun, headings, file_name).values()}
    found = {}
    for field, spellings in _LIKELY.items():
        heading = next((n for n in names if heading_key(n) in spellings and n not in told), None)
        if field not in known and heading is not None:
            found[heading] = field
    return found


def _meant(names: list[str], noun: Any, headings: dict[str, str] | None, file_name: str) -> dict[str, str]:
    """Return what can be told of the headings of a file that lacks something."""
    try:
        found = match_headings(names, noun, headings, file_name, only_look=True)
    except InvalidInput:
        # What stops the file as a whole is told; a person sees the headings without a guess.
        return {
            left: right for left, right in (headings or {}).items() if right and not right.startswith("=")
        }
    return {heading: field for field, heading in found.columns.items()}


def _filled(column: Any) -> int:
    text = pc.utf8_trim_whitespace(column)
    return int(pc.sum(pc.fill_null(pc.greater(pc.utf8_length(text), 0), fill_value=False)).as_py() or 0)


def _reasons(parsed: ParsedTable | None) -> tuple[tuple[str, str, int], ...]:
    if parsed is None or parsed.refused.empty:
        return ()
    counts = Counter(
        (f"{row.field}：{row.reason_zh}", f"{row.field}: {row.reason_en}")
        for row in parsed.refused.itertuples()
    )
    return tuple((zh, en, n) for (zh, en), n in counts.most_common(_REASONS))
