"""One's own post: password, second factor, sessions."""

from __future__ import annotations

import datetime as dt

import pyotp

from gridmap.domain.accounts import Post, SignedIn
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.accounts import audit, passwords
from gridmap.services.accounts.entry import IDLE, count_try, forget_tries, pair_of
from gridmap.storage.accounts import posts, sessions
from gridmap.storage.database import Database


def change_password(database: Database, signed_in: SignedIn, old: str, new: str) -> None:
    """Change one's own password; every other session of the post ends.

    Raises
    ------
    Forbidden
        When the old password is wrong.
    TooMany
        After 10 guesses in 5 minutes.
    InvalidInput
        When the new one is short or easily guessed.
    """
    post = signed_in.post
    passwords.check(new, post.name)
    with database.scoped_session(Scope.whole()) as session:
        row = posts.credentials_of(session, post.name)
    kept = row.password_hash if row else None
    _require_password(database, signed_in, kept, old)
    fresh = passwords.hashed(new)
    with database.scoped_session(Scope.whole(), write=True) as session:
        posts.set_password(session, post.post_id, fresh)
        sessions.end_sessions(session, post.post_id, but=signed_in.session_id)
        audit.note(session, post.actor, "password_change", post.name)


def _require_password(database: Database, signed_in: SignedIn, kept: str | None, told: str) -> None:
    """Refuse a wrong password, and count the guesses: a page that somebody left open is no way to try them all."""
    if kept is None:
        return
    pair = pair_of(signed_in.post.name, "own page")
    count_try(database, pair, dt.datetime.now(dt.UTC))
    if not passwords.is_right(kept, told):
        raise _wrong_password()
    forget_tries(database, pair)


def new_second_factor() -> str:
    """Make a secret for a program that shows codes; it counts once a code of it was given."""
    return pyotp.random_base32()


def second_factor_address(post: Post, secret: str) -> str:
    """Return what the QR code says to the program that shows codes."""
    return pyotp.TOTP(secret).provisioning_uri(name=post.name, issuer_name="gridmap")


def _fits(secret: str, code: str) -> bool:
    try:
        return pyotp.TOTP(secret).verify("".join(code.split()), valid_window=1)
    except ValueError:
        # The page sends the secret back, and a form may hold anything.
        return False


def turn_on_second_factor(database: Database, signed_in: SignedIn, secret: str, code: str) -> None:
    """Turn the second factor on, once a code shows that the program has the secret.

    Raises
    ------
    InvalidInput
        When the code does not fit.
    Conflict
        When there is one already: whoever comes by an open page does not put another in its place.
    """
    post = signed_in.post
    with database.scoped_session(Scope.whole()) as session:
        row = posts.credentials_of(session, post.name)
    if row is not None and row.second_factor is not None:
        raise Conflict(
            "second-factor-there",
            "动态验证码已经开启。要换一个，请先用密码关闭，再重新开启。",
            "The second factor is on already. To change it, turn it off with the password first, then on again.",
        )
    if not _fits(secret, code):
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
    TooMany
        After 10 guesses in 5 minutes.
    """
    post = signed_in.post
    with database.scoped_session(Scope.whole()) as session:
        row = posts.credentials_of(session, post.name)
    kept = row.password_hash if row else None
    _require_password(database, signed_in, kept, password)
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
