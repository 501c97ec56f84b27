"""Sentences of a hotspot report, in both languages."""

from __future__ import annotations

from gridmap.domain import terms
from gridmap.domain.protection import LEAST_TOLD, band_text, place_band
from gridmap.reporting.model import Cluster, Hotspot, HotspotReport, Text

CAPTION = Text(*terms.CAPTION)
_UNTOLD = "–"
NO_PATTERN = Text("无规律", "No pattern")
MODELS = {
    "count": Text("简单计数（只数以往件数）", "plain count of all the past"),
    "recent": Text("近重远轻计数", "recency-weighted count"),
    "kernel": Text("核密度计数", "kernel count"),
    "regression": Text("正则化回归", "regularised regression"),
    "blend": Text("混合模型", "blend of the models"),
}
SURE = (
    (0.001, Text("很有把握", "very sure")),
    (0.01, Text("有把握", "sure")),
    (1.0, Text("较有把握", "fairly sure")),
)
"""Confidence by class of q: the first bound, the second, and the rest that is significant."""


def sureness(q: float | None) -> int:
    """Return 0 (very sure), 1 (sure) or 2 (fairly sure) for a significant q."""
    if q is None:
        return 2
    return next(i for i, (bound, _) in enumerate(SURE) if q <= bound or i == len(SURE) - 1)


def p_text(p: float | None) -> str:
    """Write the class of a probability."""
    if p is None:
        return _UNTOLD
    return f"≤ {p:g}"


def count_text(count: int | None) -> Text:
    """Write a number of incidents; those that are not told as being below the least, and those not known as a dash."""
    if count is None:
        return Text(_UNTOLD, _UNTOLD)
    return (
        Text(f"不足 {LEAST_TOLD}", f"< {LEAST_TOLD}")
        if count < LEAST_TOLD
        else Text(f"{count:,}", f"{count:,}")
    )


def change_text(now: int, before: int | None) -> Text:
    """Write the change between two periods: exactly where both numbers may be told."""
    if before is None:
        return Text(_UNTOLD, _UNTOLD)
    if before < LEAST_TOLD or now < LEAST_TOLD:
        return Text(_UNTOLD, _UNTOLD)
    difference = now - before
    if difference == 0:
        return Text("持平", "same")
    share = f"{difference / before:+.0%}".replace("-", "−")
    shown = f"{difference:+,}".replace("-", "−")
    return Text(f"{shown} ({share})", f"{shown} ({share})")


def place_text(count: int | None) -> str:
    """Write the band that the number of a place lies in; a dash where it is not known."""
    return _UNTOLD if count is None else band_text(count)


def place_change_text(now: int, before: int | None) -> Text:
    """Write how the number of a place changed, as far as bands can tell."""
    if before is None:
        return Text(_UNTOLD, _UNTOLD)
    if place_band(now) == place_band(before):
        return Text("同一档", "same band")
    return Text(
        f"由 {band_text(before)} 到 {band_text(now)}", f"from {band_text(before)} to {band_text(now)}"
    )


def counts_text(observed: int, expected: float | None) -> Text:
    """Tell how many a place has, as a band, beside the number that was expected where that is told."""
    zh, en = f"接报 {band_text(observed)} 件", f"{band_text(observed)} reported"
    if expected is not None:
        zh += f"，预期 {expected:,.1f} 件"
        en += f", {expected:,.1f} expected"
    return Text(zh, en)


def expected_text(expected: float | None) -> str:
    """Write the number that was expected for a table."""
    return _UNTOLD if expected is None else f"{expected:,.1f}"


def times_text(observed: int, expected: float | None) -> str:
    """How many times the expected number the middle of a place's band is; the lowest band has no least."""
    if expected is None or place_band(observed)[0] == 0:
        return _UNTOLD
    ratio = observed / expected if expected > 0 else float("inf")
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"


def headline(report: HotspotReport) -> list[Text]:
    """Tell in two sentences how much, how sure and since when; where stands below them."""
    said = [_first(report)]
    if report.hotspots or report.clusters:
        said.append(_since(report))
    return said


