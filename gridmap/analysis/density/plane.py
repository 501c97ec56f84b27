"""Kernel densities: over the plane on a raster, and along roads.

Planar coordinates of any unit; a density is events per squared unit, or per unit of length along roads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import numbers_of
from gridmap.analysis._points import distinct, points_of, positive, weights_of
from gridmap.analysis.density import _loops as loops
from gridmap.analysis.density._kernels import KernelName, kernel_of
from gridmap.analysis.density._raster import Events, Job
from gridmap.analysis.reach.assign import PolygonLocator
from gridmap.errors import InvalidInput

_CELLS_MAX = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A density on a raster.

    Attributes
    ----------
    values : ndarray of float, shape (rows, columns)
        Events per squared unit at the middle of each cell; row 0 is the southernmost. Zero outside.
    x0, y0 : float
        South-western corner of the raster.
    cell_m : float
        Side of a cell, in the unit of the coordinates.
    inside : ndarray of bool, shape (rows, columns)
        Cells whose middle lies in the mask.
    mass : float
        Sum of values times the cell's area.
    n_outside : int
        Events outside the mask, which were left out.
    conventions : dict of str to str
        What was decided, to be printed with the result.
    """

    values: NDArray[np.float64]
    x0: float
    y0: float
    cell_m: float
    inside: NDArray[np.bool_]
    mass: float
    n_outside: int
    conventions: dict[str, str]


def kde(
    xy: ArrayLike,
    bandwidth_m: float | tuple[float, float],
    cell_m: float,
    kernel: KernelName = "quartic",
    mask: object = None,
    weights: ArrayLike | None = None,
    *,
    bounds: tuple[float, float, float, float] | None = None,
    edge_correction: bool = True,
) -> Density:
    """Estimate the density of events on a raster.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Events in planar coordinates of any unit.
    bandwidth_m : float or (float, float)
        Radius of the kernel (its standard deviation if Gaussian), for both axes or for x and y; at least one cell.
    cell_m : float
        Side of a cell. Choose at most a sixth of the bandwidth.
    kernel : {"quartic", "gaussian", "epanechnikov", "triangular", "uniform"}, default "quartic"
    mask : shapely polygon, sequence of them, or GeoSeries, optional
        The study area. Events outside are left out and counted.
    weights : array_like of float, shape (n,), optional
        How many events a row stands for.
    bounds : (x_min, y_min, x_max, y_max), optional
        Extent of the raster; by default the mask's, else that of the events and their kernels. Without a mask,
        events beyond the bounds contribute.
    edge_correction : bool, default True
        Divide each event's kernel by the part of it inside the mask (Jones and Diggle), so that the mass inside is the
        number of events inside. Without a mask each kernel's sum on the lattice is made one.

    Returns
    -------
    Density

    Raises
    ------
    InvalidInput
        When an argument has the wrong shape or is not finite, the bandwidth is below one cell, the raster has
        more than 2 ** 26 cells, or the mask holds no cell.

    Notes
    -----
    With few events, or kernels narrower than six cells, kernels are added exactly. Otherwise events are shared
    among 4 x 4 nodes by cubic weights and convolved with the kernel by FFT.

    References
    ----------
    P. J. Diggle, *A kernel method for smoothing point process data*, Applied Statistics 34, 1985.
    M. C. Jones, *Simple boundary correction for kernel density estimation*, Statistics and Computing 3, 1993.
    B. W. Silverman, *Kernel density estimation using the fast Fourier transform*, Applied Statistics 31, 1982.
    """
    points = points_of(xy, finite=False)
    shape = kernel_of(kernel)
    cell = positive(cell_m, "cell-not-positive", "像元边长", "side of a cell")
    wide, high = _pair(bandwidth_m)
    if min(wide, high) < cell:
        raise InvalidInput(
            "bandwidth-below-cell",
            "带宽小于像元边长，请减小像元或加大带宽。",
            "The bandwidth is narrower than a cell; choose smaller cells or a wider bandwidth.",
        )
    events = Events.of(points, weights_of(weights, len(points)))
    area = None if mask is None else _polygons(mask)
    west, south, east, north = _extent(events, area, bounds, (wide * shape.support, high * shape.support))
    columns, rows = (max(1, math.ceil(side / cell - 1e-9)) for side in (east - west, north - south))
    if columns * rows > _CELLS_MAX:
        raise InvalidInput(
            "raster-too-large",
            f"栅格有 {columns} × {rows} 个像元，过多；请加大像元。",
            f"The raster has {columns} x {rows} cells, too many; choose larger cells.",
        )
    frame = (west + cell / 2, south + cell / 2, cell)
    inside = np.ones((rows, columns), np.bool_)
    n_all = events.n
    if area is not None:
        locator = PolygonLocator(area)
        grid_x, grid_y = np.meshgrid(frame[0] + cell * np.arange(columns), frame[1] + cell * np.arange(rows))
        inside = (locator.locate(grid_x.ravel(), grid_y.ravel()) >= 0).reshape(rows, columns)
        _refuse_empty(inside)
        events = events.where(locator.locate(events.x, events.y) >= 0)
    else:
        events = events.near((west, south, east, north), (wide * shape.support, high * shape.support))
    n_outside = n_all - events.n if area is not None else 0
    job = Job(shape, (wide, high), cell, frame, inside, bounded=area is not None, normalise=edge_correction)
    mass_of_cells, how = job.run(events)
    values = mass_of_cells / cell**2
    return Density(
        values=values,
        x0=west,
        y0=south,
        cell_m=cell,
        inside=inside,
        mass=float(mass_of_cells.sum()),
        n_outside=n_outside,
        conventions={
            "kernel": kernel,
            "bandwidth": "standard deviation" if kernel == "gaussian" else "radius",
            "bandwidth_x": repr(wide),
            "bandwidth_y": repr(high),
            "edge": ("jones-diggle" if area is not None else "lattice") if edge_correction else "none",
            "sum": how,
        },
    )


