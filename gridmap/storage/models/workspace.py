"""What the workspace remembers of itself: settings, import runs and saved mappings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, Instant, Str


class WorkspaceSetting(Base):
    """One setting of the workspace: its name, projected CRS, time zone, data version."""

    __tablename__ = "workspace_settings"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


class ImportRun(Base):
    """One import: the file by its hash, how it was read, and what became of its rows."""

    __tablename__ = "import_runs"
    __table_args__ = (Index("ix_import_runs_noun_file_sha256", "noun", "file_sha256"),)

    import_run_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    noun: Mapped[Str]
    file_name: Mapped[Str]
    file_sha256: Mapped[Str]
    parameters: Mapped[Any] = mapped_column(JSONB)
    started_at: Mapped[Instant] = mapped_column(server_default=func.now())
    finished_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    rows_total: Mapped[int] = mapped_column(Integer)
    rows_inserted: Mapped[int] = mapped_column(Integer)
    rows_updated: Mapped[int] = mapped_column(Integer)
    rows_unchanged: Mapped[int] = mapped_column(Integer)
    rows_refused: Mapped[int] = mapped_column(Integer)
    post: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[str | None] = mapped_column(Text)
    undone_why: Mapped[str | None] = mapped_column(Text)


class ImportChange(Base):
    """What an import changed in one row; or a row that it brought and that its undoing took out."""

    __tablename__ = "import_changes"
    __table_args__ = (
        CheckConstraint("kind in ('changed', 'removed')", name="kind"),
        Index("ix_import_changes_import_run_id", "import_run_id"),
    )

    change_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_run_id: Mapped[int] = mapped_column(ForeignKey(ImportRun.import_run_id))
    kind: Mapped[str] = mapped_column(Text, server_default=text("'changed'"))
    before: Mapped[Any] = mapped_column(JSONB)
    after: Mapped[Any | None] = mapped_column(JSONB)


class ImportMapping(Base):
    """A mapping of somebody's headings to ours, remembered by name."""

    __tablename__ = "import_mappings"

    noun: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    columns: Mapped[Any] = mapped_column(JSONB)
    owner: Mapped[str | None] = mapped_column(Text)


class ImportProfile(Base):
    """How one source system's files are read, by its name."""

    __tablename__ = "import_profiles"
    __table_args__ = (CheckConstraint("unknown in ('ask', 'refuse', 'other')", name="unknown"),)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    noun: Mapped[str] = mapped_column(Text)
    options: Mapped[Any] = mapped_column(JSONB)
    unknown: Mapped[str] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    headings: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
