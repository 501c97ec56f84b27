"""What a file of steps passes to bodies that are not in the directory: asked where another is near, else told."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import Action
from gridmap.ingest.model import Notice, ParsedTable
from gridmap.ingest.rows.refused import RowRefused
from gridmap.services.imports.kinds import Doubts
from gridmap.storage.cases.tasks import list_bodies

_PASSES = frozenset({Action.ROUTE.value, Action.TRANSFER.value})
_NEAR, _OFFERED = 0.5, 3
_SHOWN = 20


def bodies_in_doubt(session: Session, parsed: ParsedTable) -> Doubts:
    """Return the rows that pass a case to a body that the directory does not have.

    Parameters
    ----------
    session : Session
    parsed : ParsedTable
        Steps that have been examined: a body that is known has its code and the grid that it serves.

    Returns
    -------
    Doubts
        A row for each body that may be another's name, written otherwise; a notice of the rest.
    """
    passed = [row for row in parsed.table.to_pylist() if row["action"] in _PASSES and row["to_body"]]
    unknown = [row for row in passed if row["body_key"] is None and not row["to_grid_code"]]
    if not unknown:
        return Doubts(())
    bodies = list_bodies(session)
    codes = {body["code"] for body in bodies}
    names = {body["name_zh"]: body["code"] for body in bodies}
    asked, nowhere = [], []
    # Thousands of rows may name one body.
    near_to = {told: _near(told, list(names)) for told in {row["to_body"] for row in unknown} - codes}
    for row in unknown:
        if row["to_body"] in codes:
            continue
        near = near_to[row["to_body"]]
        if near:
            asked.append(_perhaps(row["row"], row["to_body"], [(name, names[name]) for name in near]))
        else:
            nowhere.append((row["row"], row["to_body"]))
    return Doubts(tuple(asked), (_told(nowhere),) if nowhere else ())


def _near(told: str, names: Sequence[str]) -> list[str]:
    inside = sorted((name for name in names if told in name or name in told), key=len)
    alike = difflib.get_close_matches(told, names, n=_OFFERED, cutoff=_NEAR)
    return list(dict.fromkeys([*inside, *alike]))[:_OFFERED]


def _perhaps(row: int, told: str, near: Sequence[tuple[str, str]]) -> RowRefused:
    zh = "、".join(f"{name}（{code}）" for name, code in near)
    en = ", ".join(f"{name} ({code})" for name, code in near)
    return RowRefused(
        row,
        "to_body",
        "body-perhaps",
        f"机构名录中没有“{told}”，相近的有：{zh}。请改为名录中的名称或编码；若确是名录外的单位，加 --accept-doubtful，"
        "签收由承办岗位代记。",
        f"the directory has no {told!r}; near are {en}. Write a name or code of the directory; if it is a body outside "
        "of it, add --accept-doubtful: whoever has the case then says what became of it.",
    )


def _told(rows: Sequence[tuple[int, str]]) -> Notice:
    more = f"……共 {len(rows)} 行" if len(rows) > _SHOWN else ""
    zh = "、".join(f"第 {row} 行 {name}" for row, name in rows[:_SHOWN])
    en = ", ".join(f"row {row} {name}" for row, name in rows[:_SHOWN])
    return Notice(
        "body-not-in-directory",
        f"移送的单位不在机构名录中：{zh}{more}。这些事件列在承办岗位的“待签收”里，由其代记签收或退回；"
        "也可先用 gridmap organisations import 补充名录。",
        f"Passed to bodies that are not in the directory: {en}{f' … {len(rows)} in all' if more else ''}. These cases "
        "stand in the list to sign of whoever has them, who says what became of it; or complete the directory first "
        "by gridmap organisations import.",
    )
