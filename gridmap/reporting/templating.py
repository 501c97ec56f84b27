"""How pages are made from templates."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def page_templates() -> Environment:
    """Return the templates of this package: values are escaped, and one that is missing is an error."""
    return Environment(
        loader=PackageLoader("gridmap.reporting"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
