"""Which teams a plan has, and what is told of those that it has not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gridmap.analysis.patrol import Shift, Stop, Team
from gridmap.analysis.patrol.build import open_hours
from gridmap.domain.duties import SERVICE_TEAM
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.shown_plans import Notice
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.storage.teams.teams import TeamRow


def chosen_teams(rows: list[TeamRow], asked: PatrolRequest) -> tuple[list[TeamRow], list[Notice]]:
    """Teams that can be planned for, and what is told of the others."""
    if asked.teams is not None:
        known = {row["code"] for row in rows}
        for code in asked.teams:
            if code not in known:
                raise NotFound(
                    "team-not-found",
                    f"没有队伍 {code}，或超出管辖范围。",
                    f"There is no team {code} in your scope.",
                )
        rows = [row for row in rows if row["code"] in asked.teams]
    fit: list[TeamRow] = []
    told: list[Notice] = []
    for row in sorted(rows, key=lambda row: str(row["code"])):
        if row["kind"] == SERVICE_TEAM:
            if asked.teams is not None:
                told.append(left_out_team(row["code"], "服务团队不巡防", "a service team does not patrol"))
        elif row["base_lon"] is None:
            told.append(left_out_team(row["code"], "没有驻地坐标", "it has no base with coordinates"))
        elif row["shift_start"] is None or row["shift_end"] is None:
            told.append(left_out_team(row["code"], "没有班次时间", "it has no hours of a shift"))
        else:
            fit.append(row)
    if not fit:
        raise InvalidInput(
            "patrol-no-teams",
            "没有可用的队伍：队伍须有驻地坐标和班次时间。请在队伍文件中补上后重新导入。",
            "No team can be planned for: a team needs a base with coordinates and the hours of its shift. Add them to "
            "the teams' file and import it again.",
        )
    return fit, told


def hours_of(row: TeamRow, on: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Return when a team's shift of a day begins and ends."""
    first, last = row["shift_start"] or dt.time(), row["shift_end"] or dt.time()
    begin, end = dt.datetime.combine(on, first, zone), dt.datetime.combine(on, last, zone)
    # In seconds of the same clock: a shift that crosses a change of the clock is an hour longer or shorter.
    return begin, end if end > begin else dt.datetime.combine(on + dt.timedelta(days=1), last, zone)


def bound_to(row: TeamRow) -> Scope:
    """Bind a volunteer team to its own village; a professional one serves the whole town."""
    key = int(row["grid_key"])
    if row["professional"] or key == UNASSIGNED or level_of(key) < VILLAGE:
        return Scope.whole()
    return Scope.of_grid(ancestor(key, VILLAGE))


def left_out_team(code: str, zh: str, en: str) -> Notice:
    """Return the notice of a team that is not planned for."""
    return {
        "code": "team-left-out",
        "stop": None,
        "team": code,
        "zh": f"队伍 {code} 未参与规划：{zh}。",
        "en": f"Team {code} is left out: {en}.",
    }


def no_break(code: str, rest: str) -> Notice:
    """Return the notice of a team that takes no break."""
    return {
        "code": "break-outside-hours",
        "stop": None,
        "team": code,
        "zh": f"休息 {rest} 不在队伍 {code} 的班次之内，该队不安排休息。",
        "en": f"The break {rest} lies outside the hours of team {code}: it takes none.",
    }


def crowded(stops: Sequence[Stop], teams: Sequence[Team], shift: Shift) -> list[Notice]:
    """Tell of stops whose visits, a gap apart, do not fit into the hours in which some team may come."""
    by_rule: dict[tuple[int, int, float], list[str]] = {}
    for stop in stops:
        span = open_hours(teams, stop, shift)
        if span is None or stop.visits < 2 or stop.min_gap_s <= 0:
            continue
        fit = max(0, int((span[1] - span[0] - stop.dwell_s) // stop.min_gap_s) + 1)
        if fit < stop.visits:
            by_rule.setdefault((stop.visits, fit, stop.min_gap_s / 60), []).append(stop.id)
    out: list[Notice] = []
    for (visits, fit, gap), names in by_rule.items():
        which = f"{names[0]} 等 {len(names)} 处" if len(names) > 1 else names[0]
        of = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
        out.append(
            {
                "code": "visits-do-not-fit",
                "stop": names[0] if len(names) == 1 else None,
                "team": None,
                "zh": f"停靠点 {which}：要求至多 {visits} 次、间隔 {gap:.0f} 分钟，队伍的时间内至多 {fit} 次。",
                "en": f"Stop {of}: {visits} visits {gap:.0f} min apart do not fit into the teams' hours; "
                f"{fit} can be made at most.",
            }
        )
    return out
