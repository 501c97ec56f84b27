"""Posts, looked after: added, given a role and a grid, locked, reset, handed over; one's own sessions and password."""

from __future__ import annotations

import datetime as dt
import unicodedata

from sqlalchemy.orm import Session

from gridmap.domain.accounts import MOST_NAMED, OPENING_ROLES, Actor, ApiToken, Post, Role, Term, scope_of
from gridmap.domain.gridkey import Scope
from gridmap.domain.legible import is_unseen
from gridmap.domain.roles import Action, require
from gridmap.domain.terms import LONGEST
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.accounts import audit
from gridmap.services.accounts.entry import LINK_HOLDS
from gridmap.services.accounts.secrets import TOKEN_MARK, digest, new_secret
from gridmap.storage.accounts import posts, sessions
from gridmap.storage.database import Database

_MOST_NAME = LONGEST["post"]
MOST_TOKEN_DAYS = 366
INVITATION_HOLDS = dt.timedelta(days=3)


def tidy_name(name: str) -> str:
    """Return a name in the one form in which it is kept and looked for.

    Raises
    ------
    InvalidInput
        When it is empty, too long, or holds characters that cannot be seen.
    """
    tidy = " ".join(unicodedata.normalize("NFKC", name).split())
    if not 0 < len(tidy) <= _MOST_NAME or any(is_unseen(c) for c in tidy):
        raise InvalidInput(
            "post-name",
            f"岗位名称应为 1 至 {_MOST_NAME} 个可见字符，例如“枫源村 网格岗 2”。",
            f"A post's name has 1 to {_MOST_NAME} visible characters, such as “枫源村 网格岗 2”.",
        )
    return tidy


def list_posts(database: Database, actor: Actor) -> list[Post]:
    """Return the posts in the actor's scope."""
    require(actor, Action.MANAGE_POSTS)
    with database.scoped_session(Scope.whole()) as session:
        return [post for post in posts.list_posts(session) if _is_within(actor, post.grid_key)]


def find_post(database: Database, name: str) -> Post:
    """One post.

    Raises
    ------
    NotFound
    """
    with database.scoped_session(Scope.whole()) as session:
        return _known(posts.find_post(session, tidy_name(name)))


def add_post(
    database: Database, actor: Actor, name: str, role: Role, grid_key: int, held_from: dt.date
) -> tuple[Post, str]:
    """Add a post; return it and the secret of the link with which its holder signs in first.

    Raises
    ------
    Conflict
        When there is a post of that name.
    Forbidden
        When the grid lies outside the actor's scope.
    """
    require(actor, Action.MANAGE_POSTS)
    name = tidy_name(name)
    checked_text(name)
    _check_within(actor, grid_key)
    with database.scoped_session(Scope.whole(), write=True) as session:
        if posts.find_post(session, name) is not None:
            raise Conflict(
                "post-there",
                f"已有名为“{name}”的岗位。请换一个名称。",
                f"There is a post “{name}” already. Choose another name.",
            )
        post = posts.add_post(session, name, role, grid_key, held_from)
        secret = _link(session, post, INVITATION_HOLDS)
        audit.note(session, actor, "post_add", name, role=role.value, grid=str(grid_key))
        return post, secret


def make_link(database: Database, actor: Actor, name: str) -> str:
    """Make a link that signs a post in, once, within a day."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        secret = _link(session, post, LINK_HOLDS)
        audit.note(session, actor, "make_link", post.name)
        return secret


def set_role(database: Database, actor: Actor, name: str, role: Role) -> None:
    """Give a post another role."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        _not_oneself(actor, post)
        posts.set_role(session, post.post_id, role)
        if role not in OPENING_ROLES:
            posts.set_opens_sealed(session, post.post_id, opens=False)
        audit.note(session, actor, "post_role", post.name, role=role.value)


