"""Coming in: by password, by a link that works once, by a program's token; and going out."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

import pyotp
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor, ApiToken, Post, Role, SignedIn, scope_of
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.errors import NotFound, NotSignedIn, TooMany
from gridmap.services.accounts import audit, passwords
from gridmap.services.accounts.secrets import TOKEN_MARK, digest, new_secret
from gridmap.storage.accounts import posts, sessions
from gridmap.storage.database import Database

IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=12)
MOST_TRIES = 10
TRIES_WITHIN = dt.timedelta(minutes=5)
LINK_HOLDS = dt.timedelta(hours=24)
ADMINISTRATOR = "管理员"
"""Name of the post that the first start makes."""

_TOUCH_AFTER = dt.timedelta(seconds=60)
_MOST_DEVICE = 200
_CODE_S = 30


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the secret for the browser, which is told once, and whose it is."""

    secret: str
    post: Post


def who(database: Database, secret: str, *, touch: bool = True) -> SignedIn | None:
    """Whose session a browser's secret opens; None when it is over, or its post locked.

    Parameters
    ----------
    database : Database
    secret : str
    touch : bool
        Whether somebody works with it now, so that it does not go idle.
    """
    now = dt.datetime.now(dt.UTC)
    with database.scoped_session(Scope.whole()) as session:
        found = sessions.find_session(session, digest(secret), now - IDLE)
    if touch and found is not None and now - found.seen_at > _TOUCH_AFTER:
        with database.scoped_session(Scope.whole(), write=True) as session:
            sessions.touch(session, found.session_id)
    return found


def who_each(database: Database, secrets: Collection[str]) -> dict[str, SignedIn]:
    """Whose sessions some browsers' secrets open, in one reading; those that are over are missing.

    Nobody is thought to work with them for being looked at.
    """
    named = {digest(secret): secret for secret in secrets}
    since = dt.datetime.now(dt.UTC) - IDLE
    with database.scoped_session(Scope.whole()) as session:
        found = sessions.find_sessions(session, named, since)
    return {named[secret_hash]: signed_in for secret_hash, signed_in in found.items()}


def which_program(database: Database, token: str) -> ApiToken | None:
    """Whose token a program shows; None when it is over or revoked."""
    with database.scoped_session(Scope.whole()) as session:
        return sessions.find_token(session, digest(token)) if token.startswith(TOKEN_MARK) else None


def actor_of_program(token: ApiToken) -> Actor:
    """Return a program as services are told of it."""
    return Actor(f"token:{token.name}", token.role, scope_of(token.grid_key))


def sign_in(
    database: Database,
    name: str,
    password: str,
    *,
    code: str = "",
    address: str = "",
    device: str = "",
    before: str | None = None,
) -> Opened:
    """Sign in with a post's name and password, and a code where the post has a second factor.

    Parameters
    ----------
    database : Database
    name, password : str
    code : str
        Six digits; looked at only where the post asks for them.
    address : str
        Where the request comes from: tries are counted for the pair of name and address.
    device : str
        What the browser says that it is.
    before : str, optional
        Secret of the session that the browser has so far, which ends.

    Raises
    ------
    TooMany
        After 10 tries in 5 minutes from one address for one name.
    NotSignedIn
        When name, password or code are wrong, or the post is locked; it is not told which.
    """
    now = dt.datetime.now(dt.UTC)
    pair = pair_of(name, address)
    count_try(database, pair, now)
    with database.scoped_session(Scope.whole()) as session:
        row = posts.credentials_of(session, name)
    # Argon2 outside the transaction: a connection must not wait for it.
    right = passwords.is_right(row.password_hash if row else None, password)
    opened: Opened | None = None
    with database.scoped_session(Scope.whole(), write=True) as session:
        locked = posts.credentials(session, name)
        if (
            right
            and row
            and locked
            and locked.locked_at is None
            and locked.password_hash == row.password_hash
        ):
            step = None if locked.second_factor is None else _code_step(locked.second_factor, code, now)
            fresh = step is not None and step > (locked.last_code_step or 0)
            if locked.second_factor is None or fresh:
                if step is not None:
                    posts.use_code_step(session, locked.post_id, step)
                sessions.forget_attempts(session, pair)
                opened = _open(session, posts.post_of(locked), device, now, before)
        if opened is None:
            # The name itself is not kept: what is typed in a hurry may be a password.
            known = Actor(
                locked.name if locked else "?", Role(locked.role) if locked else Role.TEAM, Scope.whole()
            )
            audit.note(session, known, "sign_in", "", "refused", address=address)
        else:
            audit.note(session, opened.post.actor, "sign_in", by="password", address=address)
    if opened is None:
        raise NotSignedIn(
            "sign-in-wrong",
            "岗位、密码或验证码不正确，或岗位已停用。",
            "Post, password or code is wrong, or the post is locked.",
        )
    return opened


def count_try(database: Database, pair: bytes, now: dt.datetime) -> None:
    """Count a guess at a password before it is looked at.

    Parameters
    ----------
    database : Database
    pair : bytes
        Digest of whose password it is and where the guess comes from.
    now : datetime

    Raises
    ------
    TooMany
        After 10 in 5 minutes of that pair; no other is closed by it.
    """
    with database.scoped_session(Scope.whole(), write=True) as session:
        tries = sessions.count_attempts(session, pair, now - TRIES_WITHIN)
        if tries < MOST_TRIES:
            sessions.add_attempt(session, pair)
    if tries >= MOST_TRIES:
        raise TooMany(
            "sign-in-tries",
            "尝试次数过多。请 5 分钟后再试，或请管理员重置密码。",
            "Too many tries. Try again in 5 minutes, or ask the administrator for a reset.",
            retry_after_s=int(TRIES_WITHIN.total_seconds()),
        )


