"""How pages are made from templates: those of this package, or a town's own in their place."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

OWN = ("meeting.html.j2", "tables.html.j2", "_part.html.j2", "report.css", "paper.css")
"""Templates that a town may put in place of the package's: of the documents that are made of tables."""


def page_templates(own: Path | None = None) -> Environment:
    """Return the templates of this package: values are escaped, and one that is missing is an error.

    Parameters
    ----------
    own : Path, optional
        Folder with templates of the town's own, which come before the package's. They are somebody's files: they
        run in Jinja's sandbox, which lets them change nothing and reach no internals.
    """
    loader: BaseLoader = PackageLoader("gridmap.reporting")
    kind: type[Environment] = Environment
    if own is not None and own.is_dir():
        loader = ChoiceLoader([FileSystemLoader(own), loader])
        kind = ImmutableSandboxedEnvironment
    return kind(
        loader=loader,
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def shipped(name: str) -> str:
    """Return the text of a template of this package."""
    return files("gridmap.reporting").joinpath("templates", name).read_text("utf-8")
