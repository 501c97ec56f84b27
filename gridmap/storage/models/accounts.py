"""Accounts: posts, their terms, sessions and tokens; and the audit of what was done."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.models.base import Base, GridKey, Instant, Str


class Post(Base):
    """One post: a duty at a grid, held by one person after another; ``grid_key`` 0 is the whole workspace."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("name"),)

    post_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[Str]
    role: Mapped[Str]
    grid_key: Mapped[GridKey]
    password_hash: Mapped[str | None] = mapped_column(Text)
    second_factor: Mapped[str | None] = mapped_column(Text)
    last_code_step: Mapped[int | None] = mapped_column(BigInteger)
    demonstration: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    opens_sealed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    locked_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class PostTerm(Base):
    """One holder's time at a post; who that is stands in the town's own address book."""

    __tablename__ = "post_terms"
    __table_args__ = (CheckConstraint("valid_to >= valid_from", name="validity"),)

    post_id: Mapped[int] = mapped_column(ForeignKey(Post.post_id), primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[dt.date | None] = mapped_column(Date)


class SignInLink(Base):
    """An address that signs in once."""

    __tablename__ = "sign_in_links"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey(Post.post_id))
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ends_at: Mapped[Instant]


class Session(Base):
    """A browser that is signed in; only a digest of its secret is kept."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        CheckConstraint("kind in ('person', 'wall')", name="kind"),
        CheckConstraint("kind = 'wall' or ends_at is not null", name="end"),
        Index("ix_sessions_post_id", "post_id"),
    )

    session_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, server_default=text("gen_random_uuid()")
    )
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    post_id: Mapped[int] = mapped_column(ForeignKey(Post.post_id))
    kind: Mapped[Str]
    device: Mapped[Str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    seen_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ends_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))


class ApiToken(Base):
    """A program's key, with a role and a scope of its own."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("secret_hash"), UniqueConstraint("name"))

    token_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, server_default=text("gen_random_uuid()")
    )
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[Str]
    role: Mapped[Str]
    grid_key: Mapped[GridKey]
    made_by: Mapped[Str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ends_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))


class SignInAttempt(Base):
    """One try to sign in, by a digest of the name and the address it came from."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_pair_hash_at", "pair_hash", "at"),)

    attempt_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    pair_hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[Instant] = mapped_column(server_default=func.now())


class Audit(Base):
    """Who saw or changed what; number, time and hash are set by the database, and rows are only added."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"),)

    seq: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default=FetchedValue()
    )
    at: Mapped[Instant] = mapped_column(server_default=FetchedValue())
    post: Mapped[Str]
    role: Mapped[Str]
    action: Mapped[Str]
    object: Mapped[Str]
    outcome: Mapped[Str]
    details: Mapped[Str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, server_default=FetchedValue())


class AuditSegment(Base):
    """A closed segment of the audit whose rows were dropped: its numbers, and the hash of its last row."""

    __tablename__ = "audit_segments"
    __table_args__ = (CheckConstraint("first_seq <= last_seq", name="rows"),)

    last_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    dropped_at: Mapped[Instant] = mapped_column(server_default=func.now())
