"""Small counts merge until nobody can be made out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridmap.analysis.suppress import NOT_SHOWN, merge_up

cells = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=40
).map(lambda rows: np.array(rows, dtype=np.int64))


def merged(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts = rows[:, 0]
    groups = np.column_stack([rows[:, 2] * 10 + rows[:, 1], rows[:, 2], np.zeros(len(rows), dtype=np.int64)])
    return counts, groups, merge_up(counts, groups)


@given(cells)
def test_every_unit_that_is_shown_holds_five_incidents(rows: np.ndarray) -> None:
    counts, _, units = merged(rows)
    assert len(units) == len(counts)
    for unit in np.unique(units[units != NOT_SHOWN]):
        assert counts[units == unit].sum() >= 5


@given(cells)
def test_what_is_not_shown_holds_nothing_unless_all_there_is_holds_fewer_than_five(rows: np.ndarray) -> None:
    counts, _, units = merged(rows)
    hidden = counts[units == NOT_SHOWN].sum()
    assert hidden == 0 or counts.sum() < 5


@given(cells)
def test_a_hidden_remainder_cannot_be_found_by_subtracting_from_its_group(rows: np.ndarray) -> None:
    counts, groups, units = merged(rows)
    assert len(groups) == len(units) == len(counts)
    for group in np.unique(groups[:, 0]):
        inside = groups[:, 0] == group
        own = [u for u in np.unique(units[inside & (units != NOT_SHOWN)]) if inside[units == u].all()]
        remainder = counts[inside].sum() - sum(counts[units == u].sum() for u in own)
        assert remainder == 0 or remainder >= 5 or not own


@given(cells)
def test_a_cell_with_enough_stands_alone_unless_it_shields_a_smaller_one(rows: np.ndarray) -> None:
    counts, _, units = merged(rows)
    assert (units[counts >= 5] != NOT_SHOWN).all()


@given(cells, st.randoms())
def test_rows_may_come_in_any_order(rows: np.ndarray, random: object) -> None:
    order = np.arange(len(rows))
    random.shuffle(order)  # type: ignore[attr-defined]
    _, _, units = merged(rows)
    counts, _, mixed = merged(rows[order])
    sizes = sorted(counts[mixed == u].sum() for u in np.unique(mixed))
    assert sizes == sorted(rows[units == u, 0].sum() for u in np.unique(units))
