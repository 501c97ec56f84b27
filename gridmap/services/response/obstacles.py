"""Why a team cannot go to an incident."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from gridmap.domain.duties import on_shift, served_ground, suitable_kinds
from gridmap.storage.cases.incidents import PlacedIncident
from gridmap.storage.response.dispatches import DispatchRow
from gridmap.storage.teams.teams import TeamRow


def obstacle(
    team: TeamRow,
    incident: PlacedIncident,
    clock: dt.time,
    busy: Mapping[str, DispatchRow],
    out: set[str],
    *,
    off_shift: bool = False,
) -> tuple[str, str, str] | None:
    """Return the code of what keeps a team from going, in words of both languages; None where nothing does.

    Parameters
    ----------
    team : TeamRow
    incident : PlacedIncident
    clock : time
        Of the workspace, when it would go.
    busy : dict
        Team to the dispatch that it is on, as far as whoever asks sees it.
    out : set of str
        Every team that is on a dispatch.
    off_shift : bool
        Whether it is called out although it is not on shift.
    """
    if incident["domain"] == "dispute" and incident["risk"] != "red":
        return (
            "mediators",
            "纠纷先由调解组织办理，高风险时才派队",
            "mediators first: sent to a dispute of red risk only",
        )
    if team["kind"] not in suitable_kinds(incident["domain"], incident["kind"], incident["risk"]):
        return "kind", "不负责这类事件", "is not sent to such incidents"
    if off_shift:
        pass
    elif team["shift_start"] is None or team["shift_end"] is None:
        return "no-hours", "没有班次时间", "has no hours of shift"
    elif not is_on_shift(team, clock):
        hours = f"{team['shift_start']:%H:%M}–{team['shift_end']:%H:%M}"
        return "off-shift", f"不在班（{hours}）", f"off shift ({hours})"
    if int(incident["grid_key"]) not in served_ground(
        int(team["grid_key"]), professional=team["professional"]
    ):
        return "other-village", "只服务本村", "serves its own village only"
    if team["code"] in busy:
        on = busy[team["code"]]
        number, uid = on["dispatch_id"], on["uid"]
        return "busy", f"正在出动（第 {number} 次，{uid}）", f"on dispatch {number} ({uid})"
    if team["code"] in out:
        return "busy", "正在出动", "on a dispatch"
    return None


def is_on_shift(team: TeamRow, clock: dt.time) -> bool:
    """Tell whether a team is on shift; one without hours is not."""
    known = team["shift_start"] is not None and team["shift_end"] is not None
    return known and on_shift(team["shift_start"], team["shift_end"], clock)
