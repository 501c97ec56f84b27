// Every sentence of the page, in both languages; numbers and days as each language writes them.

import { COVERAGE_WORDS } from "./coverage/words.js";
import { DISPATCH_WORDS } from "./dispatch/words.js";
import { HOTSPOT_WORDS } from "./hotspots/words.js";
import { PATROL_WORDS } from "./patrols/words.js";

const TABLE = {
  ...COVERAGE_WORDS,
  ...DISPATCH_WORDS,
  ...HOTSPOT_WORDS,
  ...PATROL_WORDS,
  product: ["网格化治理一张图", "Grid governance map"],
  skip: ["跳到列表", "Skip to the list"],
  filters: ["筛选", "Filters"],
  map: ["地图", "Map"],
  layers: ["图层", "Layers"],
  period: ["时段", "Period"],
  from: ["起", "From"],
  to: ["止", "To"],
  today: ["今天", "Today"],
  last_7: ["近7天", "7 days"],
  last_30: ["近30天", "30 days"],
  last_90: ["近90天", "90 days"],
  last_365: ["全年", "Year"],
  preset_hint: ["以最新记录日 {day} 为准", "Counted back from the newest record, {day}"],
  preset_today: ["最新记录日", "Day of the newest record"],
  domain: ["领域", "Domain"],
  all_domains: ["全部领域", "All domains"],
  level: ["层级", "Level"],
  level_1: ["镇", "Town"],
  level_2: ["片区", "Areas"],
  level_3: ["村", "Villages"],
  level_4: ["微网格", "Micro-grids"],
  one_1: ["镇", "town"],
  one_2: ["片区", "area"],
  one_3: ["村级网格", "village grid"],
  one_4: ["微网格", "micro-grid"],
  grid: ["网格", "Grid"],
  grids: ["网格", "Grids"],
  incidents: ["事件", "Incidents"],
  teams: ["队伍", "Teams"],
  migrants: ["聚居点", "Sites"],
  organisations: ["机构", "Bodies"],
  layer_counts: ["事件数着色", "Counts"],
  layer_incidents: ["事件点位", "Incidents"],
  layer_teams: ["队伍", "Teams"],
  layer_migrants: ["流动人口", "Migrant sites"],
  layer_organisations: ["机构", "Organisations"],
  layer_names: ["地名路名", "Place names"],
  layer_counts_long: ["按事件数给网格分级着色", "Grids shaded by their number of incidents"],
  layer_incidents_long: ["事件点位；小比例尺时聚合", "Incident points; joined at small scales"],
  layer_teams_long: ["队伍现在的位置，没有位置的在驻地", "Teams where they are now, or at their base"],
  layer_migrants_long: ["流动人口聚居点（人数）", "Migrant sites (head-counts)"],
  layer_organisations_long: ["综治中心、村委会、调解组织、服务点", "Centres, committees, mediation bodies, service points"],
  layer_names_long: ["地名、路名、河名", "Names of places, roads and rivers"],
  total: ["事件", "incidents"],
  unassigned: ["另有 {n} 件在网格以外", "{n} more outside all grids"],
  unplaced: ["其中 {n} 件未落到{level}", "{n} of them not placed in a {level}"],
  outside: ["网格以外", "Outside all grids"],
  count: ["事件", "Incidents"],
  population: ["常住", "Residents"],
  population_long: ["常住人口", "Residents"],
  households: ["户数", "Households"],
  area: ["面积", "Area"],
  people: ["人", "people"],
  unit_incident: ["件", ""],
  unit_km2: ["平方公里", "km²"],
  name: ["名称", "Name"],
  kind: ["类型", "Kind"],
  stage: ["阶段", "Stage"],
  occurred: ["发生", "Occurred"],
  due: ["到期", "Due"],
  closed: ["办结", "Closed"],
  summary: ["摘要", "Summary"],
  overdue: ["已超期", "Overdue"],
  open: ["在办", "Open"],
  closed_late: ["超期办结", "Closed late"],
  to_confirm: ["待确认", "To confirm"],
  by_domain: ["分领域", "By domain"],
  by_stage: ["分阶段", "By stage"],
  by_kind: ["主要类型", "Main kinds"],
  trend: ["趋势", "Trend"],
  severity: ["等级", "Severity"],
  accuracy: ["定位精度", "Accuracy"],
  placed_by: ["定位方式", "Placed by"],
  placed_point: ["坐标", "Coordinate"],
  placed_grid: ["网格编码或村名", "Grid code or village"],
  needs_confirmation: ["精度圈跨界，须人工确认归属。", "The accuracy circle crosses an edge; its grid is to be confirmed."],
  steps: ["办理过程", "Steps"],
  uid: ["编号", "Number"],
  code: ["编码", "Code"],
  size: ["人数", "Members"],
  mode: ["方式", "Moves by"],
  mode_car: ["汽车", "Car"],
  mode_foot: ["步行", "On foot"],
  mode_bike: ["电动自行车", "Bicycle"],
  shift: ["班次", "Shift"],
  professional: ["专业队伍", "Professional"],
  volunteer: ["义务队伍", "Volunteer"],
  position: ["位置", "Position"],
  at_base: ["驻地（没有位置记录）", "At base (no position known)"],
  position_age: ["{age}的位置", "As of {age}"],
  show_track: ["显示昨夜轨迹", "Show the night's track"],
  hide_track: ["隐藏轨迹", "Hide the track"],
  no_track: ["没有轨迹", "No track"],
  head_count: ["人数", "Head-count"],
  clusters: ["处", "sites"],
  as_of: ["统计日", "As of"],
  only_heads: ["只统计场所人数，用于布设服务点与核算人口基数，不与任何事件关联。", "Head-counts of places only, for siting services and counting everybody present; never related to incidents."],
  opens: ["开放时间", "Open"],
  legend: ["图例", "Legend"],
  legend_counts: ["事件数（件）", "Incidents"],
  legend_zero: ["无事件", "None"],
  legend_cluster: ["多件事件（放大后分开）", "Several incidents (zoom in)"],
  legend_position: ["最近位置", "Newest position"],
  legend_base: ["驻地", "Base"],
  legend_none: ["未打开图层", "No layer is on"],
  list: ["列表", "List"],
  list_of: ["{name} · {what}", "{name} · {what}"],
  expand: ["展开表格", "Open the table"],
  shrink: ["收回表格", "Close the table"],
  more: ["再显示 {n} 条", "Show {n} more"],
  shown: ["{shown} / {total} 条", "{shown} of {total}"],
  download: ["下载", "Download"],
  time: ["时间", "Time"],
  timeline: ["每日事件数", "Incidents a day"],
  timeline_week: ["每周事件数", "Incidents a week"],
  by_day: ["按日", "Daily"],
  by_week: ["按周", "Weekly"],
  brush_hint: ["拖选一段设为时段", "Drag to set the period"],
  close: ["关闭", "Close"],
  back: ["上一级", "Up one level"],
  breadcrumb: ["网格路径", "Grid path"],
  home: ["回到全镇", "Whole town"],
  zoom_in: ["放大", "Zoom in"],
  zoom_out: ["缩小", "Zoom out"],
  theme: ["深浅色", "Light or dark"],
  language: ["English", "中文"],
  language_hint: ["Switch to English", "切换为中文"],
  print: ["打印", "Print"],
  copy_link: ["复制本视图链接", "Copy a link to this view"],
  copied: ["链接已复制", "Link copied"],
  collapse: ["收起面板", "Fold the panel"],
  unfold: ["展开面板", "Unfold the panel"],
  illustrative: ["示意边界，非实测", "Illustrative boundaries, not surveyed"],
  attribution: ["数据：{name}工作区", "Data: workspace {name}"],
  loading: ["正在载入…", "Loading…"],
  error_title: ["暂时取不到数据", "Data cannot be reached"],
  error_network: ["服务器没有应答。请检查程序是否在运行，然后重试。", "The server does not answer. Check that it is running, then retry."],
  retry: ["重试", "Retry"],
  gone: ["找不到这一项，可能已移除或不在管辖范围内。", "This is not here: removed, or outside your scope."],
  empty_title: ["工作区还没有网格", "The workspace has no grids yet"],
  empty_body: ["导入自己的网格边界，或载入示范镇，然后刷新本页：", "Import your own boundaries, or load the demonstration town, then reload this page:"],
  empty_own: ["导入自己的边界", "Import your boundaries"],
  empty_demo: ["载入示范镇", "Load the demonstration town"],
  zero: ["此时段、领域和网格内没有记录。", "No records for this period, domain and grid."],
  zero_wider: ["看全年", "Show the whole year"],
  zero_rows: ["没有内容", "Nothing here"],
  clear_filters: ["清除筛选", "Clear filters"],
  fallback: ["此浏览器没有 WebGL，使用简化地图，事件只画最新 500 件。", "No WebGL in this browser: a simpler map with the newest 500 incidents."],
  sort_by: ["按{name}排序", "Sort by {name}"],
  drill: ["进入下级", "Open"],
  records: ["查看 {n} 件记录", "Show the {n} records"],
  predecessors: ["原编码", "Former codes"],
  valid_from: ["启用", "Valid from"],
  n_incidents_here: ["{n} 件事件", "{n} incidents"],
  minutes_ago: ["{n} 分钟前", "{n} min ago"],
  hours_ago: ["{n} 小时前", "{n} h ago"],
  days_ago: ["{n} 天前", "{n} days ago"],
  now: ["刚刚", "just now"],
  action_accept: ["受理", "Accepted"],
  action_mediate: ["调处", "Mediation"],
  action_transfer: ["移送", "Transferred"],
  action_resolve: ["化解", "Resolved"],
  action_archive: ["归档", "Archived"],
  action_defer: ["延期", "Deferred"],
  action_reopen: ["重新受理", "Reopened"],
  kind_housing: ["集中租住", "Housing"],
  kind_work_site: ["务工场所", "Work site"],
  kind_dormitory: ["集体宿舍", "Dormitory"],
  kind_centre: ["综治中心", "Governance centre"],
  kind_sub_centre: ["片区分中心", "Area sub-centre"],
  kind_committee: ["村（居）委会", "Village committee"],
  kind_mediation: ["调解组织", "Mediation body"],
  kind_mediation_body: ["调解组织", "Mediation body"],
  kind_service_point: ["服务点", "Service point"],
};

