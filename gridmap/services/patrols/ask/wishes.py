"""Rules and wishes laid upon teams and stops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.patrol import Break, Objective, Shift, Stop, Team
from gridmap.analysis.patrol.build import build, has_way, may_visit
from gridmap.domain.clock import moments_s, read_break, read_span, read_time, spans_s
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.patrols.ask.rules import Rules, StopRule, TeamRule


def with_rest(team: Team, text: str, begins_at: dt.datetime, ends_at: dt.datetime) -> Team | None:
    """Give a team a break within its hours; None where there is no moment at which it could begin."""
    earliest, latest, length_s = read_break(text)
    until = team.end_s - length_s
    found: list[tuple[float, float]] = []
    if earliest == latest:
        found = [(at, at) for at in moments_s(earliest, begins_at, ends_at)]
    else:
        found = list(spans_s([(earliest, latest)], begins_at, ends_at))
    within = [(max(low, team.begin_s), min(high, until)) for low, high in found]
    fits = [(low, high) for low, high in within if low <= high]
    return replace(team, rest=Break(*fits[0], length_s)) if fits else None


def ruled_teams(
    teams: Sequence[Team], rules: Rules | None, rest: str | None, begins_at: dt.datetime, ends_at: dt.datetime
) -> tuple[tuple[Team, ...], tuple[str, ...]]:
    """Lay the rules of teams, and the break of all of them, upon teams.

    Returns
    -------
    (tuple of Team, tuple of str)
        Teams, and those for which the break of all lies outside their hours: they take none.

    Raises
    ------
    NotFound
        When a rule is for a team that is not planned for.
    InvalidInput
        When a rule leaves a team no hours, its own break lies outside them, or the break of all outside everybody's.
    """
    by_team = {rule.team: rule for rule in (rules.teams if rules is not None else ())}
    _refuse_unknown(by_team, [team.id for team in teams], "队伍", "team")
    out, without = [], []
    for team in teams:
        rule = by_team.get(team.id, TeamRule(team=team.id))
        ruled = _with_hours(team, rule, begins_at, ends_at)
        pause = rule.rest or rest
        rested = ruled if pause is None else with_rest(ruled, pause, begins_at, ends_at)
        if rested is None:
            if rule.rest is not None:
                raise _break_outside(rule.rest, ruled, begins_at)
            without.append(team.id)
        out.append(ruled if rested is None else rested)
    asked = [team for team in teams if team.id not in by_team or by_team[team.id].rest is None]
    if rest is not None and asked and len(without) == len(asked):
        raise _break_outside(rest, next(team for team in out if team.id == without[0]), begins_at)
    return tuple(out), tuple(without)


def _break_outside(text: str, team: Team, begins_at: dt.datetime) -> InvalidInput:
    hours = "–".join(f"{begins_at + dt.timedelta(seconds=s):%H:%M}" for s in (team.begin_s, team.end_s))
    return InvalidInput(
        "break-outside-hours",
        f"休息 {text} 不在队伍 {team.id} 的班次 {hours} 之内，请改时刻。",
        f"The break {text} lies outside the hours {hours} of team {team.id}; choose another time.",
    )


def _with_hours(team: Team, rule: TeamRule, begins_at: dt.datetime, ends_at: dt.datetime) -> Team:
    """Lay a rule's grids, size and hours upon a team."""
    if rule.grid_key is not None:
        team = replace(team, scope=Scope.of_grid(rule.grid_key))
    if rule.size is not None:
        team = replace(team, size=rule.size)
    if rule.begin is None and rule.end is None:
        return team
    begins = [team.begin_s] if rule.begin is None else moments_s(read_time(rule.begin), begins_at, ends_at)
    ends = [team.end_s] if rule.end is None else moments_s(read_time(rule.end), begins_at, ends_at)
    fits = [(begin, end) for begin in begins for end in ends if team.begin_s <= begin < end <= team.end_s]
    if not fits:
        raise InvalidInput(
            "patrol-rule-hours",
            f"规则使队伍 {team.id} 在班次内没有时间，请检查 begin 与 end。",
            f"The rule leaves team {team.id} no hours in the shift; check begin and end.",
        )
    begin, end = max(fits, key=lambda span: span[1] - span[0])
    return replace(team, begin_s=begin, end_s=end)


def ruled_stops(
    stops: Sequence[Stop],
    rules: Rules | None,
    teams: Sequence[Team],
    begins_at: dt.datetime,
    ends_at: dt.datetime,
) -> tuple[Stop, ...]:
    """Lay the rules of stops upon stops.

    Raises
    ------
    NotFound
        When a rule is for a stop, or names a team, that is not there.
    """
    by_stop = {rule.stop: rule for rule in (rules.stops if rules is not None else ())}
    _refuse_unknown(by_stop, [stop.id for stop in stops], "停靠点", "stop")
    named = [rule.team for rule in by_stop.values() if rule.team is not None]
    _refuse_unknown(named, [team.id for team in teams], "队伍", "team")
    return tuple(_ruled(stop, by_stop.get(stop.id), begins_at, ends_at) for stop in stops)


