"""Events in a neighbourhood against what the people present make likely."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis import fdr as correction
from gridmap.analysis._given import Rng
from gridmap.analysis.dispersion import dispersion_of
from gridmap.analysis.hotspot import _counts
from gridmap.analysis.hotspot.field import Field, checked, checked_choice, checked_values, seed_of
from gridmap.analysis.hotspot.null import TIES, Uniforms
from gridmap.analysis.hotspot.results import Floats, LocalCounts
from gridmap.errors import InvalidInput

NULLS = ("auto", "poisson", "gamma-poisson")
_PARTS = float(1 << 50)
NULL_NAMES = {"poisson": "binomial (Poisson)", "gamma-poisson": "beta-binomial (gamma-Poisson)"}
DISPERSED = 2.326
"""Standard errors above none from which counts vary more than Poisson counts (1 %)."""
LEAST_LEFT = 0.5
"""Share of the cells that a null is made of at least."""


def local_counts(
    events: ArrayLike,
    exposure: ArrayLike | None,
    weights: sparse.csr_array,
    *,
    star: bool = True,
    null: str = "auto",
    ties: str = "randomised",
    fdr: str = "bh",
    rng: Rng = None,
    keys: ArrayLike | None = None,
    without_hot: float | None = None,
) -> LocalCounts:
    """Find the neighbourhoods with more, or fewer, events than their share of the people present.

    Parameters
    ----------
    events : array_like of int, shape (n,)
        Counts.
    exposure : array_like of float, shape (n,), or None
        People present, or any other measure of opportunity, in any unit; None gives each cell the same.
    weights : csr_array, shape (n, n)
        Who is whose neighbour: entries above 0 count, whatever their size.
    star : bool
        Whether a cell belongs to its own neighbourhood.
    null : {"auto", "poisson", "gamma-poisson"}
        Events that fall on people independently; or with rates that vary from cell to cell as a gamma distribution
        does, its variance found by the method of moments. ``"auto"`` takes the second when the counts vary more than
        the first allows (score test, 1 %).
    ties : {"randomised", "mid", "conservative"}
        As for `local_gi`.
    fdr : {"bh", "by"}
        Correction for the number of cells.
    rng : numpy.random.Generator or int, optional
        One seed is drawn from it; 0 without it.
    keys : array_like of int, shape (n,), optional
        As for `local_gi`.
    without_hot : float, optional
        Cells found hot with a q of at most this are left out of the null, which is made anew until no further one is
        found (never of fewer than half of the cells).

    Returns
    -------
    LocalCounts
        Islands without `star` get not-a-number.

    Raises
    ------
    InvalidInput
        When something is not finite or not a count, no exposure is positive, or events happened where nobody is.

    Notes
    -----
    Given the total, the events of a neighbourhood are binomial with its share of the exposure (Poisson), or
    beta-binomial. The latter is exact for equal exposure (a Dirichlet-multinomial), else its variance is matched.
    Hotspots themselves raise the dispersion, and the rate that all others are compared with: so the gamma-Poisson null
    is the more cautious one, and `without_hot` makes both of what is left.

    References
    ----------
    C. B. Dean, *Testing for overdispersion in Poisson and binomial regression models*, J. Am. Statist. Assoc. 87, 1992;
    J. Besag and J. Newell, *The detection of clusters in rare diseases*, J. R. Statist. Soc. A 154, 1991.
    """
    checked_choice("null", null, NULLS)
    checked_choice("ties", ties, TIES)
    field = checked(events, weights, diagonal=True)
    if not field.whole:
        raise InvalidInput(
            "events-not-counts", "事件数应为非负整数。", "Events must be whole numbers that are not negative."
        )
    people = checked_exposure(exposure, field.values)
    share_of_cell = people / float(np.sum(np.sort(people)))
    near = sparse.csr_array((field.data, field.indices, field.indptr), shape=(field.n, field.n))
    member = membership(near, star=star)
    observed = member @ field.values
    share = np.minimum(summed(member, share_of_cell), 1.0)
    draw = Uniforms(field, seed_of(rng), keys, ties)
    left = np.ones(field.n, dtype=np.bool_)
    while True:
        total, dispersion, excess = _of_rest(field, share_of_cell, left)
        fitted = null if null != "auto" else "gamma-poisson" if excess > DISPERSED else "poisson"
        spread = np.zeros(field.n)
        if fitted == "gamma-poisson":
            spread = correlation(member, share, share_of_cell, dispersion)
        # Of a ground whose rest is expected to have less, a neighbourhood may hold more than all of it.
        most = max(total, int(observed.max(initial=0)))
        p = draw.split(
            *_counts.tails(observed.astype(np.int64), most, share * (total / max(most, 1)), spread)
        )
        if without_hot is None or total == 0:
            break
        found = left & (observed > total * share) & (correction.adjusted(p, fdr) <= without_hot)
        rest = left & ~found
        if not found.any() or rest.mean() < LEAST_LEFT or not field.values[rest].any():
            break
        left = rest
    empty = np.diff(member.indptr) == 0
    variance = total * share * (1.0 - share) * (1.0 + (total - 1) * spread)
    fixed = (share <= 0) | (share >= 1 - 1e-12) | (total == 0)
    p[fixed] = 1.0
    expected = total * share
    z = np.divide(
        observed - expected, np.sqrt(variance), out=np.zeros(field.n), where=~fixed & (variance > 0)
    )
    ratio = np.divide(observed, expected, out=np.full(field.n, np.nan), where=expected > 0)
    for of in (observed, expected, ratio, z, p):
        of[empty] = np.nan
    conventions = {
        "statistic": "neighbourhood count, own cell included" if star else "neighbourhood count",
        "exposure": "equal" if exposure is None else "given",
        "null": NULL_NAMES[fitted],
        "dispersion": f"{dispersion:.6g}",
        "dispersion_z": f"{excess:.4g}",
        "ties": ties,
        "fdr": fdr,
        "sides": "two",
        "seed": str(draw.seed),
    }
    if without_hot is not None:
        conventions["left out of the null"] = str(int((~left).sum()))
    return LocalCounts(observed, expected, ratio, z, p, correction.adjusted(p, fdr), conventions)


def _of_rest(field: Field, share_of_cell: Floats, left: NDArray[np.bool_]) -> tuple[int, float, float]:
    """Return what the whole map would have by the rate of some cells, their dispersion and its excess."""
    held = float(np.sum(np.sort(share_of_cell[left])))
    events = round(float(np.sum(np.sort(field.values[left]))))
    if held <= 0.0:
        return events, 0.0, 0.0
    dispersion, excess = dispersion_of(field.values[left], events, share_of_cell[left] / held)
    return round(events / held), dispersion, excess


def checked_exposure(exposure: ArrayLike | None, events: Floats) -> Floats:
    """One number of people for each cell's events, shape (n,); ones without any.

    Raises
    ------
    InvalidInput
        When one is missing or negative, all are 0, or events happened where nobody is.
    """
    if exposure is None:
        return np.ones(len(events))
    people = checked_values(exposure)
    if people.shape != events.shape or people.min() < 0 or people.max() == 0:
        raise InvalidInput(
            "exposure-invalid",
            "每个单元应有一个非负的人数，且不能全为零。",
            "There must be one exposure for each cell, not negative and not all 0.",
        )
    nobody = (people == 0) & (events > 0)
    if nobody.any():
        row = int(np.flatnonzero(nobody)[0])
        raise InvalidInput(
            "exposure-zero",
            f"有 {nobody.sum()} 个单元发生了事件但人数为零（第 {row + 1} 行起），请补充人数或合并单元。",
            f"{nobody.sum()} cells have events but no people (first: row {row + 1}); add head-counts or merge cells.",
        )
    return people


def membership(weights: sparse.csr_array, *, star: bool) -> sparse.csr_array:
    """Ones where the weights are above 0, and (with `star`) for the cell itself."""
    pattern = sparse.csr_array(weights, dtype=np.float64, copy=True)
    pattern.data[:] = (pattern.data > 0).astype(float)
    pattern = sparse.csr_array(pattern - sparse.diags_array(pattern.diagonal()))
    if star:
        pattern = sparse.csr_array(pattern + sparse.eye_array(weights.shape[0]))
    pattern.eliminate_zeros()
    return pattern


def summed(member: sparse.csr_array, values: Floats) -> Floats:
    """Sum what is not negative over each neighbourhood, the same to the last bit whatever the order of the rows."""
    whole = float(np.sum(np.sort(values)))
    if whole <= 0.0:
        return np.zeros(member.shape[0])
    parts = np.rint(values / whole * _PARTS)
    return np.asarray((member @ parts) * (whole / _PARTS))


def correlation(member: sparse.csr_array, share: Floats, share_of_cell: Floats, dispersion: float) -> Floats:
    """Correlation of two events of a neighbourhood where the rates of cells vary, shape (n,)."""
    squares = share_of_cell**2
    inside = summed(member, squares)
    whole = float(np.sum(np.sort(squares)))
    outside = np.maximum(whole - inside, 0.0)
    top = dispersion * ((1.0 - share) ** 2 * inside + share**2 * outside)
    rest = share * (1.0 - share)
    rho = np.divide(top, rest, out=np.zeros(len(share)), where=rest > 0)
    # The variance of the mixture over 1 + itself: rates are scaled to the total, which takes up part of theirs.
    scaled: Floats = np.clip(rho / (1.0 + dispersion * whole), 0.0, 0.999)
    return scaled
