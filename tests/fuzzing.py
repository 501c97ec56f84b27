"""Requests drawn from the API's own document (schemathesis), as every role: no answer outside the document."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass
class Drawn:
    """What came of a role's requests.

    Attributes
    ----------
    statuses : Counter
        By status.
    slowest_s : float
    slowest : str
        Which request took longest.
    operations : set of str
    """

    statuses: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: str = ""
    operations: set[str] = field(default_factory=set)


def draw(client: FlaskClient, examples: int, number: int = 0) -> Drawn:
    """Send so many requests to each operation of the document; fail at the first answer that it does not tell of.

    Parameters
    ----------
    client : FlaskClient
        Shows a token.
    examples : int
        Of each operation.
    number : int
        Seed.
    """
    # Nothing on the way takes an answer's compression off.
    headers = {"Authorization": client.environ_base["HTTP_AUTHORIZATION"], "Accept-Encoding": "identity"}
    told = _without_tuples(client.get("/api/v1/openapi.json").get_json())
    document = schemathesis.openapi.from_dict(told)
    document.app = client.application
    document.location = "/api/v1/openapi.json"
    drawn = Drawn()
    for found in document.get_all_operations():
        operation = found.ok()
        _draw_one(operation, headers, drawn, examples, number)
        drawn.operations.add(operation.label)
    return drawn


def _without_tuples(schema: Any) -> Any:
    """Loosen tuples to lists of any of their members: schemathesis reads ``prefixItems`` as an older JSON Schema."""
    if isinstance(schema, dict):
        loose = {name: _without_tuples(inner) for name, inner in schema.items() if name != "prefixItems"}
        if isinstance(schema.get("prefixItems"), list):
            loose["items"] = {"anyOf": _without_tuples(schema["prefixItems"])}
        return loose
    return [_without_tuples(inner) for inner in schema] if isinstance(schema, list) else schema


def _draw_one(operation: Any, headers: dict[str, str], drawn: Drawn, examples: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        begin_s = time.perf_counter()
        answer = case.call(headers=headers)
        took_s = time.perf_counter() - begin_s
        drawn.statuses[answer.status_code] += 1
        if took_s > drawn.slowest_s:
            drawn.slowest_s, drawn.slowest = took_s, f"{operation.label} {case.query}"
        told = f"{operation.label} {case.query} {case.body!r}: {answer.status_code} {answer.content[:300]!r}"
        assert answer.status_code not in {500, 502, 504}, told
        case.validate_response(answer, checks=CHECKS)

    send()