const STAGES_EN = { accepted: "Accepted", mediating: "In mediation", transferred: "Transferred", resolved: "Resolved", archived: "Archived" };

export const lang = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const column = lang === "en" ? 1 : 0;
const locale = lang === "en" ? "en-GB" : "zh-CN";
const integer = new Intl.NumberFormat(locale);
const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
let zone = "Asia/Shanghai";

export function setZone(name) {
  zone = name || zone;
}

export function t(key, values = {}) {
  const text = TABLE[key]?.[column] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const has = (key) => key in TABLE;
export const number = (n) => (n === null || n === undefined ? "–" : integer.format(n));
export const km2 = (n) => (n === null || n === undefined ? "–" : decimal.format(n));

// Name of a thing that carries name_zh and name_en.
export function nameOf(thing) {
  if (!thing) return "";
  const [first, second] = lang === "en" ? [thing.name_en, thing.name_zh] : [thing.name_zh, thing.name_en];
  return first || second || thing.code || "";
}

export function labelOf(list, code) {
  const found = list?.find((item) => item.code === code);
  if (found && lang === "en" && (!found.en || found.en === found.zh)) return STAGES_EN[code] ?? found.zh;
  return found?.[lang] ?? (has(`kind_${code}`) ? t(`kind_${code}`) : (code ?? ""));
}

export const messageOf = (error) => error[lang] ?? t("error_network");

export function dayTime(iso) {
  if (!iso) return "–";
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(iso));
  const p = Object.fromEntries(parts.map((x) => [x.type, x.value]));
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

export const day = (iso) => (iso ? dayTime(iso).slice(0, 10) : "–");

export function age(iso, now = Date.now()) {
  const minutes = Math.round((now - Date.parse(iso)) / 60_000);
  if (minutes < 2) return t("now");
  if (minutes < 90) return t("minutes_ago", { n: minutes });
  if (minutes < 48 * 60) return t("hours_ago", { n: Math.round(minutes / 60) });
  return t("days_ago", { n: Math.round(minutes / 1440) });
}
