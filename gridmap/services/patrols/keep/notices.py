"""What a plan could not do as it was asked: stops that are missed, left alone for too long, or come to too seldom."""

from __future__ import annotations

from gridmap.analysis.patrol import Plan
from gridmap.domain.shown_plans import Notice
from gridmap.services.patrols.ask.problem import Inputs
from gridmap.services.patrols.keep.near import near_asked


def notices_of(inputs: Inputs, made: Plan) -> list[Notice]:
    """Tell what a plan could not do as it was asked."""
    return [
        *(_missed(inputs, made, stop) for stop in made.missed),
        *(_late(inputs, made, stop) for stop in made.late),
        *_short(inputs, made),
        *_far(made),
    ]


def _missed(inputs: Inputs, made: Plan, stop_id: str) -> Notice:
    stop = next(s for s in made.stops if s.id == stop_id)
    about = inputs.about[stop_id]
    if next(r.code for r in made.reasons if r.stop == stop_id) == "no-way":
        zh = f"必到路段 {stop_id}（{about['name_zh']}）没有队伍能走，未安排。"
        en = f"Segment {stop_id} ({about['name_en']}) is left out: no team of this plan has a way along it. Draw it "
        zh += "请把线画在道路旁，改为下车步行，或增派能去的队伍。"
        en += "beside a road, have it walked on foot, or add a team that can go there."
        return {"code": "segment-no-way", "stop": stop_id, "team": None, "zh": zh, "en": en}
    if stop.only_team is None:
        zh = f"必到的停靠点 {stop_id}（{about['name_zh']}）未能安排，请放宽时间窗或增派队伍。"
        en = f"Stop {stop_id} ({about['name_en']}) must be visited and could not be; widen its hours or add a team."
        return {"code": "must-missed", "stop": stop_id, "team": None, "zh": zh, "en": en}
    return {
        "code": "lock-missed",
        "stop": stop_id,
        "team": stop.only_team,
        "zh": f"队伍 {stop.only_team} 无法在班次内到完锁定给它的全部停靠点："
        f"{stop_id}（{about['name_zh']}）未安排。请取消一处锁定。",
        "en": f"Team {stop.only_team} cannot visit all stops that are locked to it within its hours: {stop_id} "
        f"({about['name_en']}) is left out. Take a lock back.",
    }


def _late(inputs: Inputs, made: Plan, stop_id: str) -> Notice:
    stop = next(s for s in made.stops if s.id == stop_id)
    about, minutes = inputs.about[stop_id], (stop.max_interval_s or 0.0) / 60
    return {
        "code": "interval-missed",
        "stop": stop_id,
        "team": None,
        "zh": f"停靠点 {stop_id}（{about['name_zh']}）未能做到至多每 {minutes:.0f} 分钟到访一次，请增加次数或队伍。",
        "en": f"Stop {stop_id} ({about['name_en']}) is left alone for more than {minutes:.0f} min; allow more visits "
        "or add a team.",
    }


def _short(inputs: Inputs, made: Plan) -> list[Notice]:
    """Tell of fixed points that are visited fewer times than they ask for."""
    out: list[Notice] = []
    for stop, reason in zip(made.stops, made.reasons, strict=True):
        about = inputs.about[stop.id]
        if about.get("fixed") and 0 < reason.visited < stop.visits:
            zh = f"必到点 {stop.id}（{about['name_zh']}）要求 {stop.visits} 次，只排入 {reason.visited} 次。"
            en = f"Fixed point {stop.id} ({about['name_en']}) asks for {stop.visits} visits; {reason.visited} could be "
            zh += "请放宽时段、缩短间隔或增派队伍。"
            en += "made. Widen its hours, shorten the gap, or add a team."
            out.append({"code": "fixed-point-short", "stop": stop.id, "team": None, "zh": zh, "en": en})
    return out


def _far(made: Plan) -> list[Notice]:
    """Tell when fewer households are near to some team than was asked for."""
    near = near_asked(made)
    if near is None or near["lacking"] == 0:
        return []
    quarters = len(near["shares"])
    zh = f"要求各刻钟有 {near['level']:.0%} 的户数在 {near['minutes']:g} 分钟内，"
    zh += f"{quarters} 个刻钟中有 {near['lacking']} 个未达到，最低 {near['least']:.0%}；这是找到的最好方案。"
    zh += "请降低比例、放宽分钟数或增派队伍。"
    en = f"{near['level']:.0%} of households were to be within {near['minutes']:g} min in every quarter of an hour; "
    en += f"{near['lacking']} of {quarters} have fewer, {near['least']:.0%} at least: the best that was found. Ask for "
    en += "a smaller share or more minutes, or add a team."
    return [{"code": "near-short", "stop": None, "team": None, "zh": zh, "en": en}]