def density_at(
    xy: ArrayLike,
    at: ArrayLike,
    bandwidth_m: float | tuple[float, float],
    kernel: KernelName = "quartic",
    weights: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Exact density at any places, without edge correction.

    Parameters
    ----------
    xy, at : array_like of float, shape (n, 2) and (m, 2)
        Events, and places, in planar coordinates of one unit.
    bandwidth_m, kernel, weights
        As in `kde`.

    Returns
    -------
    ndarray of float, shape (m,)
        Events per squared unit.
    """
    events, places = points_of(xy), points_of(at)
    shape = kernel_of(kernel)
    wide, high = _pair(bandwidth_m)
    spots, size, _ = distinct(events, weights_of(weights, len(events)))
    total: NDArray[np.float64] = loops.sum_at(places, spots, size, shape.code, (wide, high), shape.support)
    return total * (shape.height / (wide * high))


def _pair(bandwidth_m: float | tuple[float, float]) -> tuple[float, float]:
    both = np.atleast_1d(numbers_of(bandwidth_m, "带宽", "A bandwidth"))
    if both.shape not in {(1,), (2,)}:
        raise InvalidInput(
            "bandwidth-shape",
            "带宽应为一个数，或 x、y 方向各一个。",
            "A bandwidth is one number, or one for x and one for y.",
        )
    wide, high = (
        positive(float(b), "bandwidth-not-positive", "带宽", "bandwidth") for b in (both[0], both[-1])
    )
    return wide, high


def _polygons(mask: object) -> NDArray[np.object_]:
    if isinstance(mask, shapely.Geometry):
        return np.array([mask], dtype=object)
    geometries: ArrayLike = mask.geometry if hasattr(mask, "geometry") else mask  # type: ignore[assignment]
    area = np.asarray(geometries, dtype=object).reshape(-1)
    if not shapely.is_geometry(area).all():
        raise InvalidInput(
            "mask-not-polygons",
            "研究区应为多边形，且不得缺失。",
            "A mask must be one or several polygons, none missing.",
        )
    return area


def _extent(
    events: Events,
    area: NDArray[np.object_] | None,
    bounds: tuple[float, float, float, float] | None,
    reach: tuple[float, float],
) -> tuple[float, float, float, float]:
    if bounds is not None:
        sides = numbers_of(bounds, "范围", "Bounds")
        if sides.shape != (4,):
            raise InvalidInput(
                "bounds-shape",
                "范围应为西、南、东、北四个数。",
                "Bounds are four numbers: west, south, east, north.",
            )
        west, south, east, north = sides.tolist()
    elif area is not None and len(area):
        west, south, east, north = (float(side) for side in shapely.total_bounds(area))
    elif area is None and events.n:
        low_x, low_y, high_x, high_y = events.bounds
        west, south, east, north = low_x - reach[0], low_y - reach[1], high_x + reach[0], high_y + reach[1]
    else:
        west = south = east = north = math.nan
    if not (math.isfinite(west + south + east + north) and west < east and south < north):
        raise InvalidInput(
            "extent-empty",
            "没有可以计算的范围：请给出事件、研究区或范围。",
            "There is no extent to work on: give events, a mask or bounds.",
        )
    return west, south, east, north


def _refuse_empty(inside: NDArray[np.bool_]) -> None:
    if not inside.any():
        raise InvalidInput(
            "mask-holds-no-cell",
            "研究区内没有任何像元中心，请减小像元。",
            "No middle of a cell lies in the mask; choose smaller cells.",
        )
