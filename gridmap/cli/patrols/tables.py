"""Plans of patrols as tables on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from gridmap.cli.common import console
from gridmap.domain.shown_plans import PlanChange, PlanMix, PlanSummary, ShownPlan, ShownRoute, WholePlan
from gridmap.domain.terms import CAPTION
from gridmap.services.patrols.keep.compare import PlanComparison

_MODES = {"car": "车 / car", "bike": "骑行 / bike", "foot": "步行 / foot"}


def tell_plan(made: WholePlan) -> None:
    """Print a plan: the load of each team, times and streets, and what was left out and why."""
    about = made["summary"]
    run = made["hotspot_run_id"]
    from_run = "未用热点分析 / no hotspot run" if run is None else f"热点分析 / hotspot run {run}"
    console.print(
        f"第 {made['patrol_id']} 号计划 / plan {made['patrol_id']}: {made['begins_at'][:16]} … {made['ends_at'][:16]}, "
        f"{from_run}",
        highlight=False,
    )
    console.print(f"{CAPTION[0]} / {CAPTION[1]}", style="bold", highlight=False)
    table = Table()
    for heading in ("队伍\nteam", "方式\nmode"):
        table.add_column(heading)
    for heading in (
        "出发\nleaves",
        "返回\nback",
        "停靠\nstops",
        "路程\nkm",
        "在途\nmin",
        "负荷\nload",
        "得分\nprize",
    ):
        table.add_column(heading, justify="right")
    for route in made["routes"]:
        table.add_row(
            f"{route['team_code']} {route['name_zh']}",
            _MODES[route["mode"]],
            route["begin"][11:16],
            route["end"][11:16],
            str(len(route["visits"])),
            f"{route['length_m'] / 1000:.1f}",
            f"{route['travel_s'] / 60:.0f}",
            f"{route['load']:.0%}",
            f"{route['prize']:.1f}",
        )
    console.print(table)
    _tell_walks(made)
    console.print(
        f"停靠 / stops {about['visited']} / {about['stops']}; "
        f"得分 / prize {about['prize']:.1f} / {about['possible']:.1f}, "
        f"上界 / upper bound {about['bound']:.1f}; 公平的代价 / cost of fairness {about['fairness_cost']:.1f}",
        highlight=False,
    )
    if "balance_cost" in about:
        console.print(
            f"最大负荷为平均的 / largest load to mean {about['unevenness']:.2f}, "
            f"均衡的代价 / cost of even loads {about['balance_cost']:.1f}; "
            f"等候 / waiting {about['wait_s'] / 60:.0f} min, "
            f"最长 / longest {about['longest_wait_s'] / 60:.0f} min",
            highlight=False,
        )
    if "near" in about:
        near = about["near"]
        console.print(
            f"各刻钟 {near['minutes']:g} 分钟内的户数 / households within {near['minutes']:g} min by quarter: "
            f"最低 / least {near['least']:.0%}, 平均 / mean {near['mean']:.0%}, "
            f"要求 / asked {near['level']:.0%}, 未达到 / lacking {near['lacking']} / {len(near['shares'])}; "
            f"就近的代价 / cost of staying near {near['cost']:.1f}; gridmap coverage near {made['patrol_id']}",
            highlight=False,
        )
    if "by_place" in about:
        console.print(
            f"按时段 / by hour: 得分 / prize {about['prize']:.1f}; 同样的队伍只按地点规划 / the same teams planned by "
            f"place only: {about['by_place']['prize']:.1f}; gridmap patrols hours {made['patrol_id']}",
            highlight=False,
        )
    _tell_remarks(made)
    out = [r for r in about["reasons"] if not r["visited"]]
    for reason in out[:5]:
        console.print(f"未安排 / left out: {reason['name_zh']}: {reason['zh']} / {reason['en']}")
    if len(out) > 5:
        console.print(
            f"… 另有 / and {len(out) - 5} 处 / more: gridmap patrols show {made['patrol_id']} --all"
        )
    console.print(
        f"种子 / seed {made['seed']}, 步数 / iterations {made['iterations']}, 数据 / data {made['data_sha256'][:12]}, "
        f"gridmap {made['version']}",
        highlight=False,
    )


def _tell_walks(made: WholePlan) -> None:
    """Print what is gone along and where vehicles are left."""
    for route in made["routes"]:
        for visit in route["visits"]:
            if visit.get("along"):
                console.print(
                    f"{route['team_code']} {visit['start'][11:16]}–{visit['leave'][11:16]} {visit['stop']} "
                    f"{visit['name_zh']}: {visit['stand_zh']} / {visit['stand_en']}",
                    highlight=False,
                )


def _tell_remarks(made: WholePlan) -> None:
    about = made["summary"]
    if made.get("replaces_id"):
        console.print(
            f"替代第 {made['replaces_id']} 号计划 / replaces plan {made['replaces_id']}", highlight=False
        )
    if "arrival_entropy_bits" in about:
        console.print(
            f"到达时刻的熵 / entropy of arrivals: {about['arrival_entropy_bits']:.2f} bit", highlight=False
        )
    _tell_villages(about)
    for idle in about.get("idle_reasons", []):
        console.print(f"没有任务 / idle: {idle['team']}: {idle['zh']} / {idle['en']}", highlight=False)
    for notice in about.get("notices", []):
        console.print(f"注意 / notice: {notice['zh']} / {notice['en']}", highlight=False)
    if "mix" in about:
        tell_mix(about["mix"])
    if "change" in about:
        _tell_change(about["change"])


def _tell_villages(about: PlanSummary) -> None:
    lacking = [v for v in about.get("villages", []) if v["lacks"] > 0]
    if lacking:
        keys = ", ".join(f"{v['grid_key']} ({v['share']:.0%})" for v in lacking)
        console.print(f"未达份额的村 / villages below their share: {keys}", highlight=False)


def tell_mix(drawn: PlanMix) -> None:
    """Print what a draw of nights keeps and how little can be foreseen."""
    worst = (
        "-" if drawn["worst_village"] is None else f"{drawn['worst_village']} {drawn['worst_coverage']:.0%}"
    )
    console.print(
        f"{drawn['nights']} 夜 / nights: 得分保留 / prize kept {drawn['kept']:.1%} "
        f"(最优 / best {drawn['best_prize']:.1f}); "
        f"到达时刻的熵 / arrival entropy {drawn['arrival_entropy_bits']:.2f} bit, "
        f"单点 / one stop {drawn['stop_entropy_bits']:.2f} bit; "
        f"最少的村 / worst village {worst}; 从未到访 / never visited {len(drawn['unvisited'])}",
        highlight=False,
    )
    if "avoid" in drawn:
        avoid = drawn["avoid"]
        console.print(
            "摸清规律者至少能避开 / an observer of the habit could avoid at least: "
            f"按地点 / by place {avoid['by_place']:.2f}, "
            f"按地点与时段 / by place and two hours {avoid['by_part']:.2f}; "
            f"各夜等频 / each night as often {avoid['by_part_drawn']:.2f} "
            f"({avoid['name_zh'] or '-'} {avoid['at'][11:16]}); "
            f"每夜相同 / every night the same {avoid['most']:.2f}",
            highlight=False,
        )


def _tell_change(change: PlanChange) -> None:
    def names(stops: list[str]) -> str:
        return ", ".join(f"{s} {change['names'][s][0]}" for s in stops) or "-"

    if "others" in change:
        console.print(
            f"按要求变动 / as asked: {len(change['asked'])}, 其他变动 / others: {len(change['others'])}",
            highlight=False,
        )
    console.print(
        f"{change['at'][:16]} 起 / from then on: 换队 / moved: {names(change['moved'])}; "
        f"取消 / dropped: {names(change['dropped'])}; 加入 / added: {names(change['added'])}",
        markup=False,
        highlight=False,
    )


def tell_list(kept: list[ShownPlan]) -> None:
    """Print plans, one a row."""
    table = Table()
    for heading in ("#", "班次 / shift", "热点分析 / run", "停靠 / stops", "得分 / prize", "种子 / seed"):
        table.add_column(heading)
    for row in kept:
        about = row["summary"]
        table.add_row(
            str(row["patrol_id"]),
            f"{row['begins_at'][:16]} … {row['ends_at'][11:16]}",
            str(row["hotspot_run_id"] or "-"),
            f"{about['visited']} / {about['stops']}",
            f"{about['prize']:.1f}",
            str(row["seed"]),
        )
    console.print(table)


def tell_route(route: ShownRoute) -> None:
    """Print times and streets of a route."""
    table = Table(title=f"{route['team_code']} {route['name_zh']} / {route['name_en']}")
    for heading in ("到 / arrive", "离 / leave"):
        table.add_column(heading, justify="right")
    table.add_column("地点 / place", overflow="fold")
    table.add_column("经由 / by way of", overflow="fold")
    for visit in route["visits"]:
        streets = "，".join(
            f"{s['name'] or '无名路'} {s['length_m']:.0f} 米"
            for s in visit["leg"]["streets"]
            if s["length_m"] >= 1
        )
        table.add_row(visit["arrive"][11:16], visit["leave"][11:16], visit["name_zh"], streets)
    console.print(table)


def tell_comparison(found: PlanComparison) -> None:
    """Print two plans side by side."""
    a, b = found["a"], found["b"]
    table = Table()
    for heading in ("", f"{a['patrol_id']}", f"{b['patrol_id']}"):
        table.add_column(heading, justify="right")
    table.add_row("班次 / shift", *(p["begins_at"][:16] for p in (a, b)))
    table.add_row("得分 / prize", *(f"{p['summary']['prize']:.1f}" for p in (a, b)))
    table.add_row("停靠 / stops", *(f"{p['summary']['visited']}" for p in (a, b)))
    table.add_row("路程 / km", *(f"{p['summary']['length_m'] / 1000:.1f}" for p in (a, b)))
    console.print(table)
    for only, which in ((found["only_a"], a), (found["only_b"], b)):
        told = ", ".join(f"{s['stop']} {s['name_zh']} ({s['team']})" for s in only) or "-"
        console.print(f"只在 / only in {which['patrol_id']}: {told}", highlight=False)
    moved = (
        ", ".join(f"{s['stop']} {s['name_zh']} {s['team_a']}→{s['team_b']}" for s in found["moved"]) or "-"
    )
    console.print(f"换队 / other team: {moved}; 相同 / the same: {found['same']}", highlight=False)
    tables: tuple[tuple[str, str, Sequence[Mapping[str, Any]]], ...] = (
        ("teams", "队伍 / team", found["teams"]),
        ("villages", "村 / village", found["villages"]),
    )
    for key, title, rows in tables:
        table = Table()
        table.add_column(title)
        figures = ("stops", "prize", "length_m", "load") if key == "teams" else ("stops", "prize", "share")
        names = {
            "stops": "停靠 / stops",
            "prize": "得分 / prize",
            "length_m": "km",
            "load": "负荷 / load",
            "share": "份额 / share",
        }
        for figure in figures:
            for which in (a, b):
                table.add_column(f"{names[figure]}\n{which['patrol_id']}", justify="right")
        for row in rows:
            label = f"{row.get('team_code', '')} {row['name_zh']}".strip()
            table.add_row(label, *(_figure(row[f"{f}_{x}"], f) for f in figures for x in "ab"))
        console.print(table)


def _figure(value: float | None, figure: str) -> str:
    if value is None:
        return "-"
    if figure in {"load", "share"}:
        return f"{value:.0%}"
    return f"{value / 1000:.1f}" if figure == "length_m" else f"{value:g}"
