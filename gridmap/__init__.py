"""gridmap: the map that a town's governance centre runs its day on."""

__version__ = "0.1.0"
