"""Sessions, links that sign in once, tokens of programs, and tries to sign in. Secrets come as digests only."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.accounts import ApiToken, Role, SignedIn
from gridmap.storage.accounts.posts import post_of
from gridmap.storage.models import ApiToken as TokenRow
from gridmap.storage.models import Post, SignInAttempt, SignInLink
from gridmap.storage.models import Session as Row

_LOCK_CLASS = 0x7369676E  # "sign" in ASCII: tries of one pair are counted one after the other


def add_session(
    session: Session, secret_hash: bytes, post_id: int, kind: str, device: str, ends_at: dt.datetime | None
) -> str:
    """Keep a new session; return its public number."""
    made = session.execute(
        insert(Row)
        .values(secret_hash=secret_hash, post_id=post_id, kind=kind, device=device, ends_at=ends_at)
        .returning(Row.session_id)
    ).scalar_one()
    return made.hex


def find_session(session: Session, secret_hash: bytes, idle_since: dt.datetime) -> SignedIn | None:
    """Find the session of a secret that is not over, of a post that is not locked."""
    return find_sessions(session, [secret_hash], idle_since).get(secret_hash)


def find_sessions(
    session: Session, secret_hashes: Iterable[bytes], idle_since: dt.datetime
) -> dict[bytes, SignedIn]:
    """Find those sessions of some secrets that are not over, of posts that are not locked."""
    found = session.execute(
        select(Row, Post)
        .join(Post, Post.post_id == Row.post_id)
        .where(
            Row.secret_hash.in_(secret_hashes),
            Post.locked_at.is_(None),
            (Row.kind == "wall") | (Row.seen_at >= idle_since),
            Row.ends_at.is_(None) | (Row.ends_at > func.now()),
        )
    )
    return {row.secret_hash: _signed_in(row, post) for row, post in found}


def touch(session: Session, session_id: str) -> None:
    """Note that a session is in use."""
    session.execute(update(Row).where(Row.session_id == uuid.UUID(session_id)).values(seen_at=func.now()))


def list_sessions(session: Session, post_id: int, idle_since: dt.datetime) -> list[SignedIn]:
    """Return a post's sessions that are not over, newest first."""
    found = session.execute(
        select(Row, Post)
        .join(Post, Post.post_id == Row.post_id)
        .where(
            Row.post_id == post_id,
            (Row.kind == "wall") | (Row.seen_at >= idle_since),
            Row.ends_at.is_(None) | (Row.ends_at > func.now()),
        )
        .order_by(Row.created_at.desc(), Row.session_id)
    )
    return [_signed_in(row, post) for row, post in found]


def end_session(session: Session, post_id: int, session_id: str) -> bool:
    """End one of a post's sessions; tell whether there was one."""
    gone = session.execute(
        delete(Row)
        .where(Row.session_id == uuid.UUID(session_id), Row.post_id == post_id)
        .returning(Row.session_id)
    ).scalar_one_or_none()
    return gone is not None


def end_sessions(session: Session, post_id: int, *, but: str | None = None) -> int:
    """End all of a post's sessions but one; spend its open links, too."""
    query = delete(Row).where(Row.post_id == post_id)
    if but is not None:
        query = query.where(Row.session_id != uuid.UUID(but))
    session.execute(delete(SignInLink).where(SignInLink.post_id == post_id))
    return len(session.scalars(query.returning(Row.session_id)).all())


def remove_over(session: Session, idle_since: dt.datetime) -> None:
    """Delete sessions, links and tries that are over."""
    session.execute(
        delete(Row).where((Row.ends_at < func.now()) | ((Row.kind == "person") & (Row.seen_at < idle_since)))
    )
    session.execute(delete(SignInLink).where(SignInLink.ends_at < func.now()))
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < idle_since))


def add_link(session: Session, secret_hash: bytes, post_id: int, ends_at: dt.datetime) -> None:
    """Keep a link that signs in once."""
    session.execute(insert(SignInLink).values(secret_hash=secret_hash, post_id=post_id, ends_at=ends_at))


def spend_link(session: Session, secret_hash: bytes) -> int | None:
    """Take a link away and return its post; None when it is spent, over, or its post locked."""
    return session.execute(
        delete(SignInLink)
        .where(
            SignInLink.secret_hash == secret_hash,
            SignInLink.ends_at > func.now(),
            SignInLink.post_id.in_(select(Post.post_id).where(Post.locked_at.is_(None))),
        )
        .returning(SignInLink.post_id)
    ).scalar_one_or_none()


def count_attempts(session: Session, pair_hash: bytes, since: dt.datetime) -> int:
    """Count a pair's tries, one transaction at a time until this one ends."""
    session.execute(
        text("select pg_advisory_xact_lock(:c, :k)"),
        {"c": _LOCK_CLASS, "k": int.from_bytes(pair_hash[:4], "big", signed=True)},
    )
    query = select(func.count()).where(SignInAttempt.pair_hash == pair_hash, SignInAttempt.at >= since)
    return int(session.scalar(query) or 0)


def add_attempt(session: Session, pair_hash: bytes) -> None:
    """Note a try to sign in."""
    session.execute(insert(SignInAttempt).values(pair_hash=pair_hash))


def forget_attempts(session: Session, pair_hash: bytes) -> None:
    """Forget a pair's tries: it has signed in."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.pair_hash == pair_hash))


def add_token(
    session: Session,
    secret_hash: bytes,
    name: str,
    role: Role,
    grid_key: int,
    made_by: str,
    ends_at: dt.datetime,
) -> ApiToken:
    """Keep a program's token; the name must be new."""
    row = session.execute(
        insert(TokenRow)
        .values(
            secret_hash=secret_hash,
            name=name,
            role=role.value,
            grid_key=grid_key,
            made_by=made_by,
            ends_at=ends_at,
        )
        .returning(TokenRow)
    ).scalar_one()
    return _token(row)


def find_token(session: Session, secret_hash: bytes) -> ApiToken | None:
    """Find the token of a secret that is neither over nor revoked."""
    row = session.execute(
        select(TokenRow).where(
            TokenRow.secret_hash == secret_hash,
            TokenRow.revoked_at.is_(None),
            TokenRow.ends_at > func.now(),
        )
    ).scalar_one_or_none()
    return None if row is None else _token(row)


def list_tokens(session: Session) -> list[ApiToken]:
    """Return every token, by name."""
    return [_token(row) for row in session.scalars(select(TokenRow).order_by(TokenRow.name))]


def revoke_token(session: Session, name: str) -> bool:
    """Revoke a token; tell whether there was one."""
    found = session.execute(
        update(TokenRow)
        .where(TokenRow.name == name, TokenRow.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(TokenRow.token_id)
    ).scalar_one_or_none()
    return found is not None


def _signed_in(row: Row, post: Post) -> SignedIn:
    return SignedIn(
        session_id=row.session_id.hex,
        post=post_of(post),
        kind=row.kind,
        device=row.device,
        created_at=row.created_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
    )


def _token(row: TokenRow) -> ApiToken:
    return ApiToken(
        token_id=row.token_id.hex,
        name=row.name,
        role=Role(row.role),
        grid_key=row.grid_key,
        made_by=row.made_by,
        created_at=row.created_at,
        ends_at=row.ends_at,
        revoked_at=row.revoked_at,
    )
