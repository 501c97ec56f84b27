"""Turn restrictions of an OpenStreetMap extract, as turns that may not be taken between pieces of ways.

Runs only in the reading process.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import osmium

from gridmap.domain.road_turns import Ban, write_bans
from gridmap.ingest.osm_tags import CELLS, Row

End = Literal["begin", "end"]
Mode = Literal["bike", "car"]

# Keys that say what holds for a mode, from the particular to the general.
_KEYS: dict[Mode, tuple[str, ...]] = {
    "car": ("restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction"),
    "bike": ("restriction:bicycle", "restriction:vehicle", "restriction"),
}
_EXCEPT: dict[Mode, set[str]] = {
    "car": {"motorcar", "motor_vehicle", "vehicle"},
    "bike": {"bicycle", "vehicle"},
}
_TIMED = ("hour_on", "day_on", "date_on")
_RULES = frozenset(
    f"{word}_{turn}"
    for word in ("no", "only")
    for turn in ("left_turn", "right_turn", "straight_on", "u_turn")
) | {"no_entry", "no_exit"}
_ONEWAY, _ONEWAY_BICYCLE = CELLS.index("oneway"), CELLS.index("oneway_bicycle")


@dataclass(frozen=True, slots=True)
class Turn:
    """A restriction that holds at a node.

    Attributes
    ----------
    rules : dict of str to str
        Mode and what OpenStreetMap says of it: ``no_left_turn``, ``only_straight_on``, ….
    from_ways, to_ways : tuple of int
    via : int
        Number of the node.
    """

    rules: dict[Mode, str]
    from_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    via: int


@dataclass(frozen=True, slots=True)
class Followed:
    """How many restrictions were kept, and how many not: by time, over a way, and those that name no one piece."""

    kept: int = 0
    timed: int = 0
    via_way: int = 0
    unclear: int = 0


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of ways, in the order of their ways.

    Attributes
    ----------
    keys : list of str
        Identifiers.
    ways : list of int
        Numbers of their ways.
    ends : list of (int or None, int or None)
        Nodes at their ends.
    roads : list of tuple
        Their cells, as :data:`gridmap.ingest.osm_tags.CELLS` names them.
    """

    keys: Sequence[str]
    ways: Sequence[int]
    ends: Sequence[tuple[int | None, int | None]]
    roads: Sequence[Row]


def rules_of(tags: Mapping[str, str]) -> dict[Mode, str] | Literal["timed"]:
    """Tell what a restriction says to each mode that it binds.

    Examples
    --------
    >>> rules_of({"restriction": "no_left_turn", "except": "bicycle"})
    {'car': 'no_left_turn'}
    >>> rules_of({"restriction:conditional": "no_u_turn @ (07:00-09:00)"})
    'timed'
    """
    exempt = {word.strip() for word in tags.get("except", "").lower().split(";")}
    rules: dict[Mode, str] = {}
    timed = False
    for mode, all_keys in _KEYS.items():
        keys = all_keys[:-1] if exempt & _EXCEPT[mode] else all_keys
        timed |= any(f"{key}:conditional" in tags for key in keys)
        said = next((tags[key] for key in keys if key in tags), None)
        if said in _RULES:
            rules[mode] = str(said)
    return "timed" if timed or (rules and any(key in tags for key in _TIMED)) else rules


def read_turns(file: osmium.io.File) -> tuple[list[Turn], Counter[str]]:
    """Read the restrictions of a file, and count those that hang on the time or lead over a way."""
    turns: list[Turn] = []
    left: Counter[str] = Counter()
    reader = osmium.FileProcessor(file, osmium.osm.RELATION, thread_pool=osmium.io.ThreadPool(1))
    for relation in reader.with_filter(osmium.filter.TagFilter(("type", "restriction"))):
        if not isinstance(relation, osmium.osm.Relation) or relation.deleted:
            continue
        rules = rules_of({t.k: t.v for t in relation.tags})
        if rules == "timed":
            left["timed"] += 1
            continue
        if not rules:
            continue
        members = [(m.type, m.role, m.ref) for m in relation.members]
        nodes = [ref for kind, role, ref in members if (kind, role) == ("n", "via")]
        if any((kind, role) == ("w", "via") for kind, role, _ in members):
            left["via_way"] += 1
            continue
        ways = {
            role: tuple(ref for kind, own, ref in members if (kind, own) == ("w", role))
            for role in ("from", "to")
        }
        if len(nodes) != 1 or not ways["from"] or not ways["to"]:
            left["unclear"] += 1
            continue
        turns.append(Turn(rules, ways["from"], ways["to"], nodes[0]))
    return turns, left


