"""Typed answers become JSON here, and nowhere else."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping

from flask import Response, jsonify
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel
from werkzeug.routing import Rule

from gridmap.errors import GridmapError


def bad_request(error: GridmapError) -> tuple[Response, int]:
    """Answer what is wrong with a request by 400, as standards want it that know no 422."""
    return jsonify(error.as_dict()), 400


def shown(value: object, name: str = "") -> object:
    """Return what services tell as JSON holds it: grid keys are text, they exceed 2**53."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: shown(getattr(value, f.name), f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {k: shown(v, str(k)) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [shown(v) for v in value]
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if name.endswith("_key") and value is not None:
        return str(value)
    return value


def _is_typed(value: object) -> bool:
    return dataclasses.is_dataclass(value) or isinstance(value, BaseModel)


class LateRule(Rule):
    """A rule whose address is composed by code that is compiled when it is first asked for.

    Werkzeug compiles two functions for each rule when it is bound, which is four fifths of what an application takes to
    be made; most addresses are matched and never composed.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compose = super()._compile_builder
        kept = "_build_unknown" if append_unknown else "_build"

        def first(rule: Rule, **values: object) -> tuple[str, str]:
            made: Callable[..., tuple[str, str]] = compose(append_unknown).__get__(rule)
            setattr(rule, kept, made)
            return made(**values)

        return first


class Application(OpenAPI):
    """An application whose views may return a dataclass or a model, alone or with a status."""

    url_rule_class = LateRule

    def make_response(self, rv):  # type: ignore[no-untyped-def]
        """Send a dataclass or a model as :func:`shown` gives it; what else a view returns is Flask's to send."""
        if isinstance(rv, tuple) and _is_typed(rv[0]):
            rv = (shown(rv[0]), *rv[1:])
        elif _is_typed(rv):
            rv = shown(rv)
        return super().make_response(rv)
