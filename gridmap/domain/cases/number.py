"""A case's number for life: town 9, day 8, and five digits drawn without repetition."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
from numpy.typing import NDArray

ORDERS = 100_000
"""How many numbers a town's day has."""

_NUMBER = re.compile(r"\d{22}")


def is_number(text: str) -> bool:
    """Tell whether a text has the form of a number for life."""
    return _NUMBER.fullmatch(text) is not None


def parts(number: str) -> tuple[int, dt.date, int] | None:
    """Return the town's code, the local day and the five digits of a number for life; None where it is none."""
    if not is_number(number):
        return None
    try:
        day = dt.datetime.strptime(number[9:17], "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    return int(number[:9]), day, int(number[17:])


def order(seed: int) -> NDArray[np.int64]:
    """Return the order in which a town's day draws its five digits; the seed keeps it secret.

    Parameters
    ----------
    seed : int
        Not negative.
    """
    return np.random.default_rng(seed).permutation(ORDERS)


def compose(town: int, day: dt.date, digits: int) -> str:
    """Return the number of a town's code, a local day and five drawn digits."""
    return f"{town:09d}{day:%Y%m%d}{digits:05d}"