def name_for_sealed(database: Database, actor: Actor, name: str, *, opens: bool) -> None:
    """Name a post as one of the two that open every sealed case in their grids, or take that back.

    Raises
    ------
    Conflict
        When two posts are named already.
    InvalidInput
        When the post's role handles no cases.
    """
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        _not_oneself(actor, post)
        if opens and post.role not in OPENING_ROLES:
            raise InvalidInput(
                "sealed-role",
                "只有值班岗、网格岗和调解岗可以指定为保密事件查阅岗。请先更改角色，或另选岗位。",
                "Only posts that handle cases (desks, grid posts, mediators) can be named for sealed cases. Change "
                "the role first, or name another post.",
            )
        others = [p.name for p in posts.list_posts(session) if p.opens_sealed and p.post_id != post.post_id]
        if opens and len(others) >= MOST_NAMED:
            raise Conflict(
                "sealed-two-posts",
                f"已有两个岗位可查阅保密事件：{'、'.join(others)}。请先取消其中一个：gridmap users sealed 岗位 --end",
                f"Two posts are named for sealed cases: {', '.join(others)}. First end one: gridmap users sealed POST "
                "--end",
            )
        posts.set_opens_sealed(session, post.post_id, opens=opens)
        audit.note(session, actor, "post_sealed", post.name, opens=opens)


def set_grid(database: Database, actor: Actor, name: str, grid_key: int) -> None:
    """Give a post another grid."""
    _check_within(actor, grid_key)
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        _not_oneself(actor, post)
        posts.set_grid(session, post.post_id, grid_key)
        audit.note(session, actor, "post_scope", post.name, grid=str(grid_key))


def lock(database: Database, actor: Actor, name: str) -> None:
    """Lock a post: its sessions end at once, and nobody signs in."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        _not_oneself(actor, post)
        posts.set_locked(session, post.post_id, dt.datetime.now(dt.UTC))
        sessions.end_sessions(session, post.post_id)
        audit.note(session, actor, "post_lock", post.name)


def unlock(database: Database, actor: Actor, name: str) -> None:
    """Open a locked post again."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        posts.set_locked(session, post.post_id, None)
        audit.note(session, actor, "post_unlock", post.name)


def reset(database: Database, actor: Actor, name: str) -> str:
    """Take a post's password, second factor and sessions away; return the secret of a link that signs in once."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        secret = _reset(session, post)
        audit.note(session, actor, "post_reset", post.name)
        return secret


def hand_over(database: Database, actor: Actor, name: str, on: dt.date) -> str:
    """Hand a post over on a day: the former holder's password, second factor and sessions end now.

    Returns
    -------
    str
        Secret of the link with which the new holder signs in.
    """
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        if post.held_from is not None and on < post.held_from:
            raise InvalidInput(
                "handover-day",
                f"交接日期不能早于现任起始日 {post.held_from}。",
                f"The handover cannot be before the present holder's first day, {post.held_from}.",
            )
        posts.hand_over(session, post.post_id, on)
        secret = _reset(session, post)
        audit.note(session, actor, "post_handover", post.name, on=on.isoformat())
        return secret


def list_terms(database: Database, actor: Actor, name: str | None = None) -> list[Term]:
    """Return the record of handovers: from when until when each holder had a post of the actor's scope.

    Parameters
    ----------
    database : Database
    actor : Actor
        Whoever may see the audit: administrator, supervisor, auditor.
    name : str, optional
        One post's only.

    Returns
    -------
    list of Term
        By post, the newest first; no name of a person, for none is kept.
    """
    require(actor, Action.SEE_AUDIT)
    with database.scoped_session(Scope.whole()) as session:
        found = posts.list_terms(session)
    wanted = None if name is None else tidy_name(name)
    return [t for t in found if _is_within(actor, t.grid_key) and wanted in {None, t.post}]


def demonstration_posts(database: Database) -> list[Post]:
    """Return the posts that may be tried; none outside the demonstration town."""
    with database.scoped_session(Scope.whole()) as session:
        return [post for post in posts.list_posts(session) if post.is_demonstration and not post.is_locked]


def open_wall(database: Database, actor: Actor, name: str) -> str:
    """Make a device's token for a wall: a session of a post without idle end, which sees aggregates only."""
    secret = new_secret()
    with database.scoped_session(Scope.whole(), write=True) as session:
        post = _of_mine(session, actor, name)
        sessions.add_session(session, digest(secret), post.post_id, "wall", "wall", None)
        audit.note(session, actor, "wall_open", post.name)
    return secret


