"""A document of tables as a file, whole or not at all, and in the register before it is there."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gridmap import __version__
from gridmap.domain.accounts import Actor
from gridmap.errors import InvalidInput
from gridmap.files.atomic import replacing
from gridmap.reporting.carried import carried_in
from gridmap.reporting.paper import to_pdf
from gridmap.reporting.templating import OWN, shipped
from gridmap.storage.database import Database
from gridmap.storage.reports import register


@dataclass(frozen=True, slots=True)
class Entry:
    """What the register keeps of a document.

    Attributes
    ----------
    kind : str
    since, until : date
        First and last local day that it is about.
    purpose : str
    told : object
        What it tells; the hash of the data is of this.
    parameters : dict
        As JSON holds it.
    """

    kind: str
    since: dt.date
    until: dt.date
    purpose: str
    told: object
    parameters: dict[str, Any] = field(default_factory=dict)


def own_templates(database: Database) -> Path | None:
    """Return the folder with templates of the town's own, where there is one."""
    folder = database.settings.home / "templates"
    return folder if folder.is_dir() else None


def write_templates(folder: Path) -> list[Path]:
    """Write the templates that a town may change into a folder; those that are there already stay as they are.

    Returns
    -------
    list of Path
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in OWN:
        target = folder / name
        if not target.exists():
            target.write_text(shipped(name), "utf-8")
            written.append(target)
    return written


def hash_of(told: object) -> str:
    """Return the SHA-256 of what a document tells, as the register keeps it."""
    return hashlib.sha256(repr(told).encode()).hexdigest()


def write_registered(database: Database, actor: Actor, entry: Entry, html: str, out: Path) -> int:
    """Write a document as ``.pdf`` or ``.html`` and enter it in the register; return its number.

    Raises
    ------
    InvalidInput
        When the ending is another.
    Unavailable
        When a PDF is wanted and the machine lacks what lays it out.
    """
    ending = out.suffix.lower()
    if ending not in {".pdf", ".html"}:
        raise InvalidInput(
            "document-ending",
            f"文件写成 .pdf 或 .html（现为“{out.name}”）。",
            f'The document is a .pdf or .html file; "{out.name}" is neither.',
        )
    content = (
        to_pdf(html, carried_in(html), own_templates(database)) if ending == ".pdf" else html.encode("utf-8")
    )
    with replacing(out) as temporary:
        temporary.write_bytes(content)
        # Entered first: a document that is not in the register must not exist.
        with database.scoped_session(actor.scope, write=True) as session:
            return register.add_report(
                session,
                {
                    "kind": entry.kind,
                    "owner": actor.post,
                    "scope_lo": actor.scope.lo,
                    "scope_hi": actor.scope.hi,
                    "since": entry.since,
                    "until": entry.until,
                    "seed": 0,
                    "purpose": entry.purpose,
                    "parameters": entry.parameters,
                    "data_sha256": hash_of(entry.told),
                    "file_sha256": hashlib.sha256(content).hexdigest(),
                    "version": __version__,
                },
            )
