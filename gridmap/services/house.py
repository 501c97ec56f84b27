"""What the wings bring, in one place: the kinds that can be imported and the layers that can be exported."""

from __future__ import annotations

from gridmap.errors import NotFound
from gridmap.services.cases import exports as case_exports
from gridmap.services.cases import imports as case_imports
from gridmap.services.ground import exports as ground_exports
from gridmap.services.ground import imports as ground_imports
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.teams import exports as team_exports
from gridmap.services.teams import imports as team_imports
from gridmap.services.workspace.exports import ExportLayer

IMPORT_KINDS: dict[str, ImportKind] = {
    kind.noun: kind
    for kind in (
        case_imports.INCIDENTS,
        case_imports.INCIDENT_STEPS,
        team_imports.TEAMS,
        team_imports.TEAM_POSITIONS,
        team_imports.MIGRANTS,
        team_imports.ORGANISATIONS,
        ground_imports.ROADS,
    )
}
"""Kinds by noun."""

EXPORT_LAYERS: dict[str, ExportLayer] = {
    layer.name: layer
    for layer in (
        ground_exports.GRIDS,
        case_exports.INCIDENTS,
        team_exports.TEAMS,
        team_exports.MIGRANTS,
        team_exports.ORGANISATIONS,
        ground_exports.ROADS,
    )
}
"""Layers by name."""


def find_layer(name: str) -> ExportLayer:
    """Return the layer of a name.

    Raises
    ------
    NotFound
        When there is none.
    """
    if name not in EXPORT_LAYERS:
        raise NotFound(
            "layer-unknown",
            f"没有图层 {name}，可用：{'、'.join(EXPORT_LAYERS)}。",
            f"There is no layer {name}; there are {', '.join(EXPORT_LAYERS)}.",
        )
    return EXPORT_LAYERS[name]
