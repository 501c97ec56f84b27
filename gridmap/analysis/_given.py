"""What a caller gives, as arrays, numbers and generators; or a refusal that names what is wanted."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import InvalidInput

Rng = np.random.Generator | int | None
"""Source of chance: a generator, the seed of one, or None for the seed 0."""

_NO_NUMBERS = "cmMSUV"


def numbers_of(given: ArrayLike, zh: str, en: str) -> NDArray[np.float64]:
    """Return an array as floats; raises InvalidInput for text, dates, complex numbers, geometries or ragged rows."""
    try:
        kind = getattr(getattr(given, "dtype", None), "kind", None) or np.asarray(given).dtype.kind
        if kind not in _NO_NUMBERS:
            return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidInput(
        "not-numbers",
        f"{zh}必须是数字数组，且各行长度相同；日期、文字和几何请先换算成数字。",
        f"{en} must be an array of numbers with rows of one length; turn dates, text or geometries into numbers first.",
    )


def real_of(given: Any, zh: str, en: str) -> float:
    """Return one number as a float, which may be infinite or missing; raises InvalidInput for anything else."""
    if not isinstance(given, str | bytes):
        try:
            return float(given)
        except (TypeError, ValueError, OverflowError):
            pass
    raise InvalidInput("not-a-number", f"{zh}必须是一个数。", f"{en} must be one number.")


def whole_of(given: Any, zh: str, en: str) -> int:
    """Return one whole number; raises InvalidInput for anything else."""
    try:
        return operator.index(given)
    except TypeError:
        pass
    if isinstance(given, float | np.floating) and float(given).is_integer():
        return int(given)
    raise InvalidInput("not-whole", f"{zh}必须是一个整数。", f"{en} must be one whole number.")


def generator_of(rng: Any) -> np.random.Generator:
    """Return a generator: the one given, one with the seed given, or one with the seed 0; else raises InvalidInput."""
    if rng is None:
        return np.random.default_rng(0)
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    raise InvalidInput(
        "rng-kind",
        "rng 应为 numpy.random.Generator（如 numpy.random.default_rng(7)）或非负整数种子。",
        "rng must be a numpy.random.Generator, such as numpy.random.default_rng(7), or a seed that is not negative.",
    )
