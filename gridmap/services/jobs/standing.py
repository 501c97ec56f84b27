"""Standing orders: kept with the workspace, carried out by themselves again and again as the post that gave them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import Action
from gridmap.errors import Busy, GridmapError, Unavailable
from gridmap.services.accounts.owners import actor_behind, require_owner
from gridmap.storage.database import Database
from gridmap.storage.workspace.settings import read_settings, write_settings

log = logging.getLogger(__name__)


class Order(Protocol):
    """What is asked for once and made again and again."""

    @property
    def number(self) -> int:
        """Number among those of its kind."""

    @property
    def post(self) -> str:
        """Who gave it."""


Kept = TypeVar("Kept", bound=Order)


@dataclass(frozen=True)
class StandingOrders(Generic[Kept]):
    """The standing orders of one kind.

    Attributes
    ----------
    key : str
        Of the workspace's setting that holds them.
    codec : TypeAdapter of list
    most : int
        How many there may be.
    full, by_post, absent : callable
        Give the error where there are as many, where a program asks, and where there is none of a number.
    """

    key: str
    codec: TypeAdapter[list[Kept]]
    most: int
    full: Callable[[], GridmapError]
    by_post: Callable[[], GridmapError]
    absent: Callable[[], GridmapError]

    def every(self, database: Database) -> list[Kept]:
        """Return all of them."""
        with database.scoped_session(Scope.whole()) as session:
            return self._decoded(read_settings(session))

    def require_post(self, actor: Actor) -> None:
        """Refuse a program: an order is carried out as the post that gave it, and a token is none."""
        if actor.post_id is None and actor != Actor.at_the_machine():
            raise self.by_post()

    def add(self, database: Database, make: Callable[[int, list[Kept]], Kept]) -> Kept:
        """Keep a new one.

        Parameters
        ----------
        database : Database
        make : callable
            Makes it of its number and of those that there are; it may refuse.
        """
        with database.scoped_session(Scope.whole(), write=True) as session:
            kept = self._locked(session)
            made = make(max((one.number for one in kept), default=0) + 1, kept)
            if len(kept) >= self.most:
                raise self.full()
            self._write(session, [*kept, made])
        return made

    def replace(self, database: Database, number: int, change: Callable[[Kept], Kept]) -> Kept:
        """Change an order, one at a time: whoever comes second changes what the first has left, or refuses it.

        Parameters
        ----------
        database : Database
        number : int
        change : callable
            Gives the order as it is kept from then on; it may refuse.

        Raises
        ------
        GridmapError
            `absent` when there is none of the number, and what `change` refuses by.
        """
        with database.scoped_session(Scope.whole(), write=True) as session:
            kept = self._locked(session)
            found = next((one for one in kept if one.number == number), None)
            if found is None:
                raise self.absent()
            changed = change(found)
            self._write(session, [changed if one is found else one for one in kept])
        return changed

    def remove(self, database: Database, actor: Actor, number: int) -> None:
        """End one of the actor's; an administrator ends anybody's."""
        with database.scoped_session(Scope.whole(), write=True) as session:
            kept = self._locked(session)
            found = next((one for one in kept if one.number == number), None)
            if found is None:
                raise self.absent()
            require_owner(actor, found.post)
            self._write(session, [one for one in kept if one is not found])

    def carry_out(
        self,
        database: Database,
        action: Action,
        due: Callable[[Kept], Kept | None],
        submit: Callable[[Actor, Kept], Kept],
    ) -> list[Kept]:
        """Put all that are due into the queue; return these as they are kept now.

        Parameters
        ----------
        database : Database
        action : Action
            What their post must be allowed to; where it is not, is locked or gone, the order waits.
        due : callable
            Gives an order as it is kept once it was asked for this time; None where it is not due.
        submit : callable
            Asks for what `due` gave, as its post, and gives the order as it is kept from then on.
        """
        if not self.every(database):
            return []
        made = []
        with database.scoped_session(Scope.whole(), write=True) as session:
            kept = self._locked(session)
            for n, one in enumerate(kept):
                after = due(one)
                if after is None or (actor := actor_behind(database, one.post, action)) is None:
                    continue
                try:
                    after = submit(actor, after)
                except (Busy, Unavailable):
                    # The queue is full: the next look finds it due as well.
                    continue
                except GridmapError as error:
                    log.warning("a standing order of %s could not be asked for: %s", self.key, error.code)
                kept[n] = after
                made.append(after)
            if made:
                self._write(session, kept)
        return made

    def _locked(self, session: Session) -> list[Kept]:
        return self._decoded(read_settings(session, lock=self.key))

    def _decoded(self, settings: dict[str, Any]) -> list[Kept]:
        return self.codec.validate_python(settings.get(self.key, []))

    def _write(self, session: Session, kept: list[Kept]) -> None:
        write_settings(session, **{self.key: self.codec.dump_python(kept, mode="json") or None})
