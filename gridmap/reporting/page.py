"""The report as one HTML file that asks nothing of another host."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from gridmap.domain.protection import HINT, PLACES_HINT
from gridmap.reporting import class_map, front, words
from gridmap.reporting.methods import method_words
from gridmap.reporting.model import Download, HotspotReport
from gridmap.reporting.page_one import page_one
from gridmap.reporting.print_map import KEYS, PATTERNS, still_map
from gridmap.reporting.templating import fill

_ADDRESS = re.compile(r"url\(\s*['\"]?images/([\w.-]+)['\"]?\s*\)")
_END_TAG = re.compile(r"</(?=script|style)", re.IGNORECASE)
_NOTHING = "data:,"


def with_images(style: str, images: dict[str, bytes]) -> str:
    """Write the images that a style sheet names into it.

    Parameters
    ----------
    style : str
        CSS with addresses ``url(images/NAME.png)``.
    images : dict of str to bytes
        PNG files by name; one that is missing becomes nothing.

    Returns
    -------
    str
    """

    def inline(match: re.Match[str]) -> str:
        content = images.get(match[1])
        return f"url({_NOTHING if content is None else data_address('image/png', content)})"

    return _ADDRESS.sub(inline, style)


def inside(text: str) -> Markup:
    """Return a library's text as it can stand in a page's script or style."""
    # An end tag would end the element that the text stands in; with the backslash it means the same to a browser.
    return Markup(_END_TAG.sub(r"<\\/", text))  # noqa: S704 - the library's own text


def data_address(kind: str, content: bytes) -> str:
    """Return an address that holds its content."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


Languages = Literal["zh", "en", "both"]


def render(
    report: HotspotReport,
    downloads: tuple[Download, ...],
    languages: Languages,
    *,
    leaflet_js: str,
    leaflet_css: str,
    carried: str = "{}",
    own: Path | None = None,
) -> str:
    """Write the report.

    Parameters
    ----------
    report : HotspotReport
    downloads : tuple of Download
        Tables that the page offers as files.
    languages : {'zh', 'en', 'both'}
        With both there is a switch, and Chinese is shown first.
    leaflet_js, leaflet_css : str
        The map library, without addresses of other files.
    carried : str
        JSON of what it was made of and of its figures, by which it can be checked.
    own : Path, optional
        Folder with templates of the town's own.

    Returns
    -------
    str
        HTML; the same for the same report.
    """
    # It brings a library of maps, for which no server should wait that makes no report.
    from gridmap.reporting.webmap import interactive_map

    wanted = wanted_languages(languages)
    element, script = interactive_map(report, wanted)
    return _filled(
        report,
        wanted,
        own,
        paper=False,
        patterns=PATTERNS,
        keys="",
        element=element,
        leaflet_js=inside(leaflet_js),
        leaflet_css=inside(leaflet_css),
        script=script,
        still=still_map(report, wanted),
        files=[(d.name, d.title, data_address("text/csv;charset=utf-8", d.content)) for d in downloads],
        carried=Markup(carried.replace("<", "\\u003c")),  # noqa: S704 - JSON, which may hold no end of its element
    )


def render_paper(report: HotspotReport, languages: Languages, own: Path | None = None) -> str:
    """Write the report for paper: without scripts, in each wanted language.

    Parameters
    ----------
    report : HotspotReport
    languages : {'zh', 'en', 'both'}
        Both stand one below the other.
    own : Path, optional
        As of :func:`render`.

    Returns
    -------
    str
        HTML for :func:`gridmap.reporting.paper.to_pdf`.
    """
    wanted = wanted_languages(languages)
    still = still_map(report, wanted, paper=True)
    return _filled(report, wanted, own, paper=True, keys=Markup("<defs>{}</defs>").format(KEYS), still=still)


def wanted_languages(languages: Languages) -> tuple[str, ...]:
    """Return the codes of the languages."""
    return ("zh", "en") if languages == "both" else (languages,)


def _filled(
    report: HotspotReport, wanted: tuple[str, ...], own: Path | None, *, paper: bool, **more: object
) -> str:
    shading = report.shading
    found = front.spots(report)
    seen = {h.label: h.definition for h in report.hotspots if h.definition}
    values = {
        "report": report,
        "caption": words.CAPTION,
        "sure": words.SURE,
        "headline": words.headline(report),
        "method": method_words(report),
        "before_note": words.before_note(report),
        "verdict": words.verdict_words(report),
        "definitions": sorted(seen.items(), key=lambda item: (item[0] == words.NO_PATTERN, item[0])),
        "proposals": words.proposals(report),
        "front": found,
        "page_one": page_one(report, found, wanted),
        "strongest": words.strongest(report) if report.hotspots else None,
        "can_compare": front.can_compare(report),
        "villages": front.by_village(report),
        "shaded": "" if shading is None else class_map.drawn(shading, wanted, paper=paper),
        "shades": "" if shading is None else class_map.keys(shading, wanted),
        "paper": paper,
    }
    functions = {
        "course_of": words.course_of,
        "p_text": words.p_text,
        "count_text": words.count_text,
        "change_text": words.change_text,
        "place_text": words.place_text,
        "place_change_text": words.place_change_text,
        "expected_text": words.expected_text,
        "times_text": words.times_text,
        "sureness": words.sureness,
        "hint": tuple(" ".join(both) for both in zip(HINT, PLACES_HINT, strict=True)),
    }
    return fill("hotspots.html.j2", wanted, own, values | more, functions)
