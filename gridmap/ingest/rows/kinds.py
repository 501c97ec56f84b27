"""Kinds of disputes: read in the code system that a row, or the column as a whole, speaks in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridmap.domain.code_systems import (
    PRACTICE,
    KindRead,
    proposals,
    read_kind,
    readings,
    recognised,
    systems,
)
from gridmap.ingest.rows.headers import Headings
from gridmap.ingest.rows.refused import Refusals

_BARE = frozenset("0123456789.")


def read_dispute_kinds(columns: dict[str, Any], headings: Headings, refusals: Refusals) -> None:
    """Replace kinds of disputes by codes of practice, and keep what the source called them.

    A bare number that two systems read differently, and a number of four digits, are refused until the system is named
    (``code_system``) or told by the column as a whole, because one system alone knows all of its texts.

    Parameters
    ----------
    columns : dict
        Field to typed column; ``kind``, ``code_system`` and ``source_kind`` are completed.
    headings : Headings
    refusals : Refusals
    """
    kind = columns["kind"]
    if kind.null_count == len(kind):
        return
    of_dispute = pc.fill_null(pc.equal(columns["domain"], "dispute"), fill_value=False).to_pylist()
    texts, named = kind.to_pylist(), columns["code_system"].to_pylist()
    told = columns["source_kind"].to_pylist()
    mine = [i for i, (t, d) in enumerate(zip(texts, of_dispute, strict=True)) if d and t is not None]
    whole = recognised({texts[i] for i in mine if named[i] is None})
    known: dict[tuple[str, str | None], KindRead | None] = {}
    wrong: dict[str, list[int]] = {}
    for i in mine:
        asked = (texts[i], named[i] or whole)
        if asked not in known:
            known[asked] = _read(*asked)
        read = known[asked]
        if read is None:
            wrong.setdefault(texts[i], []).append(i)
            texts[i] = None
            continue
        texts[i] = read.kind
        # What a source called it stays beside the code, where that is another list's.
        if read.system != PRACTICE:
            told[i] = f"{read.system}:{read.code}"
        system = (told[i] or "").partition(":")[0]
        named[i] = system if system in systems() else None
    heading = headings.columns.get("kind", "kind")
    for text, rows in wrong.items():
        code, zh, en = _why(text, kind_systems=readings(text), named=columns["code_system"][rows[0]].as_py())
        refusals.add(np.array(rows, np.int64), heading, kind, code=code, zh=zh, en=en)
    others = [i for i, d in enumerate(of_dispute) if not d]
    for i in others:
        named[i] = None
    columns["kind"] = pa.array(texts, pa.string())
    columns["code_system"] = pa.array(named, pa.string())
    columns["source_kind"] = pa.array(told, pa.string())


def _read(text: str, system: str | None) -> KindRead | None:
    read = read_kind(text, system)
    if read is not None and system is None and set(text) <= _BARE and len(read.code) > 2:
        return None
    return read


def _why(text: str, kind_systems: dict[str, KindRead], named: str | None) -> tuple[str, str, str]:
    """Return the code of the reason and the reason in both languages."""
    if kind_systems and named is None:
        told = [(systems()[name], read) for name, read in kind_systems.items()]
        zh = "；".join(f"{s.zh}的 {r.code} 是“{s.entries[r.code].zh}”" for s, r in told)
        en = "; ".join(f"{r.code} of {s.en} is {s.entries[r.code].zh!r}" for s, r in told)
        options = " | ".join(s.name for s, _ in told)
        return (
            "kind-system-unknown",
            f"不知道“{text[:20]}”属于哪个代码体系：{zh}。请加 --code-system {options}，或加“代码体系”一列，或写名称。",
            f"its code system is not known: {en}. Add --code-system {options}, or write the name.",
        )
    near = proposals(text)
    propose = (f"是否指：{'、'.join(near)}？", f" Did you mean {', '.join(near)}?") if near else ("", "")
    lists = "、".join(s.zh for s in systems().values()), " and ".join(s.en for s in systems().values())
    return (
        "kind-unknown",
        f"纠纷类型不在代码表中（{lists[0]}）。{propose[0]}请写代码或名称（如 02 邻里纠纷），都不合适时写 99。",
        f"this kind of dispute is in no code list ({lists[1]}).{propose[1]} Write a code or its name; 99 is any other.",
    )