def bans_of(turns: tuple[list[Turn], Counter[str]], pieces: Pieces) -> tuple[list[str | None], Followed]:
    """Say restrictions as turns between pieces.

    A restriction that leads from or to a way that is not among the pieces says nothing about them. One whose way goes
    on through the node, so that either half of it may be meant, is counted as unclear.

    Returns
    -------
    bans : list of str or None
        Field ``no_turns`` of each piece.
    followed : Followed
    """
    given, left = turns
    at_node: dict[int, list[tuple[int, End]]] = defaultdict(list)
    for row, (begin, end) in enumerate(pieces.ends):
        if begin is not None:
            at_node[begin].append((row, "begin"))
        if end is not None:
            at_node[end].append((row, "end"))
    known = set(pieces.ways)
    bans: dict[int, list[Ban]] = defaultdict(list)
    kept = unclear = 0
    for turn in given:
        if turn.via not in at_node or not {*turn.from_ways, *turn.to_ways} <= known:
            continue
        found = [
            (row, Ban(pieces.keys[to], end, (mode,)))
            for mode, rule in turn.rules.items()
            for row, end, to in _forbidden(turn, mode, rule, at_node[turn.via], pieces)
        ]
        clear = all(
            _is_clear(turn, mode, rule, at_node[turn.via], pieces) for mode, rule in turn.rules.items()
        )
        if not clear:
            unclear += 1
            continue
        kept += 1
        for row, ban in found:
            bans[row].append(ban)
    told = [write_bans(bans[row]) if row in bans else None for row in range(len(pieces.keys))]
    return told, Followed(kept, left["timed"], left["via_way"], left["unclear"] + unclear)


def _is_clear(turn: Turn, mode: str, rule: str, here: list[tuple[int, End]], pieces: Pieces) -> bool:
    """Tell whether each way of a restriction has at most one piece that a mode can come by, or leave by."""
    if rule == "no_u_turn" and turn.from_ways == turn.to_ways:
        return True
    arriving = (len(_pieces(way, mode, here, pieces, arriving=True)) for way in turn.from_ways)
    leaving = (len(_pieces(way, mode, here, pieces, arriving=False)) for way in turn.to_ways)
    touching = {pieces.ways[row] for row, _ in here}
    return {*turn.from_ways, *turn.to_ways} <= touching and all(
        n <= 1 for n in itertools.chain(arriving, leaving)
    )


def _forbidden(
    turn: Turn, mode: str, rule: str, here: list[tuple[int, End]], pieces: Pieces
) -> Iterator[tuple[int, End, int]]:
    """Give the piece from which, its end at the node, and the piece to which a mode may not turn."""
    for way in turn.from_ways:
        for row, end in _pieces(way, mode, here, pieces, arriving=True):
            if rule == "no_u_turn" and turn.from_ways == turn.to_ways:
                yield row, end, row
                continue
            named = {to for way in turn.to_ways for to, _ in _pieces(way, mode, here, pieces, arriving=False)}
            if rule.startswith("no_"):
                yield from ((row, end, to) for to in sorted(named))
            elif named:
                yield from ((row, end, to) for to in sorted({to for to, _ in here} - named - {row}))


def _pieces(
    way: int, mode: str, here: list[tuple[int, End]], pieces: Pieces, *, arriving: bool
) -> list[tuple[int, End]]:
    """Pieces of a way by which a mode may come to a node (or leave it), and which of their ends lies there."""
    found = []
    for row, end in here:
        if pieces.ways[row] != way:
            continue
        oneway = pieces.roads[row][_ONEWAY]
        if mode == "bike":
            oneway = pieces.roads[row][_ONEWAY_BICYCLE] or oneway
        along = (end == "end") == arriving
        if oneway != ("reverse" if along else "yes"):
            found.append((row, end))
    return found
