// Sentences about grids, in both languages.

export const GROUND_WORDS = {
  count: ["事件", "Incidents"],
  population: ["常住", "Residents"],
  households: ["户数", "Households"],
  unit_km2: ["平方公里", "km²"],
  steps: ["办理过程", "Steps"],
  records: ["查看 {n} 件记录", "Show the {n} records"],
};
