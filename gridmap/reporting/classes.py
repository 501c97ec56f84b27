"""Classes of maps that are coloured by a number: one owner of breaks, colours, patterns and what a legend says."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from markupsafe import Markup

from gridmap.errors import InvalidInput
from gridmap.reporting.model import Text

Scheme = Literal["fisher_jenks", "quantiles", "equal_interval"]
SCHEMES: dict[Scheme, Text] = {
    "fisher_jenks": Text("自然断点（Fisher–Jenks）", "natural breaks (Fisher-Jenks)"),
    "quantiles": Text("分位数", "quantiles"),
    "equal_interval": Text("等间距", "equal intervals"),
}
MOST = 5
COLOURS = ("#f3f0fa", "#d3cbea", "#a99bd3", "#7a68b8", "#4b3b9b")
"""From few to many; they differ in lightness, so they can be told apart without colours, too."""
_EDGE = "#2d2170"
_MARKS = (
    "",
    '<circle cx="4" cy="4" r=".9" fill="{edge}"/>',
    '<path d="M0 0V8" stroke="{edge}" stroke-width="1"/>',
    '<path d="M0 0V8M0 0H8" stroke="{edge}" stroke-width=".8"/>',
    '<path d="M0 0V8" stroke="#fff" stroke-width=".8"/>',
)
"""What lies over each colour: nothing, dots, lines, crossed lines, light lines; more stays darker in print."""
NO_VALUE = Text("无数据", "no figure")


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of a map.

    Attributes
    ----------
    scheme : {'fisher_jenks', 'quantiles', 'equal_interval'}
    least : float
        The smallest value.
    upper : tuple of float
        Upper bound of each class, which belongs to it.
    """

    scheme: Scheme
    least: float
    upper: tuple[float, ...]

    def of(self, value: float | None) -> int | None:
        """Return the number of a value's class, from 0; None where there is no value."""
        if value is None or not np.isfinite(value):
            return None
        return min(bisect.bisect_left(self.upper, value), len(self.upper) - 1)

    def tone(self, number: int) -> int:
        """Return which of the colours and patterns a class has; the last class has the strongest."""
        return (
            len(COLOURS) - 1 if len(self.upper) == 1 else number * (len(COLOURS) - 1) // (len(self.upper) - 1)
        )

    def bounds(self, digits: int = 0) -> tuple[str, ...]:
        """Write each class as its bounds; every bound belongs to the class that it ends."""
        lower = [f"{self.least:,.{digits}f}", *(f"> {bound:,.{digits}f}" for bound in self.upper[:-1])]
        return tuple(
            f"{low} – {bound:,.{digits}f}" if bound > self.least else f"{bound:,.{digits}f}"
            for low, bound in zip(lower, self.upper, strict=True)
        )

    @property
    def words(self) -> Text:
        """The scheme and its number of classes, for a legend."""
        named, count = SCHEMES[self.scheme], len(self.upper)
        return Text(f"分级：{named.zh}，{count} 级", f"classes: {named.en}, {count}")


def classes_of(
    values: Sequence[float | None], *, scheme: Scheme = "fisher_jenks", most: int = MOST
) -> Classes | None:
    """Divide values into classes.

    Parameters
    ----------
    values : sequence of float or None
        None and what is not finite belong to no class.
    scheme : {'fisher_jenks', 'quantiles', 'equal_interval'}
    most : int
        Of classes, 2 to 5; there are no more than different values.

    Returns
    -------
    Classes or None
        None where there is no value.

    Raises
    ------
    InvalidInput
        When the scheme or the number of classes is none.

    Notes
    -----
    Breaks are those of mapclassify. Fisher-Jenks has the least sum of squares within classes that there is.

    References
    ----------
    Fisher, W. D. (1958), On grouping for maximum homogeneity, JASA 53, 789-798.
    """
    if scheme not in SCHEMES or not 2 <= most <= MOST:
        raise InvalidInput(
            "map-classes",
            f"分级方法只有 {'、'.join(SCHEMES)}，级数为 2 至 {MOST}。",
            f"Classes are made by {', '.join(SCHEMES)}, 2 to {MOST} of them.",
        )
    known = np.array([v for v in values if v is not None and np.isfinite(v)], dtype=np.float64)
    if not len(known):
        return None
    count = min(most, len(np.unique(known)))
    if count == 1:
        return Classes(scheme, float(known[0]), (float(known[0]),))
    # It compiles its loops when it is imported: nobody waits for that who draws no classes.
    import mapclassify

    made = {
        "fisher_jenks": mapclassify.FisherJenks,
        "quantiles": mapclassify.Quantiles,
        "equal_interval": mapclassify.EqualInterval,
    }[scheme](known, k=count)
    # Quantiles of many equal values may be equal, too.
    return Classes(scheme, float(known.min()), tuple(float(bound) for bound in np.unique(made.bins)))


def pattern(tone: int | None, name: str = "", scale: float = 1.0) -> Markup:
    """Return the SVG filling ``class-TONENAME``: a colour with its pattern; ``class-noneNAME`` where there is no tone.

    Parameters
    ----------
    tone : int or None
        0 to 4, as of :meth:`Classes.tone`.
    name : str
        What its name ends with, where a page has several pictures.
    scale : float
        Units of the picture for a pixel.
    """
    if tone is None:
        return Markup(
            '<pattern id="class-none{}" width="8" height="8" patternUnits="userSpaceOnUse" '
            'patternTransform="scale({:.4f})"><rect width="8" height="8" fill="#fff"/>'
            '<path d="M0 8L8 0" stroke="#9aa0a5" stroke-width=".6"/></pattern>'
        ).format(name, scale)
    return Markup(
        '<pattern id="class-{}{}" width="8" height="8" patternUnits="userSpaceOnUse" '
        'patternTransform="scale({:.4f}) rotate({})"><rect width="8" height="8" fill="{}"/>{}</pattern>'
    ).format(
        tone,
        name,
        scale,
        0 if tone < 2 else 45,
        COLOURS[tone],
        Markup(_MARKS[tone].format(edge=_EDGE)),  # noqa: S704 - own text
    )


def patterns(name: str = "", scale: float = 1.0) -> Markup:
    """Return every filling of :func:`pattern`."""
    return Markup("").join(pattern(tone, name, scale) for tone in (*range(len(COLOURS)), None))
