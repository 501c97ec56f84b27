"""One record that a person writes, read and brought in as an import of one row."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.records import NOUNS
from gridmap.errors import InvalidInput
from gridmap.ingest.model import ParsedTable, RawTable
from gridmap.ingest.rows.parse import parse_raw
from gridmap.services.imports.kinds import Ground, ImportKind
from gridmap.services.imports.records import ImportOptions, ImportResult, import_parsed, known_to
from gridmap.storage.database import Database

FORM = Path("更改.csv")
"""What messages call the row that a form holds."""


def read_one(
    database: Database, actor: Actor, kind: ImportKind, told: Mapping[str, str | None], shape: Any = None
) -> tuple[ParsedTable, Ground]:
    """Read the fields of one record as an import reads a row.

    Parameters
    ----------
    database : Database
    actor : Actor
    kind : ImportKind
    told : mapping
        Field to text as a person writes it; an empty one empties the field, one that is not there is left alone.
    shape : shapely.Geometry, optional
        EPSG:4326; of a noun with a shape of its own.

    Raises
    ------
    InvalidInput
        Naming the field and what is wrong with it.
    """
    noun = NOUNS[kind.noun]
    needed = [f for f in noun.fields if f.required and f.name in told and not (told[f.name] or "").strip()]
    if needed:
        raise InvalidInput(
            "record-field-needed",
            f"{'、'.join(f.zh for f in needed)}不能空着。请填写。",
            f"{', '.join(f.name for f in needed)} cannot be empty. Fill it in.",
        )
    ground: Ground = kind.ground(database, actor.scope)
    geometry = None
    if shape is not None:
        geometry = np.empty(1, dtype=object)
        geometry[0] = shape
    raw = RawTable(
        FORM,
        uuid.uuid4().hex,
        "form",
        pa.table({name: pa.array([text or None], pa.string()) for name, text in told.items()}),
        np.array([1]),
        geometry,
        "EPSG:4326",
    )
    parsed = parse_raw(
        raw,
        noun,
        mapping=None,
        meant={},
        crs=None,
        bounds=ground.bounds,
        zone=database.settings.timezone,
        dayfirst=None,
        now=dt.datetime.now(dt.UTC),
        known=known_to(database, actor.scope, kind, ground),
        clear_blank=True,
    )
    _refuse_wrong(parsed)
    return parsed, ground


def _refuse_wrong(parsed: ParsedTable) -> None:
    """Refuse a row of a form that was not accepted.

    Raises
    ------
    InvalidInput
        With every field that is wrong and why.
    """
    if parsed.refused.empty:
        return
    zh = "；".join(f"“{r.field}”：{r.reason_zh}" for r in parsed.refused.itertuples())
    en = "; ".join(f'"{r.field}": {r.reason_en}' for r in parsed.refused.itertuples())
    raise InvalidInput("record-fields-wrong", f"没有保存。{zh}", f"Nothing was saved. {en}")


def bring_one(
    database: Database,
    actor: Actor,
    kind: ImportKind,
    parsed: ParsedTable,
    ground: Ground,
    act: Mapping[str, str],
    guard: Callable[[Session], None],
) -> ImportResult:
    """Import what :func:`read_one` read as the act of a person.

    Parameters
    ----------
    database : Database
    actor : Actor
    kind : ImportKind
    parsed, ground
        As :func:`read_one` gave them.
    act : mapping
        What it is, why, and the record's key, for the journal.
    guard : callable
        Refuses within the same transaction.

    Raises
    ------
    InvalidInput
        When a field is wrong.
    """
    done = import_parsed(
        database,
        actor.scope.for_upkeep(),
        kind,
        parsed,
        ground,
        ImportOptions(accept_doubtful=True),
        parameters=dict(act),
        actor=actor,
        guard=guard,
    )
    if done.parsed is not None:
        _refuse_wrong(done.parsed)
    return done