def _first(report: HotspotReport) -> Text:
    zh = f"{report.since} 至 {report.until}，{report.place.zh}（{report.domains.zh}）"
    en = f"{report.place.en} ({report.domains.en}), {report.since} to {report.until}: "
    # None is written as 0: a report without any incident is not made.
    if report.incidents:
        zh += f"接报约 {report.incidents:,} 件（扰动数）。"
        en += f"about {report.incidents:,} incidents (perturbed) were reported. "
    else:
        zh += "接报总数过少或过细，不外传。"
        en += "how many incidents were reported is too few or too fine to be told. "
    if not report.judged:
        return Text(
            zh + "网格或数据太少，无法判断哪里明显偏多，原因见下。",
            en
            + "The grids or the data are too few to judge where there were clearly more; the reason is below.",
        )
    number = len(report.hotspots)
    if not number:
        return Text(
            zh + "没有热点：各处多少之差都没有超出偶然。",
            en + "There are no hotspots: nowhere do the differences exceed chance.",
        )
    very = sum(sureness(h.q) == 0 for h in report.hotspots)
    places = "place has" if number == 1 else "places have"
    if report.by_rate:
        zh += f"按在场人口，其中 {number} 处明显多于偶然（热点），{very} 处很有把握（q ≤ 0.001）；"
        zh += f"这些判断中预计至多 {report.alpha:.0%} 出于偶然。"
        en += (
            f"By the people present {number} {places} clearly more than chance (hotspots), {very} of them with great "
            f"confidence (q ≤ 0.001); at most {report.alpha:.0%} of such calls are expected to be due to chance."
        )
    else:
        zh += f"其中 {number} 处明显多于各格平均（人多或事多），{very} 处很有把握（q ≤ 0.001）；"
        zh += "按件数比较没有扣除人口，不能说其中多少出于偶然。"
        en += (
            f"{number} {places} clearly more than an even spread over the grids (many people or many "
            f"incidents), {very} "
            "of them with great confidence (q ≤ 0.001); by count population is not taken out, so no share of chance "
            "can be named."
        )
    return Text(zh, en)


def strongest(report: HotspotReport) -> Text:
    """Tell where the evidence is strongest."""
    top = report.hotspots[:3]
    zh, en = [], []
    for h in top:
        counts = counts_text(h.observed, h.expected)
        times = times_text(h.observed, h.expected)
        told = times != _UNTOLD
        zh_times, en_times = (f"，为 {times} 倍", f", {times} times as many") if told else ("", "")
        zh.append(f"{h.number} 号 {h.name.zh}（{h.domain.zh}，{counts.zh}{zh_times}）")
        en.append(f"no. {h.number} {h.name.en} ({h.domain.en}: {counts.en}{en_times})")
    return Text(f"证据最强的是：{'；'.join(zh)}。", f"The strongest evidence: {'; '.join(en)}.")


def course_of(cluster: Cluster) -> Text:
    """Tell from when to when a cluster is, and whether it goes on."""
    zh, en = f"{cluster.first} 至 {cluster.last}", f"{cluster.first} to {cluster.last}"
    if cluster.whole:
        return Text(f"{zh}，一直都多", f"{en}, high all along")
    return Text(f"{zh}，仍在持续", f"{en}, still going on") if cluster.ongoing else Text(zh, en)


def _since(report: HotspotReport) -> Text:
    rose = [c for c in report.clusters if not c.whole]
    going = [c for c in rose if c.ongoing]
    over = len(rose) - len(going)
    always = len(report.clusters) - len(rose)
    if not report.scanned:
        return Text(
            "数据太少，无法判断从何时开始，原因见下。",
            "The data are too few to tell since when; the reason is below.",
        )
    if not report.clusters:
        return Text(
            "时段内没有一处突然增多到超出偶然。", "Nowhere was there a rise within the period beyond chance."
        )
    whole_zh, whole_en, rise = "整个时段", "through the whole period", "within it"
    within, end = "within the period", "its end"
    if report.window_since is not None:
        whole_zh, whole_en = f"自 {report.window_since} 起一直", f"all along since {report.window_since}"
        rise = "since then"
        within, end = f"since {report.window_since}", "the end of the period"
    if not rose:
        return Text(
            f"{always} 处{whole_zh}都多；没有一处是后来才增多的。",
            f"High {whole_en}: {always}; nowhere was there a rise {rise}.",
        )
    all_zh = f"{always} 处{whole_zh}都多；" if always else ""
    all_en = f"High {whole_en}: {always}. " if always else ""
    if not going:
        return Text(
            f"{all_zh}{'时段内' if report.window_since is None else '其间'}曾有 {over} 处一时增多，期末前都已结束。",
            f"{all_en}Rises {within}, all over before {end}: {over}.",
        )
    zh = f"{all_zh}到期末仍在持续：" + "；".join(
        f"{c.name.zh}（{c.domain.zh}）自 {c.first} 起" for c in going[:3]
    )
    en = f"{all_en}Still going on at the end: " + "; ".join(
        f"{c.name.en} ({c.domain.en}) since {c.first}" for c in going[:3]
    )
    if over:
        zh += f"；另有 {over} 处一时增多，已经结束"
        en += f"; rises that are over: {over}"
    return Text(zh + "。", en + ".")