def _ruled(stop: Stop, rule: StopRule | None, begins_at: dt.datetime, ends_at: dt.datetime) -> Stop:
    if rule is None:
        return stop
    windows = stop.windows
    if rule.windows:
        windows = spans_s([read_span(text) for text in rule.windows], begins_at, ends_at)
        length_s = (ends_at - begins_at).total_seconds()
        if any(low <= 0.0 and high + 60.0 >= length_s for low, high in windows):
            windows = ()
        elif not windows:
            # Closed all night: a window that ends before the shift begins keeps everybody away, and says so.
            windows = ((-2.0, -1.0),)
    return replace(
        stop,
        prize=stop.prize if rule.prize is None else rule.prize,
        # A prize that is set by hand holds at all hours.
        by_hour=stop.by_hour if rule.prize is None else (),
        must=stop.must if rule.must is None else rule.must,
        closed_to=stop.closed_to | frozenset(rule.closed_to or ()),
        windows=windows,
        visits=0 if rule.leave_out else (stop.visits if rule.visits is None else rule.visits),
        min_gap_s=stop.min_gap_s if rule.min_gap_min is None else rule.min_gap_min * 60.0,
        revisit_share=stop.revisit_share if rule.revisit_share is None else rule.revisit_share,
        dwell_s=stop.dwell_s if rule.dwell_min is None else rule.dwell_min * 60.0,
        max_interval_s=stop.max_interval_s if rule.max_interval_min is None else rule.max_interval_min * 60.0,
        only_team=stop.only_team if rule.team is None else rule.team,
        min_size=stop.min_size if rule.min_size is None else rule.min_size,
    )


def with_wishes(
    stops: Sequence[Stop],
    teams: Sequence[Team],
    travel_s: Mapping[str, NDArray[np.float64]],
    shift: Shift,
    locks: Mapping[str, str],
    leave_out: Sequence[str],
) -> tuple[Stop, ...]:
    """Keep stops for teams, which must visit them, and leave stops out.

    Parameters
    ----------
    stops, teams : sequence
    travel_s : mapping of mode to (p, p) float64
    shift : Shift
    locks : mapping of stop to team
    leave_out : sequence of stops

    Returns
    -------
    tuple of Stop

    Raises
    ------
    NotFound
        When a stop or team is not there.
    InvalidInput
        When a team could not visit the stop that is kept for it even if it went nowhere else.
    """
    _refuse_unknown([*locks, *leave_out], [stop.id for stop in stops], "停靠点", "stop")
    _refuse_unknown(locks.values(), [team.id for team in teams], "队伍", "team")
    both = sorted(set(locks) & set(leave_out))
    if both:
        raise InvalidInput(
            "lock-and-left-out",
            f"停靠点 {both[0]} 既被锁定又被排除，请取消其一。",
            f"Stop {both[0]} is both locked and left out; take one of the two back.",
        )
    out = []
    crew = {team.id: team for team in teams}
    for stop in stops:
        _refuse_contradiction(stop, locks.get(stop.id), stop.id in leave_out)
    for stop in stops:
        if stop.id in leave_out:
            stop = replace(stop, visits=0, must=False)  # noqa: PLW2901
        elif stop.id in locks:
            stop = replace(stop, only_team=locks[stop.id], must=True, visits=max(stop.visits, 1))  # noqa: PLW2901
            _refuse_impossible(stop, crew[locks[stop.id]], travel_s, shift)
        out.append(stop)
    return tuple(out)


def _refuse_contradiction(stop: Stop, team: str | None, leave_out: bool) -> None:
    """Refuse a wish that says the opposite of a rule."""
    if team is not None and stop.visits == 0:
        raise InvalidInput(
            "lock-and-left-out",
            f"停靠点 {stop.id} 已被规则排除，又被锁定给队伍 {team}，请取消其一。",
            f"Stop {stop.id} is left out by the rules and locked to team {team}; take one of the two back.",
        )
    if team is not None and stop.only_team not in {None, team}:
        raise InvalidInput(
            "lock-twice",
            f"停靠点 {stop.id} 由规则指定给队伍 {stop.only_team}，又被锁定给队伍 {team}，请只留一处。",
            f"Stop {stop.id} is kept for team {stop.only_team} by the rules and locked to team {team}; keep one.",
        )
    if leave_out and stop.must:
        raise InvalidInput(
            "must-and-left-out",
            f"停靠点 {stop.id} 按规则必到，又被排除，请取消其一。",
            f"Stop {stop.id} must be visited by the rules and is left out; take one of the two back.",
        )


def _refuse_impossible(
    stop: Stop, team: Team, travel_s: Mapping[str, NDArray[np.float64]], shift: Shift
) -> None:
    key = stop.grid_key or stop.village
    if may_visit(team, stop):
        if build([team], [stop], travel_s, shift, Objective()).problem.allowed.any():
            return
        why = "在班次与开放时间内无法往返", "it cannot come and return within its hours and the stop's"
    elif team.mode in stop.closed_to:
        why = f"该点不对 {team.mode} 开放", f"the stop is closed to {team.mode}"
    elif not has_way(team, stop):
        why = "它没有走这个路段的路", "it has no way along the segment"
    elif key not in team.scope:
        why = "该点不在其网格内", "the stop lies outside its grids"
    else:
        why = "人数不足", "it has too few people"
    raise InvalidInput(
        "lock-cannot-hold",
        f"无法将停靠点 {stop.id} 锁定给队伍 {team.id}：{why[0]}。请换一支队伍或取消锁定。",
        f"Stop {stop.id} cannot be locked to team {team.id}: {why[1]}. Choose another team or take the lock back.",
    )


def _refuse_unknown(names: Iterable[str], known: Sequence[str], zh: str, en: str) -> None:
    for name in names:
        if name not in known:
            raise NotFound(
                f"patrol-{en}-unknown",
                f"这份计划里没有{zh} {name}。",
                f"This plan has no {en} {name}.",
            )