def forget_tries(database: Database, pair: bytes) -> None:
    """Forget the guesses of a pair: one was right."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        sessions.forget_attempts(session, pair)


def sign_in_by_link(
    database: Database, link: str, *, device: str = "", address: str = "", before: str | None = None
) -> Opened:
    """Sign in by a link, which is spent by it.

    Raises
    ------
    NotSignedIn
        When the link is spent or over.
    """
    now = dt.datetime.now(dt.UTC)
    with database.scoped_session(Scope.whole(), write=True) as session:
        post_id = sessions.spend_link(session, digest(link))
        post = None if post_id is None else posts.find_post_by_id(session, post_id)
        if post is not None:
            opened = _open(session, post, device, now, before)
            audit.note(session, post.actor, "sign_in", by="link", address=address)
            return opened
    raise NotSignedIn(
        "link-spent",
        "这个登录地址已经用过或已过期。在服务器上运行 gridmap users link 可得到新的地址。",
        "This address has signed in already, or is too old. gridmap users link on the server prints a new one.",
    )


def sign_on(
    database: Database, name: str, by: str, *, device: str = "", address: str = "", before: str | None = None
) -> Opened:
    """Sign in a post whose name somebody who is trusted vouches for: the proxy in front, or the identity provider.

    Raises
    ------
    NotSignedIn
        When there is no such post, or it is locked.
    """
    now = dt.datetime.now(dt.UTC)
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = posts.find_post(session, name)
        if post is not None and not post.is_locked:
            opened = _open(session, post, device, now, before)
            audit.note(session, post.actor, "sign_in", by=by, address=address)
            return opened
        # A name that is no post's is not kept: it may be a person's.
        known = Actor(post.name if post else "?", post.role if post else Role.TEAM, Scope.whole())
        audit.note(session, known, "sign_in", "", "refused", by=by, address=address)
    raise NotSignedIn(
        "sign-on-unknown",
        "统一身份认证的这个账号没有对应的岗位，或岗位已停用。请联系管理员。",
        "This account of the identity provider belongs to no post, or the post is locked. Tell the administrator.",
    )


def take_post(database: Database, post_id: int, *, device: str, before: str | None) -> Opened:
    """Take another post of the demonstration town.

    Raises
    ------
    NotFound
        When it is no post of the demonstration.
    """
    now = dt.datetime.now(dt.UTC)
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = posts.find_post_by_id(session, post_id)
        if post is None or not post.is_demonstration or post.is_locked:
            raise NotFound(
                "not-for-trying",
                "只有示范镇的岗位可以切换试用。",
                "Only posts of the demonstration town can be tried.",
            )
        opened = _open(session, post, device, now, before)
        audit.note(session, post.actor, "sign_in", by="demonstration")
        return opened


def sign_out(database: Database, signed_in: SignedIn) -> None:
    """End a session."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        sessions.end_session(session, signed_in.post.post_id, signed_in.session_id)
        audit.note(session, signed_in.post.actor, "sign_out")


def first_link(database: Database) -> str:
    """Make the link that the start of the server prints: it opens an administrator's session, once.

    The administrator's post is made when there is none.
    """
    secret = new_secret()
    now = dt.datetime.now(dt.UTC)
    with database.scoped_session(Scope.whole(), write=True) as session:
        sessions.remove_over(session, now - max(IDLE, TRIES_WITHIN))
        able = (
            p
            for p in posts.list_posts(session)
            if p.role is Role.ADMINISTRATOR and p.grid_key == UNASSIGNED and not p.is_locked
        )
        post = next(able, None)
        if post is None:
            name = (
                ADMINISTRATOR
                if posts.find_post(session, ADMINISTRATOR) is None
                else f"{ADMINISTRATOR} {now:%H%M%S}"
            )
            post = posts.add_post(session, name, Role.ADMINISTRATOR, UNASSIGNED, now.date())
        sessions.add_link(session, digest(secret), post.post_id, now + LINK_HOLDS)
        audit.note(session, Actor.at_the_machine(), "make_link", post.name)
    return secret


def _open(session: Session, post: Post, device: str, now: dt.datetime, before: str | None) -> Opened:
    """Open a session with a secret of its own; the browser's former one ends."""
    if before:
        former = sessions.find_session(session, digest(before), now - IDLE)
        if former is not None:
            sessions.end_session(session, former.post.post_id, former.session_id)
    secret = new_secret()
    sessions.add_session(
        session, digest(secret), post.post_id, "person", device[:_MOST_DEVICE], now + LONGEST
    )
    return Opened(secret, post)


def pair_of(name: str, address: str) -> bytes:
    """Return the digest under which tries of a post from an address are counted."""
    try:
        found = ipaddress.ip_address(address)
        # A house has a whole /64 of version 6.
        where = str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
    except ValueError:
        where = address
    return hashlib.sha256(f"{name}\0{where}".encode("utf-8", "surrogatepass")).digest()


def _code_step(secret: str, code: str, now: dt.datetime) -> int | None:
    """Tell to which half-minute a code belongs, of this one and its neighbours."""
    given = "".join(code.split())
    present = int(now.timestamp()) // _CODE_S
    clock = pyotp.TOTP(secret)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(clock.at(step * _CODE_S).encode(), given.encode("utf-8", "replace")):
            return step
    return None
