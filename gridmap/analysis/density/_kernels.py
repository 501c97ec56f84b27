"""The kernels of density estimation: names, heights and supports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.density import _loops as loops
from gridmap.errors import InvalidInput

KernelName = Literal["quartic", "gaussian", "epanechnikov", "triangular", "uniform"]
_GAUSSIAN_SUPPORT = 5.0


@dataclass(frozen=True, slots=True)
class Kernel:
    """A radial kernel in the plane.

    Attributes
    ----------
    code : int
        What compiled loops call it.
    height : float
        Height in the middle that makes the integral one at bandwidth one.
    support : float
        Distance in bandwidths beyond which it is zero.
    scott : float
        Bandwidth in standard deviations that minimises the asymptotic error for normal data, times n ** (1 / 6).
    """

    code: int
    height: float
    support: float
    scott: float

    def interpolation_error(self, cells: float) -> float:
        """Largest error of the height between nodes, in parts of the height, at a bandwidth in cells.

        Measured for cubic interpolation; each kernel's smoothness at its rim decides the order.
        """
        if self.code == loops.GAUSSIAN:
            return 0.15 / cells**4
        if self.code == loops.QUARTIC:
            return 0.35 / cells**2
        # A kink errs to one side along the whole rim, so its errors cancel less than those of smooth kernels.
        return 1.0 if self.code == loops.UNIFORM else 0.8 / cells


KERNELS: dict[str, Kernel] = {
    "quartic": Kernel(loops.QUARTIC, 3 / math.pi, 1.0, (4 * 9 / 5 * 8**2) ** (1 / 6)),
    "gaussian": Kernel(
        loops.GAUSSIAN,
        1 / (2 * math.pi * (1 - math.exp(-(_GAUSSIAN_SUPPORT**2) / 2))),
        _GAUSSIAN_SUPPORT,
        1.0,
    ),
    "epanechnikov": Kernel(loops.EPANECHNIKOV, 2 / math.pi, 1.0, (4 * 4 / 3 * 6**2) ** (1 / 6)),
    "triangular": Kernel(loops.TRIANGULAR, 3 / math.pi, 1.0, (4 * 3 / 2 * (20 / 3) ** 2) ** (1 / 6)),
    "uniform": Kernel(loops.UNIFORM, 1 / math.pi, 1.0, (4 * 4**2) ** (1 / 6)),
}


def kernel_of(name: str) -> Kernel:
    """Return the kernel of a name; raises InvalidInput for an unknown one."""
    if name not in tuple(KERNELS):
        known = ", ".join(KERNELS)
        raise InvalidInput(
            "kernel-unknown",
            f"没有名为 {name} 的核函数，可用：{known}。",
            f"No kernel is called {name}; choose {known}.",
        )
    return KERNELS[name]


def heights(kernel: Kernel, squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the kernel at squared distances in bandwidths; it integrates to one at bandwidth one."""
    inner = np.clip(1 - squared, 0, None)
    if kernel.code == loops.GAUSSIAN:
        shape = np.where(squared < kernel.support**2, np.exp(-squared / 2), 0.0)
    elif kernel.code == loops.TRIANGULAR:
        shape = np.clip(1 - np.sqrt(squared), 0, None)
    elif kernel.code == loops.UNIFORM:
        shape = (squared < 1).astype(np.float64)
    else:
        shape = inner**2 if kernel.code == loops.QUARTIC else inner
    return np.asarray(kernel.height * shape, dtype=np.float64)


@cache
def self_convolution(name: str, n_nodes: int = 257) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Convolve a kernel with itself.

    Returns
    -------
    distance : ndarray of float, shape (n_nodes,)
        From zero to twice the support, in bandwidths.
    height : ndarray of float, shape (n_nodes,)
    """
    kernel = KERNELS[name]
    at = np.linspace(0, 2 * kernel.support, n_nodes)
    node, share = np.polynomial.legendre.leggauss(96)
    radius = (node + 1) / 2 * kernel.support
    angle = (np.arange(128) + 0.5) * math.pi / 128
    shift = radius[:, None] * np.cos(angle)
    area = (share / 2 * kernel.support * radius * heights(kernel, radius**2))[:, None] * (2 * math.pi / 128)
    value = [float((area * heights(kernel, radius[:, None] ** 2 + s * s - 2 * s * shift)).sum()) for s in at]
    return at, np.array(value)
