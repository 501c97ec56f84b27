"""What a document of tables was made of: carried in its file, so that the same can be made again."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Literal

from pydantic import AwareDatetime, TypeAdapter

from gridmap import __version__
from gridmap.analysis.roads import Mode
from gridmap.domain.accounts import Actor

DOCUMENTS: dict[str, tuple[str, str]] = {
    "meeting": ("联席会议材料", "meeting pack"),
    "village": ("情况单", "village sheet"),
    "services": ("便民服务报告", "service report"),
}
"""Kinds of documents of tables, as they are named."""


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What a document was asked, by whom it could be seen, and when things stood so.

    Attributes
    ----------
    kind : {'meeting', 'village', 'services'}
    as_of : datetime
        Aware.
    languages : {'zh', 'en', 'both'}
    lo, hi : int
        First and last grid key of the scope of whoever made it.
    period : str
        Of a pack or a sheet.
    grid_key : int
        Of a sheet.
    mode : {'foot', 'bike', 'car'}
        Of a service report.
    """

    kind: Literal["meeting", "village", "services"]
    as_of: AwareDatetime
    languages: Literal["zh", "en", "both"]
    lo: int
    hi: int
    period: str = ""
    grid_key: int = 0
    mode: Mode = "bike"

    @property
    def language(self) -> Literal["zh", "en"]:
        """In which its figures are named."""
        return "en" if self.languages == "en" else "zh"


MADE_OF: TypeAdapter[MadeOf] = TypeAdapter(MadeOf)
"""Writes it as JSON holds it, and reads it back."""


def carried(of: MadeOf, figures: dict[str, str]) -> str:
    """Return the JSON that a document carries.

    Parameters
    ----------
    of : MadeOf
    figures : dict of str to str
        By name.
    """
    told = {
        "kind": of.kind,
        "version": __version__,
        "request": MADE_OF.dump_python(of, mode="json"),
        "figures": figures,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def asked_of(
    kind: Literal["meeting", "village", "services"],
    actor: Actor,
    as_of: dt.datetime,
    languages: Literal["zh", "en", "both"],
    *,
    period: str = "",
    grid_key: int = 0,
    mode: Mode = "bike",
) -> MadeOf:
    """Return what a document is made of that an actor asks for."""
    return MadeOf(kind, as_of, languages, actor.scope.lo, actor.scope.hi, period, grid_key, mode)
