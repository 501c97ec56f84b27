"""The road graph as a file beside the data: built anew where it is absent or damaged."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.analysis.roads import MODES, RoadGraph
from gridmap.files.atomic import replacing


def write_graph(graph: RoadGraph, path: Path) -> None:
    """Write a graph, whole or not at all, in place of those of former data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    points, owner = shapely.get_coordinates(graph.lines, return_index=True)
    arrays: dict[str, NDArray[Any]] = {
        "nodes": graph.nodes,
        "tail": graph.tail,
        "head": graph.head,
        "length_m": graph.length_m,
        "points": points,
        "vertices": np.bincount(owner, minlength=len(graph.lines)),
        "names": np.frombuffer(json.dumps(graph.names, ensure_ascii=False).encode(), dtype=np.uint8),
    }
    for mode in MODES:
        arrays[f"forward_{mode}"], arrays[f"backward_{mode}"] = graph.forward_s[mode], graph.backward_s[mode]
        arrays[f"forbidden_{mode}"] = graph.forbidden[mode]
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)
    for old in path.parent.glob("graph-*.npz"):
        if old != path:
            old.unlink(missing_ok=True)


def read_graph(path: Path) -> RoadGraph | None:
    """Return the graph of a file; None where it is absent or damaged, and has to be built again."""
    try:
        # Given a path of a damaged file, numpy would leave it open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored_arrays:
            found = {name: stored_arrays[name] for name in stored_arrays.files}
        index = np.repeat(np.arange(len(found["vertices"])), found["vertices"])
        return RoadGraph(
            found["nodes"],
            found["tail"],
            found["head"],
            found["length_m"],
            np.asarray(shapely.linestrings(found["points"], indices=index), dtype=object),
            tuple(json.loads(found["names"].tobytes())),
            {mode: found[f"forward_{mode}"] for mode in MODES},
            {mode: found[f"backward_{mode}"] for mode in MODES},
            {mode: found[f"forbidden_{mode}"] for mode in MODES},
        )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, shapely.errors.GEOSException):
        return None
