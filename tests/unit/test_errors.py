"""The catalogue of errors is what the code says, and every error can be acted on in both languages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "errors.py"
FILLED_IN = "…"


@pytest.fixture(scope="module")
def catalogue() -> ModuleType:
    spec = importlib.util.spec_from_file_location("error_catalogue", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["error_catalogue"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def entries(catalogue: ModuleType) -> list[Any]:
    return list(catalogue.entries())


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_the_page_of_errors_is_what_the_code_says(catalogue: ModuleType, entries: list[Any]) -> None:
    assert catalogue.PAGE.read_text("utf-8") == catalogue.page(entries), (
        "write it anew: python scripts/errors.py"
    )


def test_a_code_has_one_status(entries: list[Any]) -> None:
    found = [e for e in entries if FILLED_IN not in e.code]
    assert len(found) > 250
    statuses: dict[str, set[int]] = {}
    for entry in found:
        statuses.setdefault(entry.code, set()).add(entry.status)
    assert {code: told for code, told in statuses.items() if len(told) > 1} == {}


def test_every_error_is_told_in_chinese_and_in_english(entries: list[Any]) -> None:
    whole = [e for e in entries if e.zh.strip(f"{FILLED_IN}：: ")]
    assert whole
    assert [e for e in whole if not is_chinese(e.zh)] == []
    # A command, a name or a quotation may stand in Chinese within an English sentence, never the sentence itself.
    assert [e for e in whole if is_chinese(e.en.split(FILLED_IN)[0].split('"')[0][:12])] == []
