"""The report's PDF: tagged, on A4, whole in its letters, the same each time; and a changed file is known."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pikepdf
import pypdfium2
import pytest

from gridmap.errors import InvalidInput
from gridmap.files.geopackage import write_geopackage
from gridmap.ingest.report_file import read_report_file
from gridmap.reporting import page
from gridmap.reporting.figures import figures
from gridmap.reporting.layers import layers
from gridmap.reporting.paper import CARRIED, to_pdf
from gridmap.reporting.words import place_text
from tests.doors import new_word
from tests.unit.test_reporting import REPORT, written

A4_PT = (595.28, 841.89)
MARGIN_PT = 12 / 25.4 * 72
REPOSITORY = Path(__file__).resolve().parents[2]


def laid_out() -> bytes:
    return to_pdf(page.render_paper(REPORT, "both"), json.dumps({"figures": figures(REPORT)}))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return laid_out()


@pytest.fixture(scope="module")
def tags(pdf: bytes) -> Counter[str]:
    found: Counter[str] = Counter()
    with pikepdf.open(io.BytesIO(pdf)) as held:
        waiting = [held.Root.StructTreeRoot]
        while waiting:
            node = waiting.pop()
            if isinstance(node, pikepdf.Array):
                waiting += list(node)
            elif isinstance(node, pikepdf.Dictionary):
                if "/S" in node:
                    found[str(node.S)] += 1
                waiting += [node.K] if "/K" in node else []
    return found


def test_the_pdf_is_tagged_in_its_language_with_headings_tables_and_figures(
    pdf: bytes, tags: Counter[str]
) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as held:
        assert bool(held.Root.MarkInfo.Marked)
        assert str(held.Root.Lang) == "zh-CN"
        assert "热点报告" in str(held.open_metadata()["dc:title"])
        assert held.open_metadata()["pdfuaid:part"] == "1"
    assert tags["/H1"] >= 1
    assert tags["/H2"] >= 7
    assert tags["/Figure"] >= 1
    # Places to go to, hotspots, clusters, the period before and the forecast have headings; what it is made of has a
    # heading in each row. A table that goes on over a page is one on each.
    assert tags["/Table"] >= 6
    assert tags["/THead"] >= 5
    assert tags["/TH"] > tags["/Table"]


def test_every_letter_of_the_pdf_is_inside_and_chinese_ones_are_of_the_chinese_font(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as held:
        fonts = [f for p in held.pages for f in dict(p.Resources.Font).values()]
        assert fonts
        for font in fonts:
            described = (
                font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else font.FontDescriptor
            )
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described.keys()), font.BaseFont
            assert re.match(r"/[A-Z]{6}\+", str(font.BaseFont)), "a subset"
            assert not re.search("JP|KR|TC|HK", str(font.BaseFont))


def test_what_the_pdf_tells_can_be_copied_out_and_is_what_the_report_tells(pdf: bytes) -> None:
    held = pypdfium2.PdfDocument(pdf)
    text = "".join(held[n].get_textpage().get_text_bounded() for n in range(len(held)))
    packed = "".join(text.split())
    for said in (
        REPORT.place.zh,
        "接报量，不代表危险",
        REPORT.hotspots[0].name.zh,
        "枫一社区",
        REPORT.command,
    ):
        assert "".join(said.split()) in packed, said
    assert "\ufffd" not in text
    for spot in REPORT.hotspots:
        assert place_text(spot.observed) in text


def test_pages_are_a4_numbered_few_and_nothing_runs_over_their_margins(pdf: bytes) -> None:
    held = pypdfium2.PdfDocument(pdf)
    assert 3 <= len(held) <= 7
    for number in range(len(held)):
        sheet = held[number]
        assert sheet.get_size() == pytest.approx(A4_PT, abs=0.1)
        words = sheet.get_textpage()
        assert f"{number + 1} / {len(held)}" in words.get_text_bounded()
        boxes = [words.get_charbox(n) for n in range(words.count_chars())]
        shown = [b for b in boxes if b[2] > b[0]]
        assert min(b[0] for b in shown) >= MARGIN_PT
        assert max(b[2] for b in shown) <= A4_PT[0] - MARGIN_PT
        assert min(b[1] for b in shown) >= MARGIN_PT / 2


def test_hotspots_are_filled_on_paper_as_on_the_screen(pdf: bytes) -> None:
    held = pypdfium2.PdfDocument(pdf)
    pictures = [held[n].render(scale=1).to_pil().convert("RGB") for n in range(len(held))]
    accent = sum(
        count
        for picture in pictures
        for count, (red, green, blue) in picture.getcolors(2**24)
        if blue > red + 40 and blue > green + 40
    )
    assert accent > 2_000


def test_another_process_lays_out_the_same_bytes(pdf: bytes) -> None:
    program = (
        "import sys; from tests.unit.test_report_paper import laid_out; sys.stdout.buffer.write(laid_out())"
    )
    again = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, check=True, timeout=300,
        env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "7", "HOME": "/tmp"},
    )  # fmt: skip
    assert again.stdout == pdf


def test_a_number_that_somebody_changed_in_a_file_is_seen_in_its_lines(tmp_path: Path) -> None:
    carried = json.dumps({"figures": figures(REPORT)})
    html = page.render(REPORT, (), "zh", leaflet_js="", leaflet_css="", carried=carried)
    assert html.count('<td class="n">4.2</td>') == 3
    for name, text in (("true.html", html), ("forged.html", html.replace(">4.2<", ">9.9<", 1))):
        (tmp_path / name).write_text(text, "utf-8")
    true, forged = (
        read_report_file(tmp_path / name, attachment=CARRIED) for name in ("true.html", "forged.html")
    )
    assert true.carried["figures"] == figures(REPORT)
    differing = [(a, b) for a, b in zip(true.lines, forged.lines, strict=True) if a != b]
    assert len(differing) == 1
    assert "4.2" in differing[0][0]
    assert "9.9" in differing[0][1]


def test_the_pdf_carries_its_figures_and_is_read_as_lines(pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(pdf)
    read = read_report_file(tmp_path / "report.pdf", attachment=CARRIED)
    assert read.carried["figures"] == figures(REPORT)
    assert any("枫桥镇热点报告" in line for line in read.lines)


@pytest.mark.parametrize(
    "content", ["", "<p>", '<script id="carried">{"figures": 3}</script>', "%PDF-1.7 no"]
)
def test_what_is_no_report_is_refused_by_its_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / f"{new_word()}.html"
    file.write_text(content, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_report_file(file, attachment=CARRIED)
    assert file.name in refused.value.en


def test_layers_open_with_the_style_of_the_map_and_are_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one.gpkg", "two.gpkg"):
        write_geopackage(layers(REPORT), tmp_path / name)
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()
    spots = gpd.read_file(tmp_path / "one.gpkg", layer="hotspots")
    assert list(spots["reported"]) == [place_text(h.observed) for h in REPORT.hotspots]
    assert list(spots["sureness"]) == ["0", "1", "2"]
    styles = gpd.read_file(tmp_path / "one.gpkg", layer="layer_styles")
    assert list(styles["f_table_name"]) == ["hotspots", "clusters", "outlines"]
    assert all("<renderer-v2" in qml for qml in styles["styleQML"])


def test_the_html_carries_its_figures_and_no_end_of_their_element() -> None:
    html = written()
    assert '<script type="application/json" id="carried">' in html