def hotspot_words(spot: Hotspot) -> Text:
    """Explain a hotspot in words, as its popup shows it."""
    counts, sure = counts_text(spot.observed, spot.expected), SURE[sureness(spot.q)][1]
    return Text(
        f"{counts.zh}；{sure.zh}（q {p_text(spot.q)}）；{spot.since.zh}；{spot.label.zh}。",
        f"{counts.en}; {sure.en} (q {p_text(spot.q)}); {spot.since.en}; {spot.label.en}.",
    )


def before_note(report: HotspotReport) -> Text:
    """Tell what the period is compared with."""
    if report.before == "known":
        return Text(
            f"前期：{report.before_since} 至 {report.before_until}，天数相同。热点是因本期件数多才被选中的，"
            "即使没有真正变化，前期也往往较少；请结合“何时开始”看。",
            f"Before: {report.before_since} to {report.before_until}, as many days. Hotspots are chosen for being high "
            "in this period, so the one before tends to be lower even without a change; see also since when.",
        )
    if report.before == "partly":
        return Text(
            f"前期（{report.before_since} 至 {report.before_until}）的记录不完整：记录自 {report.records_since} 起，"
            "因此不作比较。",
            f"The period before ({report.before_since} to {report.before_until}) is not complete: records begin on "
            f"{report.records_since}. So nothing is compared.",
        )
    return Text(
        f"没有前期数据：记录自 {report.records_since} 起。",
        f"There are no data of the period before: records begin on {report.records_since}.",
    )


def proposals(report: HotspotReport) -> list[Text]:
    """Tell what is proposed first, with the places that it is proposed for."""
    out = []
    for text in sorted({h.proposal for h in report.hotspots}):
        meant = [h for h in report.hotspots if h.proposal == text]
        zh = "、".join(f"{h.number} 号（{h.name.zh}，{h.domain.zh}）" for h in meant)
        en = "; ".join(f"no. {h.number} ({h.name.en}, {h.domain.en})" for h in meant)
        out.append(Text(f"{text.zh}：{zh}", f"{text.en}: {en}"))
    return out


def verdict_words(report: HotspotReport) -> Text | None:
    """Say plainly whether the forecast is worth using; None where it could not be scored."""
    scored = report.forecast
    if scored is None:
        return None
    blend = scored.rows[-1]
    gain, low, high = (
        f"{100 * value:+.1f}".replace("-", "−") for value in (blend.gain, blend.gain_low, blend.gain_high)
    )
    advice = {
        "better": Text("可以参考预测，但增益有限。", "The forecast may be used; mind how small the gain is."),
        "no-better": Text(
            "数一数以往件数就够了，不必用模型。", "Counting the past is enough; no model is needed."
        ),
        "worse": Text("不要用模型，数以往件数更准。", "Do not use the model: counting the past does better."),
    }[scored.verdict]
    return Text(
        f"结论：预测{scored.words.zh}。在 {scored.weeks} 个未见过的周（{scored.incidents:,} 件）上，"
        f"命中率与最好的对照（{scored.comparator.zh}）相差 {gain} 个百分点（95% 区间 {low} 至 {high}）。{advice.zh}",
        f"Verdict: the forecast is {scored.words.en}. On {scored.weeks} weeks that it had not seen "
        f"({scored.incidents:,} incidents), its hit rate differs from that of the best comparator "
        f"({scored.comparator.en}) by {gain} points (95 % interval {low} to {high}). {advice.en}",
    )
