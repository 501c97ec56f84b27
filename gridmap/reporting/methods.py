"""How a report's judgements were computed: one sentence a method, of the model that ran and no other."""

from __future__ import annotations

from gridmap.reporting.model import HotspotReport, Text

_GI = {
    False: Text(
        "热点（Gi*）：把每个网格和它的邻格加在一起，与“事件在各网格间随机互换”时会有的数目相比。各领域分开判断。",
        "Hotspots (Gi*): the incidents of each grid and its neighbours are compared with what they would be "
        "if counts were "
        "swapped among grids at random. Each domain is judged by itself.",
    ),
    True: Text(
        "热点（按发生率）：把每个网格和它的邻格的件数，与按在场人口分摊时会有的件数相比；各处发生率的差异超出偶然时，"
        "容许它们自然有高有低（贝塔-二项分布）。已找出的热点不参与估计平常的水平。各领域分开判断。",
        "Hotspots (by rate): the incidents of each grid and its neighbours are compared with what the people "
        "present there would bring; where rates differ among grids by more than chance, as they naturally do "
        "(beta-binomial). What was found hot has no part in what is usual. Each domain is judged by itself.",
    ),
}
_EXPECTED = {
    False: Text(
        "预期：所有网格平均分摊的件数，不考虑人口。人多的地方自然接报多；要按人口比较，请用 --by rate。",
        "Expected: incidents spread evenly over the grids, whatever their population. More people report "
        "more; to compare "
        "by people use --by rate.",
    ),
    True: Text(
        "预期：按在场人口（户籍人口加流动人口的在场部分）平均分摊的件数。",
        "Expected: incidents spread evenly over the people present, residents and the temporary residents who "
        "are there.",
    ),
}


_COURSE = {
    False: Text(
        "何时开始、类别（新兴热点）：把每个网格、邻格和上一{zh}加在一起，逐{zh}与“事件在全部网格和全部{zh}间随机互换”时会有的数目相比。",
        "Since when, and class (emerging hotspots): each grid with its neighbours and the {en} before, {en} by {en}, "
        "against what it would be if counts were swapped among all grids and all {en}s.",
    ),
    True: Text(
        "何时开始、类别（按发生率的新兴热点）：把每个网格、邻格和上一{zh}加在一起，逐{zh}与按在场人口分摊同一时间全镇件数时会有的件数相比"
        "（同样容许各处发生率有高有低）；全镇一起升降不算。升降看实际与预期之比。",
        "Since when, and class (emerging hotspots by rate): each grid with its neighbours and the {en} before, {en} by "
        "{en}, against its share by the people present of all incidents of the same time, rates differing as above "
        "(beta-binomial); what rises or falls everywhere does not count. Rising and falling are of reported over "
        "expected.",
    ),
}


def method_words(report: HotspotReport) -> list[Text]:
    """Tell how the judgements were computed, by the model that ran.

    Parameters
    ----------
    report : HotspotReport
    """
    told = [_GI[report.by_rate], _sure(report), _EXPECTED[report.by_rate], _course(report), _scan(report)]
    return [*told, *_window(report), *_learned(report)]


def _window(report: HotspotReport) -> tuple[Text, ...]:
    if report.window_since is None:
        return ()
    return (
        Text(
            f"本期太短，单看本期看不出哪里是新近增多的，因此“何时开始”、类别和时空聚集从 {report.window_since} 看起"
            "（期末以前十三周，或自有记录起）；时空聚集只报延续到本期、在本期也明显偏多的，件数从其开始之日算起。热点本身只看本期。",
            "The period is too short to show by itself what rose: since when, class and clusters in space and time "
            f"look from {report.window_since} on (thirteen weeks up to the end of the period, or since records begin). "
            "Only clusters that reach into the period, and are high in it, too, are told; their numbers count "
            "from their first day. Hotspots are of the period alone.",
        ),
    )


def _learned(report: HotspotReport) -> tuple[Text, ...]:
    scored = report.forecast
    if scored is None:
        return ()
    return (
        Text(
            f"预测：用 {scored.history_since} 至 {report.until} 的 {scored.history_weeks} 周记录（最多两年），"
            f"只算到期末为止已接报的，不限于本期；其中最后 {scored.weeks} 周用于评分，每周只用此前已接报的来预测。",
            f"Forecast: from records of {scored.history_weeks} weeks, {scored.history_since} to {report.until} "
            "(two years at most), reported by the end of the period, not of the period alone; the last "
            f"{scored.weeks} of them score it, each predicted from what had been reported before it.",
        ),
    )


def _course(report: HotspotReport) -> Text:
    zh, en = _COURSE[report.by_rate]
    return Text(zh.format(zh=report.step.zh), en.format(en=report.step.en))


def _sure(report: HotspotReport) -> Text:
    zh = (
        "把握（q）：同时判断很多网格，总会有碰巧的。q 已对此校正（错误发现率，Benjamini–Hochberg；"
        f"三到五格以外也多的地方权重大一些），q ≤ {report.alpha} 的叫热点"
    )
    en = (
        "How sure (q): among many grids some stand out by luck. q is corrected for that (false discovery rate, "
        "Benjamini–Hochberg, with more weight where the grids three to five steps away stand out, too), and what has "
        f"q ≤ {report.alpha} is called a hotspot"
    )
    if report.by_rate:
        zh += f"，其中预计至多 {report.alpha:.0%} 是碰巧。"
        en += f"; of these at most {report.alpha:.0%} are expected to be luck."
    else:
        zh += "。但这里没有扣除人口：人多的网格也会因此显著，所以不能说其中多少是碰巧。"
        en += (
            ". But population is not taken out here: grids with many people become significant by that alone, "
            "so no share "
            "of luck can be named."
        )
    return Text(zh, en)


def _scan(report: HotspotReport) -> Text:
    several = report.tested_domains > 1
    share = f"{report.alpha / report.tested_domains:.3g}"
    asked = Text(
        f"；共 {report.tested_domains} 个领域，要求 p ≤ {share}" if several else "",
        f"; with {report.tested_domains} domains p ≤ {share} is asked for" if several else "",
    )
    step = report.step
    if report.by_rate:
        return Text(
            f"时空聚集（泊松扫描）：寻找“某一带、某段时间”比按在场人口和天数平均分摊更多的圆柱，用 "
            f"{report.permutations} "
            f"次随机模拟（容许各处发生率像实际那样有高有低）求 p{asked.zh}。按整{step.zh}计算，不看零头。",
            f"Clusters in space and time (Poisson scan): cylinders of places and {step.en}s with more than an "
            f"even spread "
            f"over the people present and over time; p from {report.permutations} random "
            f"replications in which rates differ among places as they are found to{asked.en}. Whole "
            f"{step.en}s only.",
        )
    return Text(
        f"时空聚集（时空置换扫描）：寻找“某一带、某段时间”比同时期别处、同地方平时都多的圆柱，用 "
        f"{report.permutations} "
        f"次随机置换求 p{asked.zh}。按整{step.zh}计算，不看零头。",
        f"Clusters in space and time (space-time permutation scan): cylinders of places and {step.en}s with "
        f"more than both "
        f"the same time elsewhere and the same place at other times; p from {report.permutations} random "
        f"permutations{asked.en}. Whole {step.en}s only.",
    )
