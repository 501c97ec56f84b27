"""Posts and their terms."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, insert, select, true, update
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Post, Role, Term
from gridmap.storage.models import Post as Row
from gridmap.storage.models import PostTerm


def add_post(
    session: Session,
    name: str,
    role: Role,
    grid_key: int,
    held_from: dt.date,
    *,
    password_hash: str | None = None,
    demonstration: bool = False,
) -> Post:
    """Add a post whose first term begins on a day; the name must be new."""
    row = session.execute(
        insert(Row)
        .values(
            name=name,
            role=role.value,
            grid_key=grid_key,
            password_hash=password_hash,
            demonstration=demonstration,
        )
        .returning(Row)
    ).scalar_one()
    session.add(PostTerm(post_id=row.post_id, valid_from=held_from))
    session.flush()
    return post_of(row, held_from)


def find_post(session: Session, name: str) -> Post | None:
    """Find a post by its name."""
    return next(iter(_posts(session, Row.name == name)), None)


def find_post_by_id(session: Session, post_id: int) -> Post | None:
    """Find a post by its number."""
    return next(iter(_posts(session, Row.post_id == post_id)), None)


def list_posts(session: Session) -> list[Post]:
    """Return every post, by name."""
    return _posts(session, true())


def _posts(session: Session, which: ColumnElement[bool]) -> list[Post]:
    rows = session.scalars(select(Row).where(which).order_by(Row.name)).all()
    query = select(PostTerm).where(
        PostTerm.valid_to.is_(None), PostTerm.post_id.in_([row.post_id for row in rows])
    )
    since = {term.post_id: term.valid_from for term in session.scalars(query)}
    return [post_of(row, since.get(row.post_id)) for row in rows]


def list_terms(session: Session) -> list[Term]:
    """Return every holder's time at every post, by post, the newest first."""
    query = select(Row, PostTerm).join(PostTerm, PostTerm.post_id == Row.post_id)
    found = session.execute(query.order_by(Row.name, PostTerm.valid_from.desc()))
    return [
        Term(row.name, Role(row.role), row.grid_key, term.valid_from, term.valid_to) for row, term in found
    ]


def credentials(session: Session, name: str) -> Row | None:
    """Return a post's row with its password's hash, locked until the transaction ends."""
    return session.execute(select(Row).where(Row.name == name).with_for_update()).scalar_one_or_none()


def credentials_of(session: Session, name: str) -> Row | None:
    """Return a post's row with its password's hash."""
    return session.execute(select(Row).where(Row.name == name)).scalar_one_or_none()


def set_role(session: Session, post_id: int, role: Role) -> None:
    """Give a post another role."""
    session.execute(update(Row).where(Row.post_id == post_id).values(role=role.value))


def set_grid(session: Session, post_id: int, grid_key: int) -> None:
    """Give a post another grid."""
    session.execute(update(Row).where(Row.post_id == post_id).values(grid_key=grid_key))


def set_opens_sealed(session: Session, post_id: int, *, opens: bool) -> None:
    """Name a post as one that opens every sealed case in its grid, or no longer."""
    session.execute(update(Row).where(Row.post_id == post_id).values(opens_sealed=opens))


def set_locked(session: Session, post_id: int, at: dt.datetime | None) -> None:
    """Lock a post, or open it again."""
    session.execute(update(Row).where(Row.post_id == post_id).values(locked_at=at))


def set_password(session: Session, post_id: int, password_hash: str | None) -> None:
    """Set a post's password, or take it away."""
    session.execute(update(Row).where(Row.post_id == post_id).values(password_hash=password_hash))


def set_second_factor(session: Session, post_id: int, secret: str | None) -> None:
    """Set the secret of a post's second factor, or take it away."""
    session.execute(
        update(Row).where(Row.post_id == post_id).values(second_factor=secret, last_code_step=None)
    )


def use_code_step(session: Session, post_id: int, step: int) -> None:
    """Remember the newest code that was used, so that none is used twice."""
    session.execute(update(Row).where(Row.post_id == post_id).values(last_code_step=step))


def hand_over(session: Session, post_id: int, on: dt.date) -> None:
    """End the present holder's term on a day and begin the next one's."""
    open_term = session.execute(
        select(PostTerm).where(PostTerm.post_id == post_id, PostTerm.valid_to.is_(None))
    ).scalar_one_or_none()
    if open_term is not None and open_term.valid_from == on:
        return
    if open_term is not None:
        open_term.valid_to = on
        session.flush()
    session.add(PostTerm(post_id=post_id, valid_from=on))
    session.flush()


def post_of(row: Row, held_from: dt.date | None = None) -> Post:
    """Return a row as the rest of the program knows it: without secrets."""
    return Post(
        post_id=row.post_id,
        name=row.name,
        role=Role(row.role),
        grid_key=row.grid_key,
        has_password=row.password_hash is not None,
        has_second_factor=row.second_factor is not None,
        is_locked=row.locked_at is not None,
        is_demonstration=row.demonstration,
        held_from=held_from,
        opens_sealed=row.opens_sealed,
    )
