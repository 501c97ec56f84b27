"""How well forecasts hit in two cities beside three kinds of counting, and what hours of the week tell.

Run: python -m scripts.bench.forecast DATA. The folder holds chicago_arson/chicago_arson.csv (X, Y in metres, date) and
memphis/memphis_robberies.csv (date with its time, lon, lat). Cells of 500 m, the last 12 weeks held out.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap import __version__, crs
from gridmap.analysis import forecast
from gridmap.analysis.hours import DAYS, HOURS, weekly_profile

SIDE_M, WEEKS = 500.0, 12
MEMPHIS_EPSG = 32616
Floats = NDArray[np.float64]


def cities(folder: Path) -> dict[str, tuple[Floats, pd.Series]]:
    """Places in metres and times of both cities."""
    arson = pd.read_csv(folder / "chicago_arson" / "chicago_arson.csv")
    robberies = pd.read_csv(folder / "memphis" / "memphis_robberies.csv")
    x, y = crs.from_wgs84(robberies["lon"].to_numpy(), robberies["lat"].to_numpy(), MEMPHIS_EPSG)
    return {
        "Chicago": (arson[["X", "Y"]].to_numpy(), pd.to_datetime(arson["date"])),
        "Memphis": (np.column_stack([x, y]), pd.to_datetime(robberies["date"])),
    }


def weekly(xy: Floats, at: pd.Series) -> tuple[Floats, Floats]:
    """Count by cell of the box around all places and by whole week, the last ending with the last day; and centres."""
    days = (at.max().normalize() - at.dt.normalize()).dt.days.to_numpy()
    weeks = int(days.max() // DAYS)
    kept = days // DAYS < weeks
    column, row = np.floor((xy - xy.min(axis=0)) / SIDE_M).astype(int).T
    width, height = column.max() + 1, row.max() + 1
    cube = np.zeros((width * height, weeks))
    np.add.at(cube, ((row * width + column)[kept], weeks - 1 - days[kept] // DAYS), 1)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return cube, np.column_stack([x.ravel(), y.ravel()]) * SIDE_M


def hours(at: pd.Series) -> tuple[float, float, int]:
    """Log-likelihood an incident of the last 12 weeks above that of equal hours: hours of the day, and of the week."""
    held = at > at.max() - pd.Timedelta(weeks=WEEKS)
    past, coming = (
        np.histogram2d(t.dt.day_of_week, t.dt.hour, bins=[range(DAYS + 1), range(HOURS + 1)])[0]
        for t in (at[~held], at[held])
    )
    of_week = weekly_profile(past).share
    of_day = np.broadcast_to(of_week.sum(axis=0) / DAYS, of_week.shape)
    day, week = (
        float((coming * np.log(share * DAYS * HOURS)).sum() / coming.sum()) for share in (of_day, of_week)
    )
    return day, week, int(coming.sum())


def main() -> None:
    print(f"{dt.date.today()}, gridmap {__version__}, cells of {SIDE_M:.0f} m, {WEEKS} weeks held out")  # noqa: DTZ011
    print(
        "PAI on weeks that no model had seen; difference against the best comparator with its 95 % interval"
    )
    names = ("count", "recent", "kernel", "regression", "blend")
    print(
        f"{'city':9s}{'area':>6s}{'incidents':>11s}",
        *(f"{name:>11s}" for name in names),
        "   difference of the blend",
    )
    for city, (xy, at) in cities(Path(sys.argv[1])).items():
        cube, centres = weekly(xy, at)
        for share in (0.01, 0.05):
            found = forecast.score(
                cube, np.full(len(cube), SIDE_M**2), centres, held_out=WEEKS, area_share=share
            )
            blend = found.scores[-1]
            print(
                f"{city:9s}{share:6.0%}{found.incidents:11d}",
                *(f"{one.pai:11.2f}" for one in found.scores),
                f"   {blend.gain / share:+.2f} ({blend.gain_low / share:+.2f} … {blend.gain_high / share:+.2f}) "
                f"against {found.comparator}: {found.verdict}",
                flush=True,
            )
        chosen = ", ".join(name for name, part in found.shares.items() if part)
        print(
            f"          half-life {found.widths.half_life:.0f} weeks, of the kernel "
            f"{found.widths.kernel_half_life:.0f} with {found.widths.multiple:g} cells; blend of {chosen}"
        )
    day, week, n = hours(cities(Path(sys.argv[1]))["Memphis"][1])
    print(
        f"Memphis, hours of {n} robberies: log-likelihood of one above that of equal hours {day:+.3f} by the hour of "
        f"the day, {week:+.3f} by the hour of the week"
    )


if __name__ == "__main__":
    main()
