"""A town's own templates: they come first, cannot reach out, and their mistakes are told with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gridmap.errors import InvalidInput
from gridmap.reporting import page
from gridmap.reporting.model import Text
from gridmap.reporting.paper import to_pdf
from gridmap.reporting.parts import Line, Part, Tables, render_tables
from gridmap.reporting.templating import OWN, filled
from gridmap.reporting.words import CAPTION
from gridmap.services.reports.registering import write_templates
from tests.unit.test_reporting import REPORT, TABLE

TABLES = Tables(
    Text("报告", "Report"),
    Text("<b>村</b>", "<b>village</b>"),
    Text("本月", "this month"),
    (Text("一句。", "A sentence."),),
    (
        Part(
            Text("一、表", "1. Table"),
            (Text("列", "Column"),),
            (Line((Text("值", "value"),)),),
            Text("没有。", "None."),
        ),
    ),
    Text("不说明别的。", "Nothing else."),
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    write_templates(folder)
    return folder


def test_the_written_templates_make_the_package_s_own_document_and_are_never_overwritten(own: Path) -> None:
    assert {path.name for path in own.iterdir()} == set(OWN)
    assert render_tables(TABLES, "both", own) == render_tables(TABLES, "both")
    (own / "tables.html.j2").write_text("{{ tables.title.zh }}！", "utf-8")
    assert write_templates(own) == []
    assert render_tables(TABLES, "zh", own) == "报告！\n"


def test_one_file_may_be_the_town_s_and_the_others_the_package_s(own: Path) -> None:
    for name in OWN:
        if name != "_part.html.j2":
            (own / name).unlink()
    (own / "_part.html.j2").write_text("<p>本镇式样 {{ part.title|told }}</p>", "utf-8")
    page = render_tables(TABLES, "zh", own)
    assert "本镇式样" in page
    assert "<h1>" in page


def test_values_are_escaped_in_a_town_s_own_template_too(own: Path) -> None:
    (own / "tables.html.j2").write_text("{{ tables.place.zh }} {{ tables.place|told }}", "utf-8")
    assert "<b>" not in render_tables(TABLES, "zh", own)


@pytest.mark.parametrize(
    "evil",
    [
        "{{ tables.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ t.__globals__ }}",
        "{{ t.__code__.co_consts }}",
        "{{ languages.append('x') }}",
        "{% include '../settings.toml' %}",
        "{% include '/etc/hostname' %}",
        "{% include 'tables.html.j2' %}",
        "{{ 'x' * 10**10 }}",
        "{{ languages * 10**9 }}",
        "{{ 9 ** (9 ** 9) }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ tables|attr('__class__') }}",
        "{{ '{0.__class__}'.format(tables) }}",
        "{{ lipsum.__globals__ }}",
    ],
)
def test_a_template_reaches_nothing_beyond_what_it_is_given(own: Path, evil: str) -> None:
    (own / "tables.html.j2").write_text(evil, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        filled("tables.html.j2", ("zh",), own, {"tables": TABLES, "maps": [], "caption": CAPTION})
    assert refused.value.code == "template-refused"


@pytest.mark.parametrize(
    ("endless", "line"),
    [
        (
            "\n{% for a in range(100000) %}\n{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}",
            ", line 3,",
        ),
        (
            "{% macro twice(n) %}{{ twice(n - 1) if n }}{{ twice(n - 1) if n }}{% endmacro %}\n{{ twice(99) }}",
            ", line 1,",
        ),
        (
            "{% set all = namespace(s='x') %}\n{% for n in range(99) %}{% set all.s = all.s ~ all.s %}{% endfor %}",
            ", line 2,",
        ),
        ("{{ 'x'|center(10**9) }}", ", line 1,"),
        ("{% for n in range(9000) %}{{ 'x' * 9000 }}{% endfor %}", ""),
    ],
    ids=["loops", "macros", "doubling", "filter", "page"],
)
def test_a_template_that_runs_on_ends_with_an_error_that_names_it(own: Path, endless: str, line: str) -> None:
    (own / "tables.html.j2").write_text(endless, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        render_tables(TABLES, "zh", own)
    assert refused.value.code == "template-needs-too-much"
    assert f"'tables.html.j2'{line}" in refused.value.en
    assert "自有模板“tables.html.j2”" in refused.value.zh


def test_a_page_that_can_hardly_be_laid_out_ends_with_an_error_on_paper(own: Path) -> None:
    assert to_pdf(render_tables(TABLES, "zh", own), "{}", own) == to_pdf(render_tables(TABLES, "zh"), "{}")
    deep = "<div style='columns: 2'>" * 900
    with pytest.raises(InvalidInput) as refused:
        to_pdf(f"<title>t</title>{deep}", "{}", own)
    assert refused.value.code == "template-paper-too-long"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("<p>\n{% for part in tables.parts %}\n</p>", 3),
        ("<p>\n\n{{ tables.nothing }}\n</p>", 3),
        ("{{ 1 / 0 }}", 1),
        ("\n{{ tables.first[7] }}", 2),
    ],
)
def test_a_mistake_is_told_with_file_and_line_in_both_languages(own: Path, wrong: str, line: int) -> None:
    (own / "tables.html.j2").write_text(wrong, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        render_tables(TABLES, "zh", own)
    assert f"tables.html.j2”第 {line} 行" in refused.value.zh
    assert f"line {line}" in refused.value.en


def test_the_written_template_of_the_hotspot_report_makes_the_package_s_own_screen_and_paper(
    own: Path,
) -> None:
    def both(folder: Path | None) -> tuple[str, str]:
        html = page.render(REPORT, TABLE, "both", leaflet_js="L", leaflet_css=".l {}", own=folder)
        return html, page.render_paper(REPORT, "both", folder)

    assert both(own) == both(None)
    (own / "hotspots.html.j2").write_text(
        "{{ report.place|told }}{% for place in front %}<p>{{ place.go_to|told }}</p>{% endfor %}"
        "{{ '纸' if paper else '屏' }}{{ still }}",
        "utf-8",
    )
    screen, paper = both(own)
    assert "枫桥镇" in screen
    assert ("屏" in screen, "纸" in paper) == (True, True)
    assert "枫溪路与天竺路路口" in screen
    assert "<svg" in screen
    assert "<h1>" not in screen + paper


@pytest.mark.parametrize(
    "evil",
    [
        "{{ report.__class__ }}",
        "{{ p_text.__globals__ }}",
        "{{ report.hotspots.__class__.__base__ }}",
        "{{ '{0.__class__}'.format(report) }}",
        "\n{{ report.nothing }}",
        "{% set report.place = 1 %}",
    ],
)
def test_a_template_of_the_hotspot_report_reaches_nothing_beyond_what_it_is_given(
    own: Path, evil: str
) -> None:
    (own / "hotspots.html.j2").write_text(evil, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        page.render_paper(REPORT, "zh", own)
    assert refused.value.code == "template-refused"
    assert "hotspots.html.j2" in refused.value.en


def test_a_hotspot_report_s_names_are_escaped_in_a_town_s_own_template_too(own: Path) -> None:
    (own / "hotspots.html.j2").write_text("{{ report.place.zh }}{{ report.place|told }}", "utf-8")
    bad = replace(REPORT, place=Text("<script>x</script>", "<img>"))
    assert "<script>" not in page.render_paper(bad, "both", own)
