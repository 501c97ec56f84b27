"""Imports of records as jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gridmap.domain.accounts import Actor, Role
from gridmap.errors import NotFound
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.jobs.kinds import JobKind, Outcome, Work


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file of records of one kind; see :func:`gridmap.services.imports.records.import_records`."""

    noun: str
    file: Path
    options: ImportOptions


def import_kind(kinds: Mapping[str, ImportKind]) -> JobKind[ImportRequest]:
    """Make the kind of job that imports the records of all wings."""

    def run(asked: ImportRequest, work: Work) -> Outcome:
        if asked.noun not in kinds:
            raise NotFound(
                "import-kind-unknown",
                f"没有可导入的种类“{asked.noun}”。",
                f"There is no kind of record called {asked.noun} to import.",
            )
        did = import_records(
            work.database,
            work.scope,
            kinds[asked.noun],
            asked.file,
            asked.options,
            actor=Actor(work.owner, Role.KEEPER, work.scope),
            on_progress=work.tell,
        )
        return Outcome(
            {
                "committed": did.committed,
                "same_as_run": did.same_as_run,
                "total": did.total,
                "inserted": did.inserted,
                "updated": did.updated,
                "unchanged": did.unchanged,
                "refused": did.refused,
            }
        )

    return JobKind("import", "导入", "import", ImportRequest, run, most_open=10, most_of_owner=5)
