"""What holds for every scan."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.analysis import scan


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 30),
    share=st.floats(0.05, 1.0),
    side=st.sampled_from(["high", "low", "both"]),
    shape=st.sampled_from(["circle", "ellipse"]),
    model=st.sampled_from(["poisson", "bernoulli", "permutation"]),
)
def test_clusters_are_disjoint_ranked_within_the_limit_and_on_the_side_asked_for(
    seed: int, n: int, share: float, side: str, shape: str, model: str
) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 8, (n, 2)).astype(float)
    people = rng.integers(1, 20, n)
    cases = rng.binomial(people, 0.3)
    cases[0] = max(cases[0], 1)
    found = scan.spatial(
        xy, cases, people, model, shape, share, permutations=17, rng=rng, side=side, ratios=(1.0, 2.5)
    )
    assert found.maxima.shape == (17,)
    assert (found.maxima >= 0).all()
    seen: set[int] = set()
    for cluster in found.clusters:
        members = set(cluster.members.tolist())
        assert members
        assert not members & seen
        seen |= members
        assert cluster.observed == cases[cluster.members].sum()
        assert cluster.population == people[cluster.members].sum()
        assert cluster.population <= share * people.sum() * (1 + 1e-9)
        assert cluster.llr > 0
        assert 1 / 18 <= cluster.p <= 1
        if side != "both":
            assert (cluster.observed > cluster.expected) == (side == "high")
    statistics = [cluster.statistic for cluster in found.clusters]
    assert statistics == sorted(statistics, reverse=True) or np.allclose(
        statistics, sorted(statistics, reverse=True), rtol=1e-8
    )
