"""What can be asked as a job: each wing describes its own kinds, and one service runs them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import JsonObject
from gridmap.storage.database import Database

Asked = TypeVar("Asked")


class Work(Protocol):
    """What a kind is given to work with."""

    @property
    def database(self) -> Database:
        """The workspace's database."""

    @property
    def scope(self) -> Scope:
        """Grids that the job may see and write."""

    @property
    def owner(self) -> str:
        """Name of the post whose job it is."""

    @property
    def folder(self) -> Path:
        """Folder of the job's own for the file that it makes; it is there once it is asked for."""

    def tell(self, step: str, done: int, total: int) -> None:
        """Tell how far it is; raises when the job is to stop, so whoever calls it keeps nothing."""

    def show(self, so_far: JsonObject) -> None:
        """Show what it has so far."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job found or made.

    Attributes
    ----------
    result : mapping
        As JSON holds it.
    file : Path or None
        A file in the job's folder, to be fetched until the job is deleted.
    others : tuple of Path
        More files there, to be fetched by their names.
    """

    result: JsonObject = field(default_factory=dict)
    file: Path | None = None
    others: tuple[Path, ...] = ()


@dataclass(frozen=True)
class JobKind(Generic[Asked]):
    """One kind of job.

    Attributes
    ----------
    name : str
        In kebab case.
    zh, en : str
        What it does.
    asked : type
        What a job of the kind is asked: a frozen dataclass.
    run : callable
        Does it.
    most_open : int
        Jobs that may wait or run in all.
    most_of_owner : int
        Jobs that may wait or run of one person.
    most_running : int
        Jobs that may run at the same time.
    repeatable : bool
        Whether it may be done again after its worker died: it keeps nothing but its result.
    """

    name: str
    zh: str
    en: str
    asked: type[Asked]
    run: Callable[[Asked, Work], Outcome]
    most_open: int = 20
    most_of_owner: int = 10
    most_running: int = 1
    repeatable: bool = False

    @cached_property
    def _codec(self) -> TypeAdapter[Asked]:
        return TypeAdapter(self.asked)

    def encode(self, asked: Asked) -> JsonObject:
        """Write what is asked as JSON holds it."""
        written: JsonObject = self._codec.dump_python(asked, mode="json")
        return written

    def decode(self, parameters: JsonObject) -> Asked:
        """Read what is asked; the opposite of `encode`."""
        return self._codec.validate_python(parameters)


JobKinds = Mapping[str, JobKind[Any]]
"""Kinds by name."""
