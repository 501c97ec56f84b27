"""Addresses of the application's own map, filled so that they find something: what is walked grows with the map."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from werkzeug.routing import Rule

Filled = Callable[[str, str], Sequence[str]]
"""What a part of an address is filled with, by the endpoint and the part's name."""

# Answered to anybody, or the same whatever is kept.
ELSEWHERE = frozenset(
    {"static", "pages.built_file", "pages.favicon", "healthz", "live.revision", "openapi", "phone.worker"}
)
_PART = re.compile(r"<(?:\w+:)?(\w+)>")


def is_read(rule: Rule) -> bool:
    """Tell whether an address answers a reading with what the workspace holds."""
    return "GET" in (rule.methods or ()) and rule.endpoint not in ELSEWHERE


def paths(rule: Rule, filled: Filled) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the paths of an address, each with what its parts were filled with."""
    names = _PART.findall(rule.rule)
    for values in itertools.product(*(filled(rule.endpoint, name) for name in names)):
        given = dict(zip(names, values, strict=True))
        yield _PART.sub(lambda part, given=given: quote(given[part[1]]), rule.rule), given
