// The one question behind every number, row, tile, download and address of the page: which incidents are
// meant. The server reads the same names (gridmap/domain/query.py); tests/vectors/queries.json holds the two
// together.

// Names of the state that are part of the question.
export const ASKED = ["grid", "outside", "from", "to", "domain", "kind", "stage", "flag", "text"];

/**
 * Parameters of the question, in one order, without what does not narrow.
 *
 * @param {Partial<State>} state
 * @param {Record<string, any>} [instead] takes the place of what the state has
 * @returns {Record<string, string>}
 */
export function queryOf(state, instead = {}) {
  const asked = { ...state, ...instead };
  const given = {
    grid: asked.outside ? "0" : asked.grid,
    from: asked.from,
    to: asked.to,
    domain: asked.domain,
    kind: asked.kind,
    stage: asked.stage,
    ...Object.fromEntries(
      ["overdue", "open", "confirm"].map((flag) => [
        flag,
        (asked.flag ?? "").split(",").includes(flag) ? "1" : null,
      ]),
    ),
    q: asked.text,
  };
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value)
      .map(([name, value]) => [name, String(value)]),
  );
}

/**
 * Whether an answer is to the question that is asked now.
 *
 * @param {{ query: Record<string, string> } | null} answer
 * @param {Record<string, string>} query
 */
export const isFresh = (answer, query) => answer !== null && inOrder(answer.query) === inOrder(query);

// The server may write the names in another order.
/** @param {Record<string, string>} query */
const inOrder = (query) => JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
