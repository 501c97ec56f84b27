"""What reading an OpenStreetMap extract left out, looked past or followed, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gridmap.ingest.osm_turns import Followed

_NAMED = 10
"""Most ways and barriers with conditions that are named."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was left out or looked past, counted.

    Attributes
    ----------
    left_out : Counter of str
        Ways: ``closed``, ``other``.
    conditions : list of str
        Ways and barriers that hang on the time, and how.
    lost, barriers : int
        Ways that lack nodes; barriers that stop anybody.
    turns : Followed
    """

    left_out: Counter[str]
    conditions: list[str]
    lost: int
    barriers: int
    turns: Followed


def notices(found: Found, *, elsewhere: bool) -> list[list[str]]:
    """Tell the person who imports, in both languages: rows of code, Chinese and English."""
    left_out, lost, barriers = found.left_out, found.lost, found.barriers
    told = [
        [
            "osm-licence",
            "道路数据 © OpenStreetMap 贡献者，按 ODbL 使用；公开图件上须注明来源。",
            "Road data © OpenStreetMap contributors, under the ODbL; name the source on published maps.",
        ]
    ]
    if left_out["closed"]:
        told.append(
            [
                "osm-closed",
                f"有 {left_out['closed']} 条路不对公众开放（access=no 或 private），未导入。",
                f"{left_out['closed']} ways are closed to the public (access=no or private) and were left out.",
            ]
        )
    if left_out["other"]:
        told.append(
            [
                "osm-other",
                f"有 {left_out['other']} 条路在建、规划或不是道路，未导入。",
                f"{left_out['other']} ways are planned, being built or no roads, and were left out.",
            ]
        )
    if barriers:
        told.append(
            [
                "osm-barriers",
                f"有 {barriers} 处路障（隔离桩、不开放的大门等），其两侧各一米只对可通过者开放。",
                f"{barriers} barriers (bollards, closed gates): the metre beside each is open to those who may pass.",
            ]
        )
    told += _turns(found.turns)
    if found.conditions:
        count, named = len(found.conditions), " | ".join(found.conditions[:_NAMED])
        close_zh = "要整天关闭的，请在文件中写明 access=no 后重新导入。"
        close_en = "One that is to be closed all day: write access=no in the file, and import it again."
        said_zh = f"道路或路障的通行条件随时间变化（:conditional），按平时处理：{named}"
        said_en = f"ways or barriers have conditions that change with time, which are not followed: {named}"
        more_zh, more_en = ("", "") if count <= _NAMED else (" | 等", " | and more")
        told.append(
            [
                "osm-conditional",
                f"有 {count} 处{said_zh}{more_zh}。{close_zh}",
                f"{count} {said_en}{more_en}. {close_en}",
            ]
        )
    if lost:
        where = ("，或在工作区之外很远", " or lie far outside of the workspace") if elsewhere else ("", "")
        told.append(
            [
                "osm-incomplete",
                f"有 {lost} 条路的部分节点不在文件中{where[0]}，只导入其余部分。",
                f"Nodes of {lost} ways are not in the file{where[1]}; the rest of them was read.",
            ]
        )
    return told


def _turns(turns: Followed) -> list[list[str]]:
    told = []
    if turns.kept:
        told.append(
            [
                "osm-turns",
                f"有 {turns.kept} 处转弯限制（禁左、禁掉头等）已写入道路，汽车、自行车遵守，步行不受限。",
                f"{turns.kept} restrictions of turns were read: cars and bikes keep them, people on foot need not.",
            ]
        )
    ignored = [
        (turns.timed, "随时间变化", "hang on the time"),
        (turns.via_way, "途经一段路", "lead over a way"),
        (turns.unclear, "转自或转到哪一段不明", "do not tell from or to which piece of a way"),
    ]
    if any(count for count, _, _ in ignored):
        zh = "，".join(f"{count} 处{words}" for count, words, _ in ignored if count)
        en = ", ".join(f"{count} {words}" for count, _, words in ignored if count)
        told.append(
            [
                "osm-restrictions",
                f"有 {sum(count for count, _, _ in ignored)} 处转弯限制未采用：{zh}。",
                f"{sum(count for count, _, _ in ignored)} restrictions of turns are ignored: {en}.",
            ]
        )
    return told
