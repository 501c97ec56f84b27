"""The command ``gridmap``: one module a noun."""

from gridmap.cli.main import main

__all__ = ["main"]
