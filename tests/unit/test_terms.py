"""Terms have one owner: commands, API and services take their defaults and limits from the table."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gridmap.domain import terms
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.patrols.ask.request import PatrolRequest
from web.api.hotspots.schemas import HotspotRequest
from web.api.patrols.schemas import PatrolPlanRequest, PatrolReplanRequest

_DAY = dt.date(2026, 11, 1)
_BOTH = {
    "seconds": terms.SEARCH,
    "dwell_s": terms.DWELL,
    "village_share": terms.VILLAGE_SHARE,
    "visits": terms.VISITS,
    "min_gap_s": terms.GAP,
    "revisit_share": terms.REVISIT,
    "loss": terms.LOST,
    "nights": terms.NIGHTS,
    "dose_min": terms.DOSE,
    "near_min": terms.NEAR,
    "near_level": terms.NEAR_SHARE,
}


@pytest.mark.parametrize("name", sorted(_BOTH))
def test_the_api_and_the_command_have_the_same_default_and_limits(name: str) -> None:
    term = _BOTH[name]
    asked = getattr(PatrolPlanRequest(), name)
    # Of time and steps one is asked for; where neither is, the time is the default.
    assert asked == term.default or (name, asked) == ("seconds", None)
    assert getattr(PatrolRequest(on=_DAY), name) == term.default
    for value in (term.low, term.high):
        given: dict[str, Any] = {name: value}
        assert getattr(PatrolPlanRequest(**given), name) == value
        assert getattr(PatrolRequest(on=_DAY, **given), name) == value
    for value in (term.low - 1, term.high + 1):
        given = {name: value}
        with pytest.raises(ValidationError):
            PatrolPlanRequest(**given)
        with pytest.raises(InvalidInput, match=term.name):
            PatrolRequest(on=_DAY, **given)


def test_a_plan_solved_again_may_be_searched_for_as_long_as_a_new_one() -> None:
    assert PatrolReplanRequest(seconds=terms.SEARCH.high).seconds == terms.SEARCH.high
    assert PatrolReplanRequest().seconds is None


def test_permutations_have_the_same_limits_everywhere() -> None:
    most = int(terms.PERMUTATIONS.high)
    assert HotspotRequest(permutations=most).permutations == most
    assert HotspotSpec("gi", _DAY, _DAY, permutations=most).permutations == most
    with pytest.raises(ValidationError):
        HotspotRequest(permutations=most + 1)
    with pytest.raises(InvalidInput):
        HotspotSpec("gi", _DAY, _DAY, permutations=most + 1)


def test_every_term_says_what_it_is_in_both_languages_within_its_own_limits() -> None:
    assert len(terms.TERMS) >= 13
    for term in terms.TERMS.values():
        assert term.zh
        assert term.en
        assert term.low < term.high
        term.refuse(term.default)


ROOT = Path(__file__).resolve().parents[2]


def test_the_length_of_a_stop_and_the_caption_stand_in_one_place() -> None:
    files = [*(ROOT / "gridmap").rglob("*.py"), *(ROOT / "web").glob("*.py")]
    files += [p for room in ("api", "desk", "accounts") for p in (ROOT / "web" / room).rglob("*.py")]
    assert len(files) > 200
    for wanted in (r"\b720\.0\b", "不代表危险", r"^(MINIMUM|FEWEST) = 5$"):
        found = [
            str(p.relative_to(ROOT)) for p in files if re.search(wanted, p.read_text("utf-8"), re.MULTILINE)
        ]
        assert found == ["gridmap/domain/terms.py"]


def _page_files() -> list[Path]:
    return [*(ROOT / "web/static/app").rglob("*.js"), *(ROOT / "web/templates").rglob("*.html")]


def test_no_limit_no_length_and_no_caption_is_written_in_the_page() -> None:
    files = _page_files()
    assert len(files) > 100
    literal = re.compile(
        r'(?:maxlength|minlength|max)(?:="\d|: "\d\d)|type="number"[^>]*min="[2-9]'
        "|不代表危险|not danger|不足 ?5 ?件|fewer than 5|LONGEST"
    )
    wrong = {
        f"{p.relative_to(ROOT)}: {found[0]}"
        for p in files
        for found in literal.finditer(p.read_text("utf-8"))
    }
    assert not wrong
    api = [*(ROOT / "web/api").rglob("*.py")]
    text_length = re.compile(r"(?:: str(?: \| None)? = |\[str, )Field\([^\n]*max_length=\d{2,}")
    assert len(api) > 20
    found = {line[0] for p in api for line in text_length.finditer(p.read_text("utf-8"))}
    assert found <= {": str = Field(max_length=10"}, "a report's period has a form of its own"


def test_what_the_page_asks_the_table_for_is_in_the_table() -> None:
    names: set[str] = set()
    lengths: set[str] = set()
    for path in _page_files():
        text = path.read_text("utf-8")
        names.update(re.findall(r'limitsIn\("([\w-]+)"', text))
        names.update(re.findall(r"\bterms\.(\w+)\.", text) if path.suffix == ".html" else ())
        lengths.update(re.findall(r'longest(?:\("|\.)(\w+)', text))
    form = (ROOT / "web/static/app/patrols/form.js").read_text("utf-8")
    asked = re.search(r"const ASKED = \{(.*?)\};", form, re.DOTALL)
    assert asked
    names.update(re.findall(r'\["([\w-]+)"', asked[1]))
    assert len(names) >= 12
    assert len(lengths) >= 15
    assert names <= terms.TERMS.keys()
    assert lengths <= terms.LONGEST.keys()
