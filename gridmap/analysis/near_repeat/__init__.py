"""Near repeats: whether events follow each other in space and time more often than chance has it."""

from gridmap.analysis.near_repeat._input import season_cuts
from gridmap.analysis.near_repeat._interaction import Interaction, jacquez, mantel, modified_knox
from gridmap.analysis.near_repeat.bands import Knox, NearRepeat, knox, table

__all__ = [
    "Interaction",
    "Knox",
    "NearRepeat",
    "jacquez",
    "knox",
    "mantel",
    "modified_knox",
    "season_cuts",
    "table",
]
