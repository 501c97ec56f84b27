"""gridmap: the map that a town's governance centre runs its day on."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_OF_NOTEBOOKS = ("read_grids", "read_incidents", "read_organisations", "read_roads", "read_teams")


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: a command must not wait for what notebooks use.
    if name in _OF_NOTEBOOKS:
        return getattr(import_module("gridmap.services.notebooks"), name)
    if name == "explore":
        return import_module("web.notebook").explore
    raise AttributeError(name)
