"""What a file of incidents says that may not be what it means: asked, and not done."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
from sqlalchemy.orm import Session

from gridmap.crs import distance_m
from gridmap.domain.cases.number import parts
from gridmap.domain.told_fields import value_words
from gridmap.ingest.model import Notice, ParsedTable
from gridmap.ingest.rows.refused import RowRefused
from gridmap.services.cases.history_told import history_without_stage
from gridmap.services.imports.kinds import Doubts
from gridmap.storage.cases import known
from gridmap.storage.cases.known import KnownIncident

_DERIVED = re.compile("h[0-9a-f]{20}")
FAR_M = 1000.0
"""A record that moves further is asked about: it may be another matter under the same number."""
_SHOWN = 20
_OF_FILE = tuple(f.name for f in fields(KnownIncident) if f.name != "sealed")
_WHY_NOT_TAKEN = {
    "kept": ("案件已在库中，沿用原有编号", "the case is known already and keeps the number that it has"),
    "formless": (
        "不是 22 位的案件编号，已另取新号；来源单位的编号请放在“编号”列",
        "it is not one of 22 digits, and another is drawn; a source's own number belongs into the column uid",
    ),
    "taken": ("该编号属于另一案件，已另取新号", "it is another case's, and a new one is drawn"),
}


def doubts(session: Session, parsed: ParsedTable) -> Doubts:
    """Return rows that may be another matter, or one that is known already, and what earlier files had besides.

    Parameters
    ----------
    session : Session
        A scoped session.
    parsed : ParsedTable
        Incidents.
    """
    uids = [u for u in parsed.table["uid"].to_pylist() if u]
    stored = known.by_uid(session, uids)
    rows = parsed.table.to_pylist()
    asked = [
        _another(row, there)
        for row in rows
        if (there := stored.get(row["uid"])) is not None and not there.sealed
    ]
    asked += _other_sealed(session, rows, stored)
    refused = [a for a in asked if a is not None]
    fresh = [r for r in rows if r["uid"] not in stored and _DERIVED.fullmatch(r["uid"] or "")]
    refused += _alike(session, fresh, set(uids))
    notices = list(_numbers_not_taken(session, parsed.table))
    old = history_without_stage(rows, stored, dt.datetime.now(dt.UTC))
    if old is not None:
        notices.append(old)
    if stored and not parsed.partial:
        gone = known.missing_from(session, uids)
        if gone:
            notices.append(_absent(gone))
    return Doubts(tuple(refused), tuple(notices))


def _numbers_not_taken(session: Session, table: pa.Table) -> Iterator[Notice]:
    """Say which rows bring a number for life that their case will not have."""
    columns = (table[name].to_pylist() for name in ("row", "uid", "number"))
    brought = [told for told in zip(*columns, strict=True) if told[2]]
    if not brought:
        return
    own = known.numbers_of(session, [uid for _, uid, _ in brought if uid])
    holders = known.holders_of(session, [number for _, _, number in brought])
    left: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row, uid, number in brought:
        if uid in own:
            if own[uid] != number:
                left["kept"].append((row, number))
        elif parts(number) is None:
            left["formless"].append((row, number))
        elif holders.setdefault(number, uid) != uid:
            left["taken"].append((row, number))
    for why, of_why in left.items():
        yield _not_taken(why, of_why)


def _not_taken(why: str, rows: Sequence[tuple[int, str]]) -> Notice:
    zh, en = _WHY_NOT_TAKEN[why]
    shown = "、".join(f"第 {row} 行 {number}" for row, number in rows[:_SHOWN])
    shown_en = ", ".join(f"row {row} {number}" for row, number in rows[:_SHOWN])
    return Notice(
        f"number-{why}",
        f"{len(rows)} 行的案件编号没有采用：{zh}（{shown}）。",
        f"The case number of {len(rows)} rows is not taken: {en} ({shown_en}).",
    )


def doubt_between(sheets: Mapping[str, ParsedTable]) -> tuple[str, str, RowRefused] | None:
    """Return the first row that, once the sheets before it are stored, may mean another record than it says.

    Parameters
    ----------
    sheets : mapping
        Incidents by sheet, in the order in which they are to be imported.

    Returns
    -------
    tuple of (sheet, sheet before it, RowRefused), or None
    """
    by_uid: dict[str, tuple[str, KnownIncident]] = {}
    unnumbered: dict[Any, list[tuple[str, KnownIncident]]] = defaultdict(list)
    for sheet, parsed in sheets.items():
        told = [(sheet, row) for row in parsed.table.to_pylist() if row["uid"]]
        for _, row in told:
            before, there = by_uid.get(row["uid"], (None, None))
            if before is not None and there is not None:
                refused = _another(row, there)
            elif _DERIVED.fullmatch(row["uid"]):
                near = unnumbered[row["occurred_at"]]
                before, refused = next(
                    ((name, _perhaps_known(row, k)) for name, k in near if _same_but_text(row, k)),
                    (None, None),
                )
            else:
                continue
            if before is not None and refused is not None:
                return sheet, before, refused
        for _, row in told:
            if row["domain"] is None or row["occurred_at"] is None:
                continue
            one = KnownIncident(*(row[name] for name in _OF_FILE))
            by_uid[one.uid] = sheet, one
            if _DERIVED.fullmatch(one.uid):
                unnumbered[one.occurred_at].append((sheet, one))
    return None


def _another(row: dict[str, Any], there: KnownIncident) -> RowRefused | None:
    zh, en = [], []
    if row["domain"] is not None and row["domain"] != there.domain:
        was, now = (value_words("incidents", "domain", told) for told in (there.domain, row["domain"]))
        zh.append(f"领域 {was[0]} → {now[0]}")
        en.append(f"domain {was[1]} -> {now[1]}")
    moved = _moved_m(row, there)
    if moved is not None and moved > FAR_M:
        zh.append(f"地点相距 {moved / 1000:.1f} km")
        en.append(f"place {moved / 1000:.1f} km away")
    if not zh:
        return None
    when = f"{there.occurred_at:%Y-%m-%d}"
    return RowRefused(
        row["row"],
        "uid",
        "another-matter",
        f"同号的已有记录像是另一件事（{when} “{(there.summary or '')[:20]}”）：{'，'.join(zh)}。"
        "若是别的单位的编号，请改成不重复的编号；若确是同一件事，加 --accept-doubtful。",
        f"the record under this number looks like another matter ({when}): {', '.join(en)}. If the number is another "
        "office's, make it unique; if it is the same matter, add --accept-doubtful.",
    )


def _other_sealed(
    session: Session, rows: Sequence[dict[str, Any]], stored: Mapping[str, KnownIncident]
) -> Iterator[RowRefused]:
    """Ask about rows under a sealed case's number of another domain or village; neither is told, nor any distance."""
    sealed = {row["uid"]: row for row in rows if row["uid"] in stored and stored[row["uid"]].sealed}
    placed = {
        uid: (float(row["lon"]), float(row["lat"]))
        for uid, row in sealed.items()
        if row["lon"] is not None and row["lat"] is not None and math.isfinite(row["lon"] + row["lat"])
    }
    other = {uid for uid, row in sealed.items() if row["domain"] not in {None, stored[uid].domain}}
    for uid in sorted(other | (known.outside_village(session, placed, FAR_M) if placed else frozenset())):
        yield RowRefused(
            sealed[uid]["row"],
            "uid",
            "another-matter",
            "同号的已有记录是保密事件，像是另一件事（领域或所在村不同）。若是别的单位的编号，请改成不重复的编号；"
            "若确是同一件事，加 --accept-doubtful。",
            "the record under this number is a sealed case and looks like another matter (its domain or village is "
            "another). If the number is another office's, make it unique; if it is the same matter, add "
            "--accept-doubtful.",
        )


