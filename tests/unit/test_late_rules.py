"""An application composes its addresses as werkzeug does, and compiles what composes them when first asked."""

from __future__ import annotations

from types import CodeType
from typing import Any

import pytest
from flask_openapi3.models.info import Info
from werkzeug.routing import Map, Rule

from web.answers import Application, LateRule

_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/healthz", {}),
    ("/cases/<int:number>", {}),
    ("/tiles/<layer>/<int:z>/<int:x>/<int:y>.pbf", {}),
    ("/files/<path:name>", {}),
    ("/pages/", {"defaults": {"page": 1}}),
    ("/网格/<name>", {}),
)
_VALUES: tuple[dict[str, Any], ...] = (
    {},
    {"number": 7},
    {"number": 7, "lang": "en", "from": ["a b", "c&d"]},
    {"layer": "陈宅 <b>", "z": 12, "x": 1, "y": 2},
    {"name": "a/b c/枫源.csv"},
    {"page": 1},
)


def _composed(
    kind: type[Rule], rule: str, options: dict[str, Any], values: dict[str, Any], *, unknown: bool
) -> object:
    addresses = Map([kind(rule, endpoint="it", **options)]).bind("town.example")
    try:
        return [addresses.build("it", values, append_unknown=unknown) for _ in range(2)]
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(("rule", "options"), _RULES)
def test_an_address_is_composed_as_werkzeug_composes_it(rule: str, options: dict[str, Any]) -> None:
    made = 0
    for values in _VALUES:
        for unknown in (True, False):
            late = _composed(LateRule, rule, options, values, unknown=unknown)
            assert late == _composed(Rule, rule, options, values, unknown=unknown)
            made += isinstance(late, list)
    assert made


def test_no_address_is_compiled_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    werkzeug = Rule._get_func_code

    def told(code: CodeType, name: str) -> Any:
        compiled.append(name)
        return werkzeug(code, name)

    monkeypatch.setattr(Rule, "_get_func_code", staticmethod(told))
    app = Application("web", info=Info(title="town", version="1"), doc_ui=False)

    @app.route("/cases/<int:number>", endpoint="case")
    def case(number: int) -> str:
        return str(number)

    assert app.test_client().get("/cases/7").text == "7"
    assert compiled == []
    with app.test_request_context():
        assert [app.url_for("case", number=n) for n in (7, 8)] == ["/cases/7", "/cases/8"]
    assert len(compiled) == 1
