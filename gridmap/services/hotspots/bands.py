"""Numbers of the places of a run as they may leave the house: bands, and what is told beside them."""

from __future__ import annotations

from dataclasses import replace

from gridmap.domain.hotspots import Finding
from gridmap.domain.protection import band_text, middle_of_band, place_band


def in_words(
    observed: int, expected: int | None, q: float | None, sign: str = "q", *, found: bool = True
) -> tuple[str, str]:
    """Explain a protected result in a sentence of each language; what was found is told as a band."""
    zh, en = [f"约 {observed} 件接报（扰动数）"], [f"about {observed} reported (perturbed)"]
    if found:
        band = band_text(observed)
        zh, en = [f"接报 {band} 件（扰动数，分档）"], [f"{band} reported (band of a perturbed number)"]
    if expected is not None:
        zh.append(f"预期约 {expected} 件")
        en.append(f"about {expected} expected")
    if q is not None:
        zh.append(f"{sign} ≤ {q:g}")
        en.append(f"{sign} ≤ {q:g}")
    return "，".join(zh), ", ".join(en)


def times_expected(observed: int, expected: float | None) -> float | None:
    """Tell how many times the expected number the middle of a band is; None in the lowest, which has no least."""
    if expected is None or place_band(observed)[0] == 0:
        return None
    return round(observed / expected, 1)


def with_band(found: Finding) -> Finding:
    """Tell a finding's number as its band: runs that were kept before places had bands hold the number itself.

    Parameters
    ----------
    found : Finding
        Of the perturbed class; one without a label is a cell of a table, and stays.
    """
    about = found.evidence
    if found.label == "none":
        return found
    # Also where the number is a middle by chance: the words beside it say whether it is one.
    observed = middle_of_band(about["observed"])
    is_cluster = "radius_m" in about
    expected = about["expected"]
    chance, sign = (about["p"], "p") if is_cluster else (about["q"], "q")
    zh, en = in_words(observed, None if expected is None else round(expected), chance, sign)
    evidence = about | {"observed": observed, "words_zh": zh, "words_en": en}
    if is_cluster:
        evidence |= {"relative_risk": times_expected(observed, expected)}
    return replace(found, evidence=evidence)