def _moved_m(row: dict[str, Any], there: KnownIncident) -> float | None:
    lon, lat = row["lon"], row["lat"]
    if lon is None or lat is None or there.lon is None or there.lat is None:
        return None
    moved = float(distance_m([lon], [lat], [there.lon], [there.lat])[0])
    return moved if math.isfinite(moved) else None


def _alike(session: Session, fresh: list[dict[str, Any]], uids: set[str]) -> list[RowRefused]:
    """Rows without numbers that differ from a stored record without one by their text alone."""
    instants = sorted({row["occurred_at"] for row in fresh if row["occurred_at"] is not None})
    there = [k for k in known.unnumbered_at(session, instants) if k.uid not in uids]
    out = []
    for row in fresh:
        like = next((k for k in there if _same_but_text(row, k)), None)
        if like is not None:
            out.append(_perhaps_known(row, like))
    return out


def _perhaps_known(row: dict[str, Any], like: KnownIncident) -> RowRefused:
    if like.sealed:
        return RowRefused(
            row["row"],
            "summary",
            "perhaps-known",
            "与一件保密事件的时间、地点、类型相同。若是它的更正，请由承办的岗位在事件上改正；若是另一件事，"
            "加 --accept-doubtful。",
            "its time, place and kind are those of a sealed case. To correct that one, its handler does so at the "
            "case; if it is another matter, add --accept-doubtful.",
        )
    return RowRefused(
        row["row"],
        "summary",
        "perhaps-known",
        f"与已有记录 {like.uid} 的时间、地点、类型相同，只有文字不同（原为“{(like.summary or '')[:20]}”）。"
        f"若是它的更正，请把编号填为 {like.uid}；若是另一件事，加 --accept-doubtful。",
        f"its time, place and kind are those of {like.uid}, and its text alone differs. To correct that "
        f"record write {like.uid} as its number; if it is another matter, add --accept-doubtful.",
    )


def _same_but_text(row: dict[str, Any], there: KnownIncident) -> bool:
    moved = _moved_m(row, there)
    return (
        (row["occurred_at"], row["domain"], row["kind"]) == (there.occurred_at, there.domain, there.kind)
        and moved is not None
        and moved < 1.0
    )


def _absent(gone: list[str]) -> Notice:
    shown = "、".join(gone[:_SHOWN])
    more = f"……共 {len(gone)} 条" if len(gone) > _SHOWN else ""
    return Notice(
        "records-absent",
        f"之前的文件中有、这个文件中没有的记录：{shown}{more}。它们保留不变；要撤出请用 gridmap cases withdraw 编号。",
        f"Records of the earlier file that this one does not have: {shown.replace('、', ', ')}"
        f"{f' … {len(gone)} in all' if more else ''}. They stay; to take one out: gridmap cases withdraw NUMBER.",
    )
