"""One's own post: password, second factor, sessions."""

from __future__ import annotations

import datetime as dt

import pyotp

from gridmap.domain.accounts import Post, SignedIn
from gridmap.domain.gridkey import Scope
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.services.accounts import audit, passwords
from gridmap.services.accounts.entry import IDLE
from gridmap.storage.accounts import posts, sessions
from gridmap.storage.database import Database


def change_password(database: Database, signed_in: SignedIn, old: str, new: str) -> None:
    """Change one's own password; every other session of the post ends.

    Raises
    ------
    Forbidden
        When the old password is wrong.
    InvalidInput
        When the new one is short or easily guessed.
    """
    post = signed_in.post
    passwords.check(new, post.name)
    with database.scoped_session(Scope.whole()) as session:
        row = posts.credentials_of(session, post.name)
    kept = row.password_hash if row else None
    if kept is not None and not passwords.is_right(kept, old):
        raise _wrong_password()
    fresh = passwords.hashed(new)
    with database.scoped_session(Scope.whole(), write=True) as session:
        posts.set_password(session, post.post_id, fresh)
        sessions.end_sessions(session, post.post_id, but=signed_in.session_id)
        audit.note(session, post.actor, "password_change", post.name)


def new_second_factor() -> str:
    """Make a secret for a program that shows codes; it counts once a code of it was given."""
    return pyotp.random_base32()


def second_factor_address(post: Post, secret: str) -> str:
    """Return what the QR code says to the program that shows codes."""
    return pyotp.TOTP(secret).provisioning_uri(name=post.name, issuer_name="gridmap")


def turn_on_second_factor(database: Database, signed_in: SignedIn, secret: str, code: str) -> None:
    """Turn the second factor on, once a code shows that the program has the secret.

    Raises
    ------
    InvalidInput
        When the code does not fit.
    """
    post = signed_in.post
    if not pyotp.TOTP(secret).verify("".join(code.split()), valid_window=1):
        raise InvalidInput(
            "code-wrong",
            "验证码不正确。请核对手机时间后再试。",
            "The code does not fit. Check the telephone's clock and try again.",
        )
    with database.scoped_session(Scope.whole(), write=True) as session:
        posts.set_second_factor(session, post.post_id, secret)
        audit.note(session, post.actor, "second_factor_on", post.name)


def turn_off_second_factor(database: Database, signed_in: SignedIn, password: str) -> None:
    """Turn the second factor off, for whoever knows the password.

    Raises
    ------
    Forbidden
        When the password is wrong.
    """
    post = signed_in.post
    with database.scoped_session(Scope.whole()) as session:
        row = posts.credentials_of(session, post.name)
    kept = row.password_hash if row else None
    if kept is not None and not passwords.is_right(kept, password):
        raise _wrong_password()
    with database.scoped_session(Scope.whole(), write=True) as session:
        posts.set_second_factor(session, post.post_id, None)
        audit.note(session, post.actor, "second_factor_off", post.name)


def own_sessions(database: Database, signed_in: SignedIn) -> list[SignedIn]:
    """Return one's own sessions, newest first."""
    with database.scoped_session(Scope.whole()) as session:
        return sessions.list_sessions(session, signed_in.post.post_id, dt.datetime.now(dt.UTC) - IDLE)


def end_own_session(database: Database, signed_in: SignedIn, session_id: str) -> None:
    """End one of one's own sessions.

    Raises
    ------
    NotFound
    """
    with database.scoped_session(Scope.whole(), write=True) as session:
        if not sessions.end_session(session, signed_in.post.post_id, session_id):
            raise NotFound(
                "session-not-found",
                "没有这个登录，或已经结束。",
                "There is no such session, or it is over.",
            )
        audit.note(session, signed_in.post.actor, "session_end", session_id)


def _wrong_password() -> Forbidden:
    return Forbidden("password-wrong", "原密码不正确。", "The present password is wrong.")