def add_token(
    database: Database, actor: Actor, name: str, role: Role, grid_key: int, ends_at: dt.datetime
) -> tuple[ApiToken, str]:
    """Make a program's token; return it and its secret, which is told only now."""
    require(actor, Action.MANAGE_POSTS)
    name = tidy_name(name)
    checked_text(name)
    _check_within(actor, grid_key)
    now = dt.datetime.now(dt.UTC)
    if not now < ends_at <= now + dt.timedelta(days=MOST_TOKEN_DAYS):
        raise InvalidInput(
            "token-end",
            f"令牌有效期应为 1 至 {MOST_TOKEN_DAYS} 天。",
            f"A token holds for 1 to {MOST_TOKEN_DAYS} days.",
        )
    secret = TOKEN_MARK + new_secret()
    with database.scoped_session(Scope.whole(), write=True) as session:
        if name in {token.name for token in sessions.list_tokens(session)}:
            raise Conflict(
                "token-there",
                f"已有名为“{name}”的令牌。请换一个名称。",
                f"There is a token “{name}” already. Choose another name.",
            )
        made = sessions.add_token(session, digest(secret), name, role, grid_key, actor.post, ends_at)
        audit.note(session, actor, "token_add", name, role=role.value, grid=str(grid_key))
    return made, secret


def list_tokens(database: Database, actor: Actor) -> list[ApiToken]:
    """Return the programs' tokens in the actor's scope; their secrets are not kept."""
    require(actor, Action.MANAGE_POSTS)
    with database.scoped_session(Scope.whole()) as session:
        return [token for token in sessions.list_tokens(session) if _is_within(actor, token.grid_key)]


def revoke_token(database: Database, actor: Actor, name: str) -> None:
    """Revoke a program's token, at once.

    Raises
    ------
    NotFound
    """
    mine = {token.name for token in list_tokens(database, actor)}
    with database.scoped_session(Scope.whole(), write=True) as session:
        if tidy_name(name) not in mine or not sessions.revoke_token(session, tidy_name(name)):
            raise NotFound(
                "token-not-found",
                "没有这个令牌，或已经撤销。用 gridmap tokens list 查看。",
                "There is no such token, or it is revoked. See gridmap tokens list.",
            )
        audit.note(session, actor, "token_revoke", tidy_name(name))


def _link(session: Session, post: Post, holds: dt.timedelta) -> str:
    secret = new_secret()
    sessions.add_link(session, digest(secret), post.post_id, dt.datetime.now(dt.UTC) + holds)
    return secret


def _reset(session: Session, post: Post) -> str:
    posts.set_password(session, post.post_id, None)
    posts.set_second_factor(session, post.post_id, None)
    sessions.end_sessions(session, post.post_id)
    return _link(session, post, INVITATION_HOLDS)


def _of_mine(session: Session, actor: Actor, name: str) -> Post:
    require(actor, Action.MANAGE_POSTS)
    post = posts.find_post(session, tidy_name(name))
    if post is not None and not _is_within(actor, post.grid_key):
        post = None
    return _known(post)


def _is_within(actor: Actor, grid_key: int) -> bool:
    asked = scope_of(grid_key)
    return actor.scope.lo <= asked.lo and asked.hi <= actor.scope.hi


def _check_within(actor: Actor, grid_key: int) -> None:
    if not _is_within(actor, grid_key):
        raise Forbidden(
            "grid-outside",
            "该网格不在您的管辖范围内。",
            "That grid lies outside your scope.",
        )


def _not_oneself(actor: Actor, post: Post) -> None:
    if actor.post_id == post.post_id:
        raise Conflict(
            "post-is-own",
            "不能停用自己的岗位，也不能更改自己的角色和范围。请由另一位管理员操作。",
            "One's own post cannot be locked, nor its role or scope changed. Ask another administrator.",
        )


def _known(post: Post | None) -> Post:
    if post is None:
        raise NotFound(
            "post-not-found",
            "没有这个岗位。用 gridmap users list 查看。",
            "There is no such post. See gridmap users list.",
        )
    return post
